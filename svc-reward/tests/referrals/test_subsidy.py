"""Handset subsidies: a spend agreement, one at a time, owed back in part when it is ended early (RWD-37)."""

import asyncio
import uuid
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from carillon.reward.v1 import subsidy_pb2, subsidy_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.database import Database
from carillon_chassis.errors import DomainError, InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, acting_as
from svc_reward.domain.subsidy import Subsidy, SubsidyState, agreement_end

from .circle import PORTAL, Circle
from .referral_values import CAMPAIGN, DAY, NOON

ZONE = ZoneInfo("Asia/Shanghai")
HALL = Identity(subject="hall-7", roles=frozenset({"hall_terminal"}))


def subsidy(**changes: Any) -> Subsidy:
    values: dict[str, Any] = {
        "id": uuid.UUID(int=1),
        "subscriber_id": 7,
        "campaign_id": "",
        "device": "TD-SCDMA phone",
        "subsidy_fen": 100_000,
        "monthly_spend_fen": 5800,
        "months": 24,
        "starts_at": NOON,
        "ends_at": agreement_end(NOON, 24, ZONE),
    }
    return Subsidy(**(values | changes))


@pytest.mark.parametrize(
    ("at", "owed"),
    [
        (NOON, 100_000),
        (datetime(2026, 12, 2, 11, 59, tzinfo=UTC), 100_000),
        # A month kept is a month earned; what is left is rounded up to the fen.
        (datetime(2026, 12, 2, 12, tzinfo=UTC), 95_834),
        (datetime(2027, 11, 2, 12, tzinfo=UTC), 50_000),
        (datetime(2028, 11, 2, 11, 59, tzinfo=UTC), 4_167),
    ],
)
def test_who_ends_early_owes_the_months_that_are_left(at: datetime, owed: int) -> None:
    ended = subsidy().end_early(at=at, by="hall-7", reason="number given up", zone=ZONE)
    assert (ended.owed_fen, ended.ends_at, ended.state(at)) == (owed, at, SubsidyState.ENDED_EARLY)


def test_an_agreement_that_was_kept_is_fulfilled_and_owes_nothing() -> None:
    standing = subsidy()
    assert standing.ends_at == datetime(2028, 11, 2, 12, tzinfo=UTC)
    assert standing.state(standing.ends_at - DAY) is SubsidyState.RUNNING
    assert standing.state(standing.ends_at) is SubsidyState.FULFILLED
    with pytest.raises(StateRefused, match="SUBSIDY_STATE"):
        standing.end_early(at=standing.ends_at, by="hall-7", reason="late", zone=ZONE)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"device": ""}, "device"),
        ({"campaign_id": "a b"}, "campaign_id"),
        ({"subsidy_fen": 0}, "subsidy_fen"),
        ({"subsidy_fen": 2_000_001}, "subsidy_fen"),
        ({"monthly_spend_fen": 0}, "monthly_spend_fen"),
        ({"months": 49}, "months"),
    ],
)
def test_agreements_that_can_not_be_are_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        subsidy(**changes)
    assert (caught.value.reason, caught.value.field) == ("SUBSIDY_INVALID", field)


async def sign(circle: Circle, *, by: Identity = HALL, **changes: Any) -> subsidy_pb2.Subsidy:
    values: dict[str, Any] = {
        "subscriber_id": 7,
        "campaign_id": CAMPAIGN,
        "device": "TD-SCDMA phone",
        "subsidy_fen": 2400,
        "monthly_spend_fen": 5800,
        "months": 24,
    }
    request = subsidy_pb2.CreateSubsidyRequest(request_id=circle.key(), **(values | changes))
    with acting_as(by):
        stub = subsidy_pb2_grpc.SubsidyServiceStub(circle.channel)
        return (await invoke(stub.CreateSubsidy, request)).subsidy


async def end(circle: Circle, subsidy_id: str, *, reason: str = "number given up") -> subsidy_pb2.Subsidy:
    request = subsidy_pb2.EndSubsidyRequest(request_id=circle.key(), id=subsidy_id, reason=reason)
    with acting_as(HALL):
        return (await invoke(subsidy_pb2_grpc.SubsidyServiceStub(circle.channel).EndSubsidy, request)).subsidy


async def listed(circle: Circle, subscriber: int = 7) -> list[subsidy_pb2.Subsidy]:
    request = subsidy_pb2.ListSubsidiesRequest(subscriber_id=subscriber)
    with acting_as(PORTAL):
        answer = await invoke(subsidy_pb2_grpc.SubsidyServiceStub(circle.channel).ListSubsidies, request)
    return list(answer.subsidies)


async def test_a_subsidy_is_paid_by_the_budget_and_what_is_owed_back_is_a_debt(circle: Circle) -> None:
    signed = await sign(circle)
    assert signed.state == subsidy_pb2.SUBSIDY_STATE_RUNNING
    assert await circle.held("phone_credit_fen") == {"campaign_budget/friends": 7600, "paid/7": 2400}
    circle.pass_days(31)
    ended = await end(circle, signed.id)
    assert (ended.state, ended.owed_fen, ended.ended_by) == (subsidy_pb2.SUBSIDY_STATE_ENDED_EARLY, 2300, "hall-7")
    held = await circle.held("phone_credit_fen")
    assert (held["receivable/7"], held["expense/operator"]) == (-2300, 2300)
    with pytest.raises(StateRefused, match="SUBSIDY_STATE"):
        await end(circle, signed.id)
    assert await circle.held("phone_credit_fen") == held


async def test_a_subscriber_has_one_subsidy_at_a_time(circle: Circle) -> None:
    first = await sign(circle)
    with pytest.raises(StateRefused, match="SUBSIDY_RUNNING"):
        await sign(circle)
    await sign(circle, subscriber_id=8)
    circle.pass_days(1)
    await end(circle, first.id)
    second = await sign(circle, months=1)
    circle.pass_days(31)
    third = await sign(circle)
    assert [(one.id, one.state) for one in await listed(circle)] == [
        (third.id, subsidy_pb2.SUBSIDY_STATE_RUNNING),
        (second.id, subsidy_pb2.SUBSIDY_STATE_FULFILLED),
        (first.id, subsidy_pb2.SUBSIDY_STATE_ENDED_EARLY),
    ]


async def test_of_ten_counters_that_sign_at_once_one_does(circle: Circle) -> None:
    answers = await asyncio.gather(*(sign(circle) for _ in range(10)), return_exceptions=True)
    refused = [answer.reason for answer in answers if isinstance(answer, DomainError)]
    assert refused == ["SUBSIDY_RUNNING"] * 9
    assert (await circle.held("phone_credit_fen"))["paid/7"] == 2400


async def test_the_database_itself_refuses_a_second_one(circle: Circle, owned: Database) -> None:
    await sign(circle)
    with pytest.raises(asyncpg.ExclusionViolationError):
        async with owned.unit_of_work() as unit:
            await unit.driver.execute(
                "INSERT INTO subsidy SELECT gen_random_uuid(), subscriber_id, campaign_id, device, subsidy_fen,"
                " monthly_spend_fen, months, starts_at + interval '1 day', ends_at, 0, '', '' FROM subsidy"
            )


async def test_without_money_or_right_there_is_no_subsidy(circle: Circle) -> None:
    for changes, reason in (
        ({"subsidy_fen": 20_000}, "INSUFFICIENT_FUNDS"),
        ({"campaign_id": "unfunded"}, "ACCOUNT_UNKNOWN"),
    ):
        with pytest.raises(StateRefused, match=reason):
            await sign(circle, **changes)
    with pytest.raises(PermissionRefused, match="ROLE_MISSING"):
        await sign(circle, by=PORTAL)
    with pytest.raises(NotFound, match="SUBSIDY_UNKNOWN"):
        await end(circle, str(uuid.uuid4()))
    assert await listed(circle) == []
    # Without a campaign the operator bears it.
    await sign(circle, campaign_id="")
    assert (await circle.held("phone_credit_fen"))["expense/operator"] == -2400
