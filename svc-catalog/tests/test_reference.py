"""The shipped reference tables hold what the source documents state; expected values were counted by hand from them."""

import pytest

from carillon_chassis.errors import InvalidInput
from svc_catalog.domain.channel import Channel, ChannelKind, ChannelRole, Contact
from svc_catalog.domain.reference import Reference
from svc_catalog.domain.service import Cluster, Ownership, RevenueCalibre, Service, ServiceClass, closest_codes
from svc_catalog.store.reference_files import read_reference

REFERENCE = read_reference()
BY_CODE = {service.code: service for service in REFERENCE.services}


def codes(**wanted: object) -> set[str]:
    return {
        service.code
        for service in REFERENCE.services
        if all(getattr(service, name) == value for name, value in wanted.items())
    }


def a_service(**overrides: object) -> Service:
    fields: dict[str, object] = {"code": "CRBT", "name_zh": "彩铃", "name_en": "Colour ring-back tone"}
    return Service(**(fields | overrides))  # type: ignore[arg-type]  # one mapping of several types


def test_the_inventory_has_all_73_services_of_the_documents() -> None:
    assert len(REFERENCE.services) == 73
    assert len(BY_CODE) == 73


@pytest.mark.parametrize(
    ("service_class", "expected"),
    [
        (ServiceClass.MATURE, {"SMS", "MMS", "CRBT", "WIRELESS_MUSIC"}),  # CAT-03
        (ServiceClass.STRATEGIC, {"READING", "SONG_DOWNLOAD", "GAMES"}),  # CAT-05
        (ServiceClass.SCALE, {"MAIL139", "COMMUNITY139"}),  # CAT-07
    ],
)
def test_a_class_is_stated_for_nine_services_and_the_others_stay_unclassified(
    service_class: ServiceClass, expected: set[str]
) -> None:
    assert codes(service_class=service_class) == expected
    assert len(codes(service_class=None)) == 64


def test_proposed_classes_are_kept_apart_from_stated_ones() -> None:
    assert len(codes(suggested_class=ServiceClass.MATURE)) == 11
    assert codes(suggested_class=ServiceClass.STRATEGIC) == {"LETS_PLAY", "FULL_TRACK"}
    assert codes(suggested_class=ServiceClass.SCALE) == set()


def test_the_ten_services_that_crm_strategies_aim_at_are_marked() -> None:  # CAT-15
    assert codes(ocrm_marketed=True) == {
        "CRBT", "NEWSPAPER", "MUSIC_CLUB", "FETION", "LETS_PLAY",
        "SMS_RECEIPT", "MMS_PREMIUM_BOX", "MMS_COMICS", "PUBLIC_SMS", "AV_BOOK_CLUB",
    }  # fmt: skip


def test_the_six_services_with_an_increment_model_are_marked() -> None:  # CAT-17
    assert codes(has_mining_model=True) == {"CRBT", "MMS", "MOBILE_MAIL", "NEWSPAPER", "LETS_PLAY", "FETION"}


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        (Cluster.A, {"SMS", "FETION", "MOBILE_MAIL", "CALL_REMINDER"}),
        (Cluster.B, {"NEWSPAPER", "WEATHER", "CLASSICS", "MOBILE_MAP", "VEHICLE"}),
        (Cluster.C, {"CRBT", "MMS_PREMIUM_BOX", "LETS_PLAY", "MUSIC_CLUB"}),
        (Cluster.D, {"SECURITIES", "WALLET", "SECRETARY", "SUIEXING"}),
    ],
)
def test_the_four_product_clusters_hold_their_services(cluster: Cluster, expected: set[str]) -> None:  # CAT-18
    assert codes(cluster=cluster) == expected


def test_instant_activation_is_live_for_three_services() -> None:  # CAT-31
    assert codes(instant_activation=True) == {"NEWSPAPER", "WEATHER", "MOBILE_MAIL"}


def test_only_monternet_belongs_to_content_partners() -> None:  # CAT-32
    assert codes(ownership=Ownership.SP) == {"MONTERNET"}


def test_three_voice_services_stay_out_of_data_revenue() -> None:  # CAT-14
    assert codes(revenue_calibre=RevenueCalibre.VOICE_VAS) == {"CLI", "CALL_FORWARD", "VOICE_MAIL"}


def test_services_stand_under_their_parents() -> None:
    assert codes(parent_code="CRBT") == {
        "CRBT_DOWNLOAD", "RINGTONE_BOX", "FUNC_CRBT", "SCENE_CRBT", "KTV_CRBT", "CRBT_RING_COMBO",
    }  # fmt: skip
    assert codes(parent_code="FETION") == {"FETION_MOBILE", "FETION_PC", "FETION_ENTERPRISE", "FETION_GROUP"}
    assert codes(parent_code="WIRELESS_MUSIC") == {"MUSIC_CLUB", "MUSIC_WALKMAN"}
    assert codes(parent_code="MMS") == {"MMS_PREMIUM_BOX", "MMS_COMICS", "MMS_PACKAGE"}
    assert codes(parent_code="MOBILE_MALL") == {
        "AV_BOOK_CLUB", "LOTTERY", "NIGHT_CRUISE", "CINEMA", "TRAFFIC_FINE", "COUPON",
    }  # fmt: skip
    assert len(codes(parent_code=None)) == 50


def test_no_service_has_a_price_because_no_document_prints_one() -> None:
    assert all(service.prices.ordinary_fen is None for service in REFERENCE.services)


def test_the_three_brands_keep_their_tone() -> None:  # CAT-09 to CAT-11
    assert [(brand.code, brand.tone) for brand in REFERENCE.brands] == [
        ("GOTONE", ("积极", "掌控", "品味")),
        ("MZONE", ("时尚", "好玩", "探索")),
        ("EASYOWN", ("自由", "实惠", "便捷")),
    ]


def touchpoints(**wanted: object) -> set[str]:
    return {
        channel.code
        for channel in REFERENCE.channels
        if all(getattr(channel, name) == value for name, value in wanted.items())
    }


def test_eleven_channels_are_canonical_eight_electronic_and_three_physical() -> None:  # CHN-01
    assert touchpoints(kind=ChannelKind.ELECTRONIC) == {
        "OUT_CALL", "INBOUND_10096", "WEBSITE", "SMS", "WAP_PUSH", "USSD", "EXPERIENCE_TERMINAL", "AIR_RECHARGE",
    }  # fmt: skip
    assert touchpoints(kind=ChannelKind.PHYSICAL) == {"HALL", "QUEUE_MACHINE", "SOCIAL_6STAR"}
    assert len(touchpoints(canonical=True)) == 11
    assert [channel.code for channel in REFERENCE.channels[:15] if not channel.canonical] == [
        "MMS", "SOCIAL_OUTLET", "PERSONAL_MANAGER", "GROUP_MANAGER",
    ]  # fmt: skip


def test_a_sort_of_channel_has_the_role_that_the_document_gives_it() -> None:
    """CHN-05: social channels promote at scale, electronic ones precisely, halls let people experience (and CHN-39)."""
    assert touchpoints(role=ChannelRole.INTERACTIVE_PRECISION) == touchpoints(kind=ChannelKind.ELECTRONIC)
    assert touchpoints(role=ChannelRole.EXPERIENCE) == {"HALL", "QUEUE_MACHINE", "AUTO_TRIGGER", "FRONT_DESK"}
    social = touchpoints(role=ChannelRole.SCALE_PROMOTION)
    assert {"SOCIAL_6STAR", "SOCIAL_OUTLET", "UNIVERSITY", "NET_CAFE", "KTV", "DIRECT_SALES"} == social
    assert touchpoints(has_outlets=True) == social - {"DIRECT_SALES"}


def test_touch_points_speak_first_or_wait_as_the_document_says() -> None:
    assert touchpoints(contact=Contact.ACTIVE) == {"FRONT_DESK", "HALL", "WEBSITE", "KTV"}
    assert touchpoints(contact=Contact.PASSIVE) == {"IVR_12530019", "CRBT_HAPPY", "WAP_PUSH"}


def test_every_touch_point_has_a_name_in_both_languages_and_one_meaning_a_spelling() -> None:
    assert len(REFERENCE.channels) == 37
    names = [name for one in REFERENCE.channels for name in {one.code.lower(), *one.spellings}]
    assert len(names) == len(set(names))
    with pytest.raises(InvalidInput) as refusal:
        Reference(
            services=(),
            brands=(),
            channels=(
                Channel(code="WEBSITE", name_zh="网站", name_en="Website", spellings=("portal",)),
                Channel(code="PORTAL", name_zh="门户", name_en="Portal"),
            ),
        )
    assert refusal.value.reason == "CODE_TWICE"
    with pytest.raises(InvalidInput) as refusal:
        Channel(code="WEBSITE", name_zh="网站", name_en="Website", spellings=("Web",))
    assert refusal.value.reason == "SPELLING_MALFORMED"


@pytest.mark.parametrize(
    ("services", "reason"),
    [
        ((a_service(), a_service()), "CODE_TWICE"),
        ((a_service(parent_code="MUSIC"),), "PARENT_UNKNOWN"),
        ((a_service(parent_code="MUSIC"), a_service(code="MUSIC", parent_code="CRBT")), "PARENT_CIRCLE"),
    ],
)
def test_tables_that_contradict_themselves_are_refused(services: tuple[Service, ...], reason: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Reference(services=services, brands=(), channels=())
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"code": "crbt"}, "CODE_MALFORMED"),
        ({"code": "X"}, "CODE_MALFORMED"),
        ({"name_zh": ""}, "NAME_MISSING"),
        ({"parent_code": "CRBT"}, "PARENT_IS_SELF"),
        ({"service_class": ServiceClass.SCALE, "suggested_class": ServiceClass.SCALE}, "CLASS_TWICE"),
    ],
)
def test_a_service_that_makes_no_sense_is_refused(overrides: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        a_service(**overrides)
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("crbt_downlaod", ("CRBT_DOWNLOAD", "SONG_DOWNLOAD")),
        ("VHICLE", ("VEHICLE",)),
        ("hillstrom", ()),
    ],
)
def test_a_mistyped_code_suggests_the_likely_ones(wanted: str, expected: tuple[str, ...]) -> None:
    assert closest_codes(wanted, BY_CODE) == expected
