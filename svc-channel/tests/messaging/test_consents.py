"""The ledger of consents over gRPC and real PostgreSQL: added to only, with its proof, and what it comes to."""

from typing import Any

import asyncpg
import grpc
import pytest

from carillon.channel.v1 import consent_pb2, consent_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import Conflict, InvalidInput, PermissionRefused
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.testing.plugin import Serving
from svc_channel.main import build

from .house import House

HALL = Identity(subject="hall-3", roles=frozenset({"hall_terminal"}), branch="guangzhou")
GRANTED, WITHDRAWN = consent_pb2.CONSENT_STATE_GRANTED, consent_pb2.CONSENT_STATE_WITHDRAWN


@pytest.fixture
async def ledger(house: House, serving: Serving) -> Any:
    """The service without its workers."""
    service = build(house.settings())
    async with serving(service, with_workers=False) as channel:
        yield channel
    await service.database.close()


async def record(channel: grpc.aio.Channel, *, who: Identity = HALL, **fields: Any) -> consent_pb2.Consent:
    """One line of the ledger."""
    request = {"request_id": "k1", "subscriber_id": 7, "scope": "all", "state": WITHDRAWN, "evidence": "form 17"}
    with acting_as(who):
        stub = consent_pb2_grpc.ConsentServiceStub(channel)
        answer = await invoke(stub.RecordConsent, consent_pb2.RecordConsentRequest(**{**request, **fields}))
    return answer.consent


async def consents(channel: grpc.aio.Channel, subscriber_id: int, **fields: Any) -> consent_pb2.ListConsentsResponse:
    """A page of the ledger, with what counts."""
    stub = consent_pb2_grpc.ConsentServiceStub(channel)
    return await invoke(stub.ListConsents, consent_pb2.ListConsentsRequest(subscriber_id=subscriber_id, **fields))


async def test_a_line_keeps_who_what_when_by_which_proof_and_the_text_seen(ledger: grpc.aio.Channel) -> None:
    made = await record(ledger, text="我不想再收到推广短信")
    assert (made.subscriber_id, made.scope, made.state, made.evidence) == (7, "all", WITHDRAWN, "form 17")
    assert (made.actor, made.source, made.text) == (
        "hall-3",
        consent_pb2.CONSENT_SOURCE_OPERATOR,
        "我不想再收到推广短信",
    )
    answer = await consents(ledger, 7)
    assert list(answer.current) == list(answer.entries) == [made]


async def test_the_last_word_about_each_scope_counts(ledger: grpc.aio.Channel) -> None:
    for number, (scope, state) in enumerate(
        [("all", WITHDRAWN), ("category:music", WITHDRAWN), ("all", GRANTED), ("do_not_disturb", WITHDRAWN)]
    ):
        await record(ledger, request_id=f"k{number}", scope=scope, state=state)
    answer = await consents(ledger, 7)
    assert {one.scope: one.state for one in answer.current} == {
        "all": GRANTED,
        "category:music": WITHDRAWN,
        "do_not_disturb": WITHDRAWN,
    }
    assert [one.scope for one in answer.entries] == ["do_not_disturb", "all", "category:music", "all"]
    first = await consents(ledger, 7, page_size=3)
    second = await consents(ledger, 7, page_size=3, page_token=first.next_page_token)
    assert [*first.entries, *second.entries] == list(answer.entries)
    assert list(second.current) == []


async def test_who_gets_a_recycled_number_takes_over_no_consent(house: House, ledger: grpc.aio.Channel) -> None:
    """A number's next holder is another subscriber (a new ordinal), and starts with an empty ledger."""
    await record(ledger, subscriber_id=7)
    assert list((await consents(ledger, 8)).current) == []


async def test_the_same_key_books_one_line_and_another_body_conflicts(ledger: grpc.aio.Channel) -> None:
    first, again = await record(ledger), await record(ledger)
    assert first == again
    with pytest.raises(Conflict, match="IDEMPOTENCY_CONFLICT"):
        await record(ledger, state=GRANTED)
    assert len((await consents(ledger, 7)).entries) == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE consent_entry SET text = ''", "DELETE FROM consent_entry", "TRUNCATE consent_entry CASCADE"]
)
async def test_no_line_is_ever_changed_or_deleted(house: House, ledger: grpc.aio.Channel, statement: str) -> None:
    await record(ledger)
    with pytest.raises(asyncpg.RestrictViolationError):
        async with house.database.unit_of_work() as unit:
            await unit.driver.execute(statement)


@pytest.mark.parametrize(
    ("wrong", "reason", "field"),
    [
        ({"scope": "everything"}, "SCOPE_INVALID", "scope"),
        ({"evidence": ""}, "SHAPE", "evidence"),
        ({"subscriber_id": 0}, "SHAPE", "subscriber_id"),
        ({"state": 0}, "SHAPE", "state"),
    ],
)
async def test_a_line_that_proves_nothing_is_refused(
    ledger: grpc.aio.Channel, wrong: dict[str, Any], reason: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await record(ledger, **wrong)
    assert (refused.value.reason, refused.value.field) == (reason, field)
    with pytest.raises(InvalidInput, match="PAGE_TOKEN_INVALID"):
        await consents(ledger, 7, page_token="x")


async def test_an_affiliate_books_no_consent(ledger: grpc.aio.Channel) -> None:
    with pytest.raises(PermissionRefused, match="ROLE_MISSING"):
        await record(ledger, who=Identity(subject="a", roles=frozenset({"affiliate"})))
