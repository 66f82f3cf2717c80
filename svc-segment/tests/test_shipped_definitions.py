"""What ships as data is what the reference prints, and says what it does not."""

from datetime import UTC, datetime, timedelta

import pytest

from carillon_chassis.errors import InvalidInput
from svc_segment.domain.attributes import Attribute, AttributeType, Dictionary
from svc_segment.domain.classification import classify
from svc_segment.domain.crm_groups import CrmGroups
from svc_segment.domain.match_library import Layer
from svc_segment.domain.rules.closure import compile_closure
from svc_segment.domain.rules.history import History, PastEvent
from svc_segment.domain.rules.reader import read_rule
from svc_segment.store.reference import shipped_classifications, shipped_library

SHIPPED = {one.code: one for one in shipped_classifications()}
NOW = datetime(2009, 1, 1, tzinfo=UTC)
SECTORS = ("sector_restaurant", "sector_leisure", "sector_government", "sector_finance", "sector_real_estate")
DICTIONARY = Dictionary(Attribute(name=name, type=AttributeType.INTEGER) for name in SECTORS)


def preference_of(*events: str) -> str:
    classification = SHIPPED["event_preference"]
    tests = [compile_closure(read_rule(step.test, DICTIONARY)) for step in classification.steps]
    went = tuple(
        PastEvent(type="concert", at=NOW - timedelta(days=40), attributes={"event": event}) for event in events
    )
    history = History(as_of=NOW, events=went)
    return next(
        step.result for step, fits in zip(classification.steps, tests, strict=True) if fits({}, history) is True
    )


@pytest.mark.parametrize(
    ("event", "preferred", "tone"),
    [
        ("张学友“好久不见”2008巡回演唱会", "POP_JACKY_CHEUNG", "李香兰"),
        ("欧洲经典管乐协奏曲专场音乐会", "SYMPHONY_WINDS", "贝多芬第五交响曲第一乐章"),
        ("周廷甲周望周展古筝音乐会", "CLASSICAL_GUZHENG", "高山流水"),
        ("蔡琴演唱会", "POP_TSAI_CHIN", "恰似你的温柔"),
        ("“与幸福同行”交响音乐会", "SYMPHONY", "未印铃音"),
        ("卫兰演唱会", "POP_JANICE_VIDAL", "未印铃音"),
        ("陶喆演唱会", "POP_DAVID_TAO", "未印铃音"),
        ("张学友2008巡回演唱会闭幕场", "POP_JACKY_CHEUNG", "李香兰"),
    ],
)
def test_each_music_event_defines_a_preference_and_its_tone(event: str, preferred: str, tone: str) -> None:
    """SEG-37: the eight printed events; who went is recommended the tone by SMS."""
    assert preference_of(event) == preferred
    assert tone in SHIPPED["event_preference"].label(preferred).text_zh
    assert preference_of() == "NONE"
    assert preference_of("蔡琴演唱会", event) in {preferred, "POP_TSAI_CHIN"}


@pytest.mark.parametrize(
    ("calls", "sector"),
    [
        ((3, 2, 0, 0, 1), "RESTAURANT"),
        ((2, 3, 0, 3, 1), "LEISURE"),
        ((0, 0, 1, 0, 0), "GOVERNMENT"),
        ((0, 1, 1, 5, 5), "FINANCE"),
        ((0, 0, 0, 0, 1), "REAL_ESTATE"),
        ((0, 0, 0, 0, 0), "NONE"),
        ((None, None, None, None, None), "NONE"),
    ],
)
def test_the_sector_that_is_called_most_is_one_of_five(calls: tuple[int | None, ...], sector: str) -> None:
    """SEG-06: restaurants, leisure, government, finance and real estate, from calls."""
    classification = SHIPPED["sector_contact"]
    tests = [compile_closure(read_rule(step.test, DICTIONARY)) for step in classification.steps]
    assert classify(classification, tests, dict(zip(SECTORS, calls, strict=True))) == sector


@pytest.mark.parametrize(
    ("code", "service", "layer", "priority", "volume", "channels"),
    [
        ("R1", "FETION", 1, 1, 100_000, ("HALL", "INBOUND_10096")),
        ("R2", "FETION", 2, 2, 50_000, ("UNIVERSITY",)),
        ("R3", "FETION", 2, 3, 100_000, ("SMS",)),
        ("R4", "FETION_MOBILE", 2, 3, 100_000, ("SMS",)),
        ("R5", "FETION_MOBILE", 1, 1, 50_000, ("HALL", "INBOUND_10096")),
    ],
)
def test_the_five_printed_rules_are_in_the_library(
    code: str, service: str, layer: int, priority: int, volume: int, channels: tuple[str, ...]
) -> None:
    """SEG-18 to SEG-22; SEG-23: 250,000 a month of Fetion and 150,000 of its mobile client."""
    rule = shipped_library().rules[code]
    assert (rule.service, rule.layer, rule.priority, rule.monthly_volume, rule.channels) == (
        service, layer, priority, volume, channels,
    )  # fmt: skip


def test_the_first_layer_has_a_model_for_each_of_the_six_key_services() -> None:
    """SEG-12: CRBT, MMS, mobile mail, newspaper, Let's Play and Fetion; a model's score is an attribute."""
    first = [rule for rule in shipped_library().rules.values() if rule.layer is Layer.DATA_MINING and rule.score]
    assert {rule.service: rule.score for rule in first} == {
        "CRBT": "crbt_score",
        "MMS": "mms_score",
        "MOBILE_MAIL": "mobile_mail_score",
        "NEWSPAPER": "newspaper_score",
        "LETS_PLAY": "games_score",
        "FETION": "fetion_score",
    }
    assert all(rule.extract.startswith(f"{rule.score} >=") for rule in first)


@pytest.mark.parametrize(
    ("orders", "acceptance"),
    [((), "NONE"), ((30,), "SOME"), ((30, 400), "SOME"), ((30, 200), "HIGH"), ((1, 2, 3), "HIGH"), ((366,), "NONE")],
)
def test_who_took_up_services_before_accepts_data_services(orders: tuple[int, ...], acceptance: str) -> None:
    """SEG-04: marketing's experience says who accepts data services; from how many orders on is a setting."""
    classification = SHIPPED["data_acceptance"]
    tests = [compile_closure(read_rule(step.test, Dictionary([]))) for step in classification.steps]
    events = tuple(PastEvent(type="order_activated", at=NOW - timedelta(days=days)) for days in orders)
    history = History(as_of=NOW, events=events)
    found = (step.result for step, fits in zip(classification.steps, tests, strict=True) if fits({}, history) is True)
    assert next(found) == acceptance


def test_the_mobile_client_goes_to_handsets_that_support_it_and_to_much_gprs() -> None:
    """SEG-21: by the terminal's IMEI data and high GPRS traffic."""
    attributes = [
        Attribute(name="supports_fetion_client", type=AttributeType.BOOLEAN),
        Attribute(name="gprs_mb", type=AttributeType.INTEGER),
    ]
    fits = compile_closure(read_rule(shipped_library().rules["R4"].extract, Dictionary(attributes)))
    assert fits({"supports_fetion_client": True, "gprs_mb": 30}) is True
    assert fits({"supports_fetion_client": True, "gprs_mb": 29}) is False
    assert fits({"supports_fetion_client": False, "gprs_mb": 900}) is False
    assert fits({"gprs_mb": 900}) is None


def test_the_third_layer_is_made_of_groups_that_are_data() -> None:
    """SEG-14: 27 groups are printed as a number alone; what they are is the operator's."""
    library = shipped_library()
    third = [rule for rule in library.rules.values() if rule.layer is Layer.CRM_SEGMENT]
    assert [rule.extract for rule in third if rule.code == "G3"] == ["crm_group in ('EASYOWN-1', 'EASYOWN-2')"]
    row = {"code": "G1", "service": "MMS", "principle": "", "priority": 1, "channels": ["SMS"]}
    every = [{**row, "code": f"G{number}", "groups": [f"group {number}"]} for number in range(1, 28)]
    assert len(CrmGroups(total=27, attribute="crm_group", matched=every).rules()) == 27
    for too_many in ([*every, {**row, "groups": ["group 28"]}], [*every[:2], every[1]]):
        with pytest.raises(InvalidInput, match="there can't be"):
            CrmGroups(total=27, attribute="crm_group", matched=too_many)


def test_the_life_cycle_of_music_customers_has_its_thresholds_as_data() -> None:
    """SEG-61 to SEG-65: no source prints thresholds, so they are settings."""
    music = SHIPPED["music"]
    assert [step.result for step in music.steps] == ["LOYAL", "ACTIVE", "TRIAL", "SILENT"]
    assert all("crbt_downloads" in step.test for step in music.steps[:-1])
