"""The audit log: changes are noted without numbers, appended only, and tampering shows."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from carillon_deploy.verify import audit as verifier
from carillon_gateway.audit.chain import Break, Entry, Head, LinkedEntry, find_break, link
from carillon_gateway.audit.export import export_audit
from carillon_gateway.audit.store import append_entries, read_page
from carillon_gateway.audit.trail import WAITING_LIMIT, Trail
from carillon_gateway.audit.verification import verify_audit
from carillon_gateway.testing.harness import Gateway

ENTRY = Entry(
    at=datetime(2026, 11, 21, 12, 0, tzinfo=UTC), subject="portal-1", role="portal", branch="guangzhou",
    action="place_order", target="/api/v1/orders/1", outcome=201, reason="", request_id="r1", trace_id="",
)  # fmt: skip
ORDER = {"msisdn": "+8613800138000", "service": "crbt", "source": {"touchpoint": "portal"}}


def chain(length: int) -> tuple[list[LinkedEntry], Head]:
    linked = list(link([replace(ENTRY, request_id=f"r{number}") for number in range(length)], Head()))
    return linked, Head(sequence=linked[-1].sequence, hash=linked[-1].hash) if linked else Head()


@given(length=st.integers(0, 12))
def test_an_untouched_chain_is_sound(length: int) -> None:
    assert find_break(*chain(length)) is None


@given(length=st.integers(2, 12), data=st.data())
def test_whatever_is_changed_dropped_or_swapped_shows(length: int, data: st.DataObject) -> None:
    linked, head = chain(length)
    at = data.draw(st.integers(0, length - 1))
    how = data.draw(st.sampled_from(["change", "drop", "swap", "reseal"]))
    if how == "change":
        linked[at] = replace(linked[at], entry=replace(linked[at].entry, outcome=403))
    elif how == "drop":
        del linked[at]
    elif how == "swap":
        other = (at + 1) % length
        linked[at], linked[other] = linked[other], linked[at]
    else:
        forged = replace(linked[at].entry, subject="somebody-else")
        previous = Head(sequence=linked[at].sequence - 1, hash=linked[at].previous_hash)
        linked[at] = next(link([forged], previous))
    assert isinstance(find_break(linked, head), Break)


async def test_changes_are_noted_with_who_what_and_how_it_ended_and_no_number(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await portal.post("/api/v1/orders", json=ORDER, headers={"x-request-id": "call-1", "traceparent": trace})
    await portal.post("/api/v1/orders", json=ORDER | {"service": "nonsense"})
    await portal.delete("/api/v1/subscribers/+8613800138000/subscriptions/crbt")
    await portal.post("/api/v1/segments/preview", json={})
    await portal.get("/api/v1/services")
    await gateway.flush()

    async with gateway.database.read() as unit:
        entries = [linked.entry for linked in await read_page(unit, after=0)]
    assert [(one.action, one.outcome, one.reason) for one in entries] == [
        ("issue_token", 200, ""),
        ("place_order", 201, ""),
        ("place_order", 404, "SERVICE_UNKNOWN"),
        ("end_subscription", 404, "SUBSCRIPTION_UNKNOWN"),
        ("preview_rule", 403, "ROLE_MISSING"),
    ]
    assert {(one.subject, one.role, one.branch) for one in entries} == {("test-portal", "portal", "guangzhou")}
    assert entries[1].target.startswith("/api/v1/orders/")
    assert entries[1].request_id == "call-1"
    assert entries[3].target == "/api/v1/subscribers/+86138******00/subscriptions/crbt"
    assert isinstance(await verify_audit(gateway.database), Head)


async def test_the_log_refuses_to_be_changed_and_shows_it_when_its_owner_does(gateway: Gateway) -> None:
    async with gateway.database.unit_of_work() as unit:
        await append_entries(unit, [replace(ENTRY, request_id=f"r{number}") for number in range(5)])
    for statement in ("UPDATE audit_entry SET outcome = 200", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await run(gateway.database, statement)
    assert await verify_audit(gateway.database) == await head_of(gateway.database)

    await run(gateway.database, "ALTER TABLE audit_entry DISABLE TRIGGER ALL")
    await run(gateway.database, "DELETE FROM audit_entry WHERE sequence = 5")
    assert isinstance(await verify_audit(gateway.database), Break)
    await run(gateway.database, "UPDATE audit_entry SET subject = 'nobody' WHERE sequence = 3")
    found = await verify_audit(gateway.database)
    assert isinstance(found, Break)
    assert found.sequence == 3


async def run(database: Database, statement: str) -> None:
    async with database.unit_of_work() as unit:
        await unit.driver.execute(statement)


async def head_of(database: Database) -> Head:
    async with database.read() as unit:
        row = await unit.driver.fetchrow("SELECT sequence, hash FROM audit_head")
        assert row is not None
        return Head(sequence=row["sequence"], hash=row["hash"])


async def test_two_writers_share_one_chain(database: Database) -> None:
    trails = [Trail(database), Trail(database)]
    for number in range(200):
        trails[number % 2].note(replace(ENTRY, request_id=f"r{number}"))
    await asyncio.gather(*(trail.flush() for trail in trails))
    head = await verify_audit(database)
    assert isinstance(head, Head)
    assert head.sequence == 200


async def test_an_orderly_stop_writes_what_waits(database: Database) -> None:
    trail = Trail(database)
    writing = asyncio.ensure_future(trail.run())
    await asyncio.sleep(0)
    trail.note(ENTRY)
    await trail.close()
    await writing
    assert (await head_of(database)).sequence == 1


async def test_a_full_trail_refuses_changes_and_an_away_database_loses_nothing(
    make_database: Callable[[str], Awaitable[Database]],
) -> None:
    trail = Trail(Database("postgresql://nobody@127.0.0.1:1/nothing"))
    for _ in range(WAITING_LIMIT):
        trail.note(ENTRY)
    with pytest.raises(Unavailable):
        await trail.flush()
    assert trail.waiting == WAITING_LIMIT
    with pytest.raises(Unavailable) as refused:
        trail.require_room()
    assert refused.value.reason == "AUDIT_FULL"


async def test_the_log_goes_out_as_a_file_that_is_proved_alone(gateway: Gateway) -> None:
    portal, auditor = await gateway.signed_in("portal"), await gateway.signed_in("auditor")
    await portal.post("/api/v1/orders", json=ORDER | {"service": "no\u2028nsense"})
    answer = await auditor.get("/api/v1/audit-log")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jsonl")
    entries, head = verifier.verify(answer.text.split("\n")[:-1])
    assert Head(sequence=entries, hash=head) == await head_of(gateway.database)
    assert entries >= 3
    # Who takes it out is the last entry: in the file where it was written before the file was, else the next.
    await gateway.flush()
    async with gateway.database.read() as unit:
        last = (await read_page(unit, after=entries - 1))[-1].entry
    assert (last.action, last.role, last.outcome) == ("export_audit_log", "auditor", 200)
    assert (await portal.get("/api/v1/audit-log")).status_code == 403


async def test_a_log_that_was_tampered_with_goes_out_as_it_stands_and_does_not_hold(gateway: Gateway) -> None:
    async with gateway.database.unit_of_work() as unit:
        await append_entries(unit, [replace(ENTRY, request_id=f"r{number}") for number in range(5)])
    await run(gateway.database, "ALTER TABLE audit_entry DISABLE TRIGGER ALL")
    await run(gateway.database, "UPDATE audit_entry SET subject = 'nobody' WHERE sequence = 3")
    lines = b"".join([piece async for piece in export_audit(gateway.database)]).decode().splitlines()
    with pytest.raises(verifier.Broken, match="entry 3 was changed after it was sealed"):
        verifier.verify(lines)
