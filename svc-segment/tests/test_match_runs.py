"""Matching everyone over real gRPC and PostgreSQL: the library, the run, its lists and one subscriber's reasons."""

from datetime import UTC, datetime

import pytest

from carillon.segment.v1 import match_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import Conflict, InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import acting_as
from svc_segment.store.subscriptions import begin_subscription, end_subscription

from .match_desk import ADMIN, AGENT, EAST, MatchDesk
from .segmentation import csv_file, number_of

ATTRIBUTES = {"brand": "text", "branch": "text", "has_crbt": "boolean", "java": "boolean", "score": "number"}


@pytest.fixture
async def loaded(desk: MatchDesk) -> MatchDesk:
    """Forty subscribers: two brands by turns, two branches, the first eight have CRBT, all but the last ten Java."""
    rows = [
        (
            number_of(subscriber),
            "MZONE" if subscriber % 2 else "GOTONE",
            "east" if subscriber <= 20 else "west",
            subscriber <= 8,
            subscriber <= 30,
            subscriber / 40,
        )
        for subscriber in range(1, 41)
    ]
    snapshot = await desk.segmentation.load(csv_file(["msisdn", *ATTRIBUTES], *rows), ATTRIBUTES)
    assert snapshot.accepted == 40
    return desk


@pytest.fixture
async def library(loaded: MatchDesk) -> MatchDesk:
    """Two services by three rules: a model with a volume, an experience rule for one brand, and CRBT for everyone."""
    with acting_as(ADMIN):
        await loaded.put("FETION_MOBILE", terminal="java")
        await loaded.put("CRBT", owned_when="has_crbt")
        await loaded.add("R1", "FETION_MOBILE", monthly_volume=5, score="score", principle="increment model")
        await loaded.add("R2", "FETION_MOBILE", layer=2, priority=2, brands=["MZONE"], channels=["SMS", "CAMPUS"])
        await loaded.add("R9", "CRBT", layer=4, channels=["SMS"])
    return loaded


async def test_everyone_is_matched_and_every_rule_says_what_it_came_to(library: MatchDesk) -> None:
    # SEG-01, SEG-16, SEG-17
    with acting_as(ADMIN):
        match = await library.matched()
    shares = {share.rule: share for share in match.shares}
    assert (match.state, match.subscribers, match.rules_done, match.rules) == (match_pb2.RUN_STATE_DONE, 40, 3, 3)
    assert match.as_of == "2011-03-31"
    # The five best scores among the thirty with Java are 26 to 30.
    assert list(shares["R1"].placed) == [5, 0, 0]
    # M-Zone with Java are the odd ones to 29; two of them (27, 29) are spoken for by R1.
    assert (shares["R2"].fitting, list(shares["R2"].placed)) == (15, [13, 0, 0])
    # All but the eight who have it; 16 of them come after another service.
    assert shares["R9"].fitting == 32
    assert sum(shares["R9"].placed) == 32
    # Even subscribers from 2 to 8 have CRBT, are not M-Zone and have no model score high enough.
    assert match.subscribers - match.covered == 4
    assert match.recommended == 5 + 13 + 32


async def test_one_subscriber_hears_why_this_service_and_why_not_that_one(library: MatchDesk) -> None:
    with acting_as(ADMIN):
        await library.matched()
    with acting_as(AGENT):
        assert await library.verdicts(30) == {
            "R1": ("recommended", 1),
            "R2": ("other_brand", 0),
            "R9": ("recommended", 2),
        }
        assert await library.verdicts(3) == {"R1": ("volume_spent", 0), "R2": ("recommended", 1), "R9": ("owned", 0)}
        assert await library.verdicts(35) == {"R1": ("terminal", 0), "R2": ("terminal", 0), "R9": ("recommended", 1)}
        assert await library.verdicts(27) == {
            "R1": ("recommended", 1),
            "R2": ("spoken_for", 0),
            "R9": ("recommended", 2),
        }


async def test_a_service_taken_up_since_leaves_its_place_at_once_and_comes_back_when_it_is_given_up(
    library: MatchDesk,
) -> None:
    with acting_as(ADMIN):
        await library.matched()
        subscription = {"service": "FETION_MOBILE", "subscriber_id": 30, "order_id": "o-1"}
        async with library.segmentation.database.unit_of_work() as unit:
            await begin_subscription(unit, **subscription, at=unit_time())  # type: ignore[arg-type]  # the fields above
        assert (await library.verdicts(30))["R9"] == ("recommended", 1)
        async with library.segmentation.database.unit_of_work() as unit:
            await end_subscription(unit, service="FETION_MOBILE", subscriber_id=30)
        assert (await library.verdicts(30))["R1"] == ("recommended", 1)


async def test_a_second_match_of_the_month_gives_a_volume_to_the_same_subscribers(library: MatchDesk) -> None:
    # SEG-23, A-13
    with acting_as(ADMIN):
        first, second = await library.matched(), await library.matched()
        assert await _given(library, first.id) == await _given(library, second.id) == {26, 27, 28, 29, 30}
        other_month = await library.matched("2011-04")
        assert sum({share.rule: share for share in other_month.shares}["R1"].placed) == 5


async def test_a_volume_that_was_given_away_is_not_given_again_to_others(library: MatchDesk) -> None:
    with acting_as(ADMIN):
        await library.matched()
        async with library.segmentation.database.unit_of_work() as unit:
            for subscriber in (28, 29, 30):
                await begin_subscription(
                    unit, service="FETION_MOBILE", subscriber_id=subscriber, order_id="o", at=unit_time()
                )
        again = await library.matched()
        assert await _given(library, again.id) == {26, 27}


async def _given(desk: MatchDesk, match_id: str) -> set[int]:
    return {int(row["subscriber_id"]) for row in await desk.extract(match_id, rule="R1")}


async def test_lists_are_cut_by_rule_channel_and_branch(library: MatchDesk) -> None:
    # SEG-23, SEG-36
    with acting_as(ADMIN):
        match = await library.matched()
        rows = await library.extract(match.id, channel="CAMPUS", with_msisdn=True)
        assert {row["rule"] for row in rows} == {"R2"}
        assert rows[0] == {
            "subscriber_id": "1", "msisdn": number_of(1), "branch": "east", "place": "1", "service": "FETION_MOBILE",
            "rule": "R2", "channels": "SMS CAMPUS", "hours": "", "hall": "", "as_of": match.as_of,
        }  # fmt: skip
        assert len(await library.extract(match.id)) == match.recommended
        west = await library.extract(match.id, rule="R9", branch="west")
        assert {int(row["subscriber_id"]) for row in west} == set(range(21, 41))


async def test_a_rule_says_in_which_hours_and_its_matches_keep_that(library: MatchDesk) -> None:
    """SEG-66: who fits a rule is told four things: the service, in which hours, how many a month, by which channels."""
    with acting_as(ADMIN):
        added = await library.add("R5", "CRBT", monthly_volume=3, channels=["INBOUND_10096"], hours="20:00-00:30")
        match = await library.matched()
        assert added.hours == "20:00-00:30"
        assert {share.rule: share.hours for share in match.shares} == {"R1": "", "R2": "", "R5": added.hours, "R9": ""}
        rows = await library.extract(match.id, rule="R5")
        assert [(row["service"], row["channels"], row["hours"]) for row in rows] == [
            ("CRBT", "INBOUND_10096", "20:00-00:30")
        ] * 3
        # A rule that is ended since, or has other hours now, leaves what was decided.
        await invoke(library.matches.EndMatchRule, match_pb2.EndMatchRuleRequest(request_id="end-hours", code="R5"))
        await library.add("R5", "CRBT", hours="09:00-12:00")
        explained = await invoke(
            library.matches.ExplainMatch, match_pb2.ExplainMatchRequest(subscriber_id=int(rows[0]["subscriber_id"]))
        )
        assert {one.rule: (one.verdict, one.hours) for one in explained.reasons}["R5"] == ("recommended", "20:00-00:30")
        standing = await invoke(library.matches.GetMatchLibrary, match_pb2.GetMatchLibraryRequest())
        assert {rule.code: rule.hours for rule in standing.rules}["R5"] == "09:00-12:00"
        with pytest.raises(InvalidInput) as refusal:
            await library.add("R6", "CRBT", hours="21:00-21:00")
        assert (refusal.value.reason, refusal.value.field) == ("MATCH_HOURS", "hours")


async def test_a_run_from_before_there_were_hours_is_read_as_it_was(library: MatchDesk) -> None:
    with acting_as(ADMIN):
        match = await library.matched()
        async with library.segmentation.database.unit_of_work() as unit:
            await unit.driver.execute(
                """UPDATE match_run SET library = jsonb_set(library, '{rules}', (
                    SELECT jsonb_agg(rule - 'hours') FROM jsonb_array_elements(library -> 'rules') rule))"""
            )
        assert len(await library.extract(match.id)) == match.recommended


async def test_a_branch_gets_the_lists_of_its_own_subscribers_alone(library: MatchDesk) -> None:
    with acting_as(ADMIN):
        match = await library.matched()
    with acting_as(EAST):
        assert {row["branch"] for row in await library.extract(match.id)} == {"east"}
        with pytest.raises(PermissionRefused, match="east"):
            await library.extract(match.id, branch="west")
    with acting_as(AGENT), pytest.raises(PermissionRefused):
        await library.extract(match.id)


async def test_only_the_newest_matches_keep_their_lists(library: MatchDesk) -> None:
    with acting_as(ADMIN):
        first, *_, last = [await library.matched() for _ in range(5)]
        with pytest.raises(StateRefused) as refusal:
            await library.extract(first.id, with_msisdn=True)
        assert refusal.value.reason == "MATCH_FORGOTTEN"
        assert len(await library.extract(last.id)) == last.recommended
        with pytest.raises(NotFound) as unknown:
            await library.extract(last.id, rule="R5")
        assert unknown.value.reason == "MATCH_RULE_NOT_FOUND"


async def test_only_the_province_changes_the_library(library: MatchDesk) -> None:
    with acting_as(EAST), pytest.raises(PermissionRefused):
        await library.add("R3", "CRBT")
    with acting_as(EAST), pytest.raises(PermissionRefused):
        await library.request()


async def test_a_rule_that_cannot_be_read_is_refused_with_its_place(library: MatchDesk) -> None:
    with acting_as(ADMIN):
        with pytest.raises(InvalidInput) as refusal:
            await library.add("R3", "CRBT", "arpu > 60")
        assert (refusal.value.reason, refusal.value.field) == ("RULE_UNKNOWN_ATTRIBUTE", "rule.extract")
        assert refusal.value.metadata["position"] == "1:1"
        with pytest.raises(InvalidInput) as refusal:
            await library.add("R3", "CRBT", score="brand")
        assert refusal.value.reason == "MATCH_SCORE"
        with pytest.raises(NotFound, match="MOBILE_TV"):
            await library.add("R3", "MOBILE_TV")
        with pytest.raises(Conflict) as taken:
            await library.add("R1", "CRBT")
        assert taken.value.reason == "MATCH_RULE_TAKEN"
        with pytest.raises(InvalidInput) as refusal:
            await library.put("MMS", terminal="mms_capable")
        assert refusal.value.field == "service.terminal"


async def test_an_ended_rule_speaks_no_more_and_its_code_may_be_given_again(library: MatchDesk) -> None:
    with acting_as(ADMIN):
        before = await library.matched()
        await invoke(library.matches.EndMatchRule, match_pb2.EndMatchRuleRequest(request_id="end-1", code="R2"))
        after = await library.matched()
        assert [share.rule for share in after.shares] == ["R1", "R9"]
        # The run before keeps the library that it used.
        assert len(await library.extract(before.id, rule="R2")) == 13
        with pytest.raises(NotFound):
            await invoke(library.matches.EndMatchRule, match_pb2.EndMatchRuleRequest(request_id="end-2", code="R2"))
        await library.add("R2", "CRBT", layer=3)


async def test_there_is_nothing_to_match_with_before_the_library_has_rules(loaded: MatchDesk) -> None:
    with acting_as(ADMIN):
        with pytest.raises(StateRefused) as refusal:
            await loaded.request()
        assert refusal.value.reason == "MATCH_LIBRARY_EMPTY"
        with pytest.raises(StateRefused) as none:
            await loaded.verdicts(1)
        assert none.value.reason == "NO_MATCH"


def unit_time() -> datetime:
    return datetime(2011, 4, 1, tzinfo=UTC)
