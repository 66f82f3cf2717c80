"""Matching as sets against one subscriber at a time, and the library's own rules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from carillon_chassis.errors import InvalidInput, NotFound
from svc_segment.domain.match_library import Layer, MatchedService, MatchLibrary, MatchRule
from svc_segment.domain.matching import PLACES, Candidates, Matching, lots, match_everyone

SERVICES = ("FETION", "MMS", "CRBT", "NEWSPAPER", "GAMES")
SUBSCRIBERS = range(1, 41)


def rule(code: str, service: str = "FETION", layer: int = 1, priority: int = 1, **more: object) -> MatchRule:
    values = {"principle": "", "extract": "true", "channels": ("HALL",), **more}
    return MatchRule(code=code, service=service, layer=Layer(layer), priority=priority, **values)  # type: ignore[arg-type]  # the fields of a test


def library(*rules: MatchRule) -> MatchLibrary:
    return MatchLibrary.of([MatchedService(code=service) for service in SERVICES], rules)


def candidates(
    fits: dict[str, set[int]], *, owned: dict[str, set[int]] | None = None, extracted: dict[str, set[int]] | None = None
) -> Candidates:
    everyone = BitMap(SUBSCRIBERS)
    return Candidates(
        everyone=everyone,
        fits={code: BitMap(ids) for code, ids in fits.items()},
        owned={service: BitMap((owned or {}).get(service, ())) for service in SERVICES},
        adapted=dict.fromkeys(SERVICES, everyone),
        tiers={},
        extracted={code: BitMap(ids) for code, ids in (extracted or {}).items()},
    )


def places_of(matching: Matching, subscriber: int) -> list[str]:
    """The rules of one subscriber's places, in their order."""
    taken = matching.places
    found = [
        (place, code) for code, places in taken.items() for place, members in enumerate(places) if subscriber in members
    ]
    assert [place for place, _ in sorted(found)] == list(range(len(found)))
    return [code for _, code in sorted(found)]


def test_within_a_service_the_priority_decides_and_between_services_the_layer() -> None:
    # R2 speaks for FETION though its layer comes later; MMS of layer 1 then stands before it.
    rules = library(
        rule("R1", layer=1, priority=3), rule("R2", layer=2, priority=1), rule("R3", "MMS", layer=1, priority=3)
    )
    matching = match_everyone(rules, candidates({"R1": {1, 2}, "R2": {1}, "R3": {1, 2}}), month="2011-03")
    assert places_of(matching, 1) == ["R3", "R2"]
    assert places_of(matching, 2) == ["R1", "R3"]


def test_nobody_gets_more_than_three_services_and_the_layers_come_first() -> None:
    rules = library(*(rule(f"R{index}", service, layer=4 - index % 4) for index, service in enumerate(SERVICES)))
    matching = match_everyone(rules, candidates({f"R{index}": {7} for index in range(5)}), month="2011-03")
    assert places_of(matching, 7) == ["R3", "R2", "R1"]


def test_an_owned_service_is_never_recommended() -> None:
    matching = match_everyone(library(rule("R1")), candidates({"R1": {1, 2}}, owned={"FETION": {1}}), month="2011-03")
    assert places_of(matching, 1) == []
    assert matching.uncovered == BitMap(SUBSCRIBERS) - BitMap([2])


def test_layer_four_covers_who_is_left_by_all_others() -> None:
    # SEG-15: the fourth layer is for everyone.
    rules = library(rule("R1"), rule("R9", "CRBT", layer=4))
    matching = match_everyone(rules, candidates({"R1": {1}, "R9": set(SUBSCRIBERS)}), month="2011-03")
    assert not matching.uncovered


def test_a_monthly_volume_is_never_passed_and_a_second_match_of_the_month_gives_the_same_subscribers() -> None:
    # SEG-23, A-13: the volume is a cap on the month's extraction.
    rules = library(rule("R1", monthly_volume=10))
    first = match_everyone(rules, candidates({"R1": set(SUBSCRIBERS)}), month="2011-03").shares[0].speaks
    again = candidates({"R1": set(SUBSCRIBERS)}, extracted={"R1": set(first)})
    assert len(first) == 10
    assert match_everyone(rules, again, month="2011-03").shares[0].speaks == first


def test_who_was_given_away_and_fits_no_more_keeps_their_part_of_the_volume() -> None:
    rules = library(rule("R1", monthly_volume=10))
    given = candidates({"R1": set(range(5, 41))}, extracted={"R1": set(range(1, 9))})
    speaks = match_everyone(rules, given, month="2011-03").shares[0].speaks
    assert len(speaks) == 4 + 2
    assert BitMap(range(5, 9)) <= speaks


def test_a_brand_order_says_who_comes_first_when_the_volume_is_short() -> None:
    # SEG-20: M-Zone first, GoTone next.
    mzone, gotone = BitMap(range(1, 7)), BitMap(range(7, 13))
    given = candidates({"R3": set(SUBSCRIBERS)})
    with_tiers = Candidates(
        everyone=given.everyone, fits=given.fits, owned=given.owned, adapted=given.adapted, extracted={},
        tiers={"R3": [mzone, gotone]},
    )  # fmt: skip
    speaks = match_everyone(library(rule("R3", monthly_volume=9)), with_tiers, month="2011-03").shares[0].speaks
    assert mzone <= speaks
    assert len(speaks & gotone) == 3


def test_the_highest_scores_come_first_and_unknown_ones_last() -> None:
    # SEG-12: a mining model's score picks the most precise targets.
    given = candidates({"R1": set(SUBSCRIBERS)})
    scored = Candidates(
        everyone=given.everyone, fits=given.fits, owned=given.owned, adapted=given.adapted, tiers={}, extracted={},
        score=lambda _rule, ids: np.where(ids > 30, np.nan, ids.astype(np.float64)),
    )  # fmt: skip
    speaks = match_everyone(library(rule("R1", monthly_volume=4, score="s")), scored, month="2011-03").shares[0].speaks
    assert speaks == BitMap([27, 28, 29, 30])


def test_the_lot_is_the_same_for_a_month_and_another_for_the_next() -> None:
    ids = np.arange(1, 10_001, dtype=np.uint32)
    march, april = lots(ids, "R1:2011-03"), lots(ids, "R1:2011-04")
    assert np.array_equal(march, lots(ids, "R1:2011-03"))
    assert len(np.unique(march)) == len(ids)
    # Half of those drawn first in March are drawn first in April, give or take: the two have nothing to do with one another.
    both = np.intersect1d(np.argsort(march)[:5_000], np.argsort(april)[:5_000])
    assert 2_300 < len(both) < 2_700


RULES = st.lists(
    st.tuples(
        st.sampled_from(SERVICES), st.integers(1, 4), st.integers(1, 3), st.sets(st.sampled_from(list(SUBSCRIBERS))),
        st.sampled_from([0, 0, 3, 10]),
    ),
    max_size=12,
)  # fmt: skip
OWNED = st.dictionaries(st.sampled_from(SERVICES), st.sets(st.sampled_from(list(SUBSCRIBERS))))


@settings(max_examples=300, deadline=None)
@given(RULES, OWNED)
def test_sets_decide_as_one_subscriber_at_a_time_would(
    drawn: list[tuple[str, int, int, set[int], int]], owned: dict[str, set[int]]
) -> None:
    rules = [
        rule(f"R{number}", service, layer, priority, monthly_volume=volume)
        for number, (service, layer, priority, _, volume) in enumerate(drawn)
    ]
    fits = {f"R{number}": ids for number, (_, _, _, ids, _) in enumerate(drawn)}
    matching = match_everyone(library(*rules), candidates(fits, owned=owned), month="2011-03")
    speaks = {share.rule.code: share.speaks for share in matching.shares}
    for one in rules:
        assert not one.monthly_volume or len(speaks[one.code]) <= one.monthly_volume
    for subscriber in SUBSCRIBERS:
        expected = _expected(rules, fits, owned, speaks, subscriber)
        assert places_of(matching, subscriber) == expected
        assert (subscriber in matching.uncovered) == (not expected)


def _expected(
    rules: list[MatchRule],
    fits: dict[str, set[int]],
    owned: dict[str, set[int]],
    speaks: dict[str, BitMap],
    subscriber: int,
) -> list[str]:
    """One subscriber's places by the words of A-12; only who gets a short volume is taken as decided."""
    spoken = []
    for service in SERVICES:
        fitting = [one for one in rules if one.service == service and subscriber in fits[one.code]]
        if subscriber in owned.get(service, ()):
            continue
        for one in sorted(fitting, key=lambda each: (each.priority, each.layer, each.code)):
            if not one.monthly_volume or subscriber in speaks[one.code]:
                spoken.append(one)
                break
    ranked = sorted(spoken, key=lambda each: (each.layer, each.priority, each.code))
    return [one.code for one in ranked[:PLACES]]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("code", "r1", "MATCH_CODE"), ("priority", 0, "MATCH_PRIORITY"), ("monthly_volume", -1, "MATCH_VOLUME"),
        ("channels", (), "MATCH_CHANNELS"), ("brands", ("MZONE", "MZONE"), "MATCH_BRANDS"),
    ],
)  # fmt: skip
def test_a_rule_that_says_nothing_sensible_is_refused(field: str, value: object, reason: str) -> None:
    values = {"code": "R1", "priority": 1, field: value}
    with pytest.raises(InvalidInput) as refusal:
        rule(**values)  # type: ignore[arg-type]  # one of them is wrong on purpose
    assert (refusal.value.reason, refusal.value.field) == (reason, field)


def test_a_rule_for_a_service_that_the_library_lacks_is_refused_with_its_name() -> None:
    with pytest.raises(NotFound, match="MOBILE_TV") as refusal:
        library(rule("R1", "MOBILE_TV"))
    assert refusal.value.reason == "MATCH_SERVICE_UNKNOWN"
