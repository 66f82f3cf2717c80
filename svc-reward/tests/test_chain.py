"""The hash chain: what was changed behind the guards' backs is found, and the first wrong entry named."""

import random
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon.reward.v1 import ledger_pb2
from carillon_chassis.client import invoke_stream
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import PermissionRefused
from carillon_chassis.identity import Identity, acting_as
from svc_reward.app.post_transfers import post_transfers
from svc_reward.app.seal_transfers import seal_transfers
from svc_reward.app.verify_ledger import Proof, verify_ledger
from svc_reward.domain.account import budget_account, issuance_account, subscriber_account
from svc_reward.domain.chain import GENESIS, Content, Fault, find_fault, make_links
from svc_reward.domain.transfer import Leg, Transfer, move
from svc_reward.store.accounts import open_accounts

from .client import SERVICE, Client
from .conftest import NOON

EDITS = 100
ISSUED, BUDGET = issuance_account("seeds"), budget_account("spring", "seeds")
PEOPLE = [subscriber_account(number, "seeds") for number in range(1, 6)]
FAR = 1_000_000

# One change a column, each one that the constraints let pass.
CHANGES = {
    "transfer": {
        "number": f"number + {FAR}",
        "id": "id || 'x'",
        "digest": "sha256(digest)",
        "currency": "'m_value'",
        "legs": "legs + 1",
        "reason": "reason || '.'",
        "booked_at": "booked_at + interval '1 microsecond'",
    },
    "entry": {
        "transfer": f"transfer + {FAR}",
        "leg": "leg + 50",
        "account": f"account + {FAR}",
        "sequence": f"sequence + {FAR}",
        "amount": "amount + 1",
        "balance_after": "balance_after - 1",
        "booked_at": "booked_at - interval '1 microsecond'",
    },
    "account": {
        "owner": "owner || '7'",
        "currency": "'fetion_points'",
        "opened_at": "opened_at - interval '1 hour'",
    },
}

contents = st.builds(
    Content,
    transfer=st.just(7),
    header=st.text(max_size=20),
    legs=st.lists(st.text(max_size=20), min_size=2, max_size=5).map(tuple),
)


@given(content=contents, previous=st.binary(min_size=32, max_size=32))
def test_what_is_as_it_was_sealed_has_no_fault(content: Content, previous: bytes) -> None:
    assert find_fault(previous, content, make_links(previous, content)) is None


@given(content=contents, data=st.data())
def test_the_first_changed_part_is_named(content: Content, data: st.DataObject) -> None:
    links = make_links(GENESIS, content)
    place = data.draw(st.integers(0, len(content.legs)))
    if place == 0:
        changed = replace(content, header=f"{content.header}x")
    else:
        legs = list(content.legs)
        legs[place - 1] += "x"
        changed = replace(content, legs=tuple(legs))
    fault = find_fault(GENESIS, changed, links)
    assert fault is not None
    assert (fault.transfer, fault.leg) == (7, place)
    assert find_fault(b"\0" * 32, content, links) is not None


async def post(database: Database, clock: FixedClock, *transfers: Transfer) -> None:
    async with database.unit_of_work() as unit:
        outcomes = await post_transfers(unit, transfers, clock=clock)
    assert all(outcome.stands for outcome in outcomes)


async def seal_all(database: Database, *, limit: int = 1000) -> int:
    total = 0
    while True:
        async with database.unit_of_work() as unit:
            sealed = await seal_transfers(unit, limit=limit)
        total += sealed
        if sealed == 0:
            return total


async def verify(unit: UnitOfWork, *, page: int = 7) -> Proof:
    proofs = [proof async for proof in verify_ledger(unit, page=page)]
    assert [proof.finished for proof in proofs] == [False] * (len(proofs) - 1) + [True]
    return proofs[-1]


@pytest.fixture
async def booked(ledger: Database, clock: FixedClock) -> Database:
    """A ledger of 41 transfers, 92 entries."""
    async with ledger.unit_of_work() as unit:
        await open_accounts(unit, [ISSUED, BUDGET, *PEOPLE], now=NOON)
    await post(ledger, clock, move("fund", source=ISSUED, target=BUDGET, amount=10_000, reason="fund"))
    for number in range(30):
        await post(
            ledger,
            clock,
            move(f"pay:{number}", source=BUDGET, target=PEOPLE[number % 5], amount=7, reason="pay"),
        )
    for number in range(10):
        legs = (
            Leg(account=BUDGET, amount=-5),
            Leg(account=PEOPLE[number % 5], amount=3),
            Leg(account=ISSUED, amount=2),
        )
        await post(ledger, clock, Transfer(transfer_id=f"split:{number}", legs=legs, reason="split"))
    return ledger


@pytest.fixture
async def sealed(booked: Database) -> Database:
    assert await seal_all(booked, limit=10) == 41
    return booked


@pytest.fixture
async def tampering(sealed: Database, owned: Database) -> AsyncIterator[UnitOfWork]:
    """The owner's transaction with all triggers off; nothing of it stays."""
    async with owned.unit_of_work() as unit:
        await unit.driver.execute("SET LOCAL session_replication_role = replica")
        yield unit
        await unit.connection.rollback()


async def test_a_sealed_ledger_is_sound_and_counts_what_waits_for_its_link(sealed: Database, clock: FixedClock) -> None:
    async with sealed.read() as unit:
        proof = await verify(unit)
    assert (proof.transfers, proof.entries, proof.unsealed, proof.fault) == (41, 92, 0, None)
    await post(sealed, clock, move("more", source=BUDGET, target=PEOPLE[0], amount=1, reason="more"))
    async with sealed.read() as unit:
        after = await verify(unit)
    assert (after.link, after.unsealed, after.fault) == (proof.link, 1, None)


async def test_an_empty_ledger_is_sound(ledger: Database) -> None:
    async with ledger.read() as unit:
        proof = await verify(unit)
    assert (proof.transfers, proof.link, proof.fault) == (0, GENESIS, None)


async def test_a_hundred_edits_of_one_field_are_all_found_and_named(tampering: UnitOfWork) -> None:
    luck = random.Random(20261121)
    columns = [(table, column) for table, changes in CHANGES.items() for column in changes]
    for number in range(EDITS):
        table, column = columns[number % len(columns)]
        rows = await tampering.driver.fetch(
            "SELECT entry.transfer, entry.leg, entry.account, entry.ctid::text AS place,"
            " min(entry.transfer) OVER (PARTITION BY entry.account) AS first FROM entry WHERE sequence > 1"
            " ORDER BY transfer, leg"
        )
        row = luck.choice(rows)
        where = {
            "transfer": f"number = {row['transfer']}",
            "entry": f"transfer = {row['transfer']} AND leg = {row['leg']}",
            "account": f"number = {row['account']}",
        }[table]
        if (table, column) == ("account", "owner"):
            where = "number = (SELECT min(number) FROM account WHERE kind = 'subscriber')"
        first = await tampering.driver.fetchrow(
            "SELECT transfer, leg FROM entry WHERE account ="  # noqa: S608 -- the tables are above
            f" (SELECT number FROM account WHERE {where if table == 'account' else 'false'}) ORDER BY sequence LIMIT 1"
        )
        expected = {
            "transfer": (row["transfer"], 0),
            "entry": (row["transfer"], row["leg"]),
            "account": (first["transfer"], first["leg"]) if first else None,
        }[table]
        await tampering.driver.execute("SAVEPOINT sound")
        status = await tampering.driver.execute(
            f"UPDATE {table} SET {column} = {CHANGES[table][column]} WHERE {where}"  # noqa: S608 -- the tables are above
        )
        assert status == "UPDATE 1"
        fault = (await verify(tampering, page=1000)).fault
        assert fault is not None, (table, column)
        assert (fault.transfer, fault.leg) == expected, (table, column)
        await tampering.driver.execute("ROLLBACK TO SAVEPOINT sound")
    assert (await verify(tampering)).fault is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("UPDATE balance SET amount = amount + 1 WHERE account = 2", Fault(account=2, detail="the balance")),
        ("UPDATE balance SET minimum = NULL WHERE account = 1", Fault(account=1, detail="the balance")),
        ("UPDATE balance SET as_of = as_of + interval '1 s' WHERE account = 1", Fault(account=1, detail="the balance")),
        ("UPDATE chain_link SET links = sha256(links) WHERE position = 3", Fault(transfer=3, detail="the transfer")),
        ("UPDATE chain_link SET position = 999 WHERE position = 3", Fault(detail="link 3 of the chain is gone")),
        ("DELETE FROM chain_link WHERE position >= 40", Fault(detail="link 40 of the chain is gone")),
        ("UPDATE chain_head SET link = sha256(link)", Fault(detail="the chain does not end at its head")),
        ("UPDATE chain_head SET position = 30", Fault(detail="the chain does not end at its head")),
        ("DELETE FROM entry WHERE transfer = 5", Fault(transfer=5, leg=1, detail="leg 1 of the transfer")),
        ("DELETE FROM entry WHERE transfer = 5 AND leg = 2", Fault(transfer=5, leg=2, detail="leg 2 of the transfer")),
        ("DELETE FROM transfer WHERE number = 5", Fault(transfer=5, detail="the transfer was sealed and is gone")),
        (
            "INSERT INTO transfer SELECT 0, 'new', digest, currency, legs, reason, booked_at FROM transfer LIMIT 1",
            Fault(detail="the transfer was never sealed"),
        ),
        (
            "INSERT INTO entry SELECT 1000000, leg, 1000000, 1, amount, amount, booked_at FROM entry LIMIT 1",
            Fault(transfer=FAR, detail="the entries are not the legs"),
        ),
    ],
)
async def test_what_else_was_tampered_with_is_found(tampering: UnitOfWork, change: str, expected: Fault) -> None:
    await tampering.driver.execute(change)
    fault = (await verify(tampering)).fault
    assert fault is not None
    assert (fault.transfer, fault.leg, fault.account) == (expected.transfer, expected.leg, expected.account)
    assert fault.detail.startswith(expected.detail)


async def test_a_transfer_that_commits_late_is_sealed_late_and_none_is_forgotten(
    sealed: Database, clock: FixedClock
) -> None:
    async with sealed.unit_of_work() as slow:
        await post_transfers(
            slow, [move("slow", source=PEOPLE[0], target=PEOPLE[1], amount=1, reason="x")], clock=clock
        )
        for number in range(5):
            await post(sealed, clock, move(f"quick:{number}", source=PEOPLE[2], target=PEOPLE[3], amount=1, reason="x"))
            assert await seal_all(sealed) == 1
    for number in range(5):
        await post(sealed, clock, move(f"after:{number}", source=PEOPLE[2], target=PEOPLE[3], amount=1, reason="x"))
        assert await seal_all(sealed) == (2 if number == 0 else 1)
    async with sealed.read() as unit:
        proof = await verify(unit)
        floor = await unit.driver.fetchval("SELECT floor FROM chain_head")
    assert (proof.transfers, proof.unsealed, proof.fault) == (52, 0, None)
    assert floor > 41 + 6


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE chain_link SET transfer = transfer",
        "DELETE FROM chain_link",
        "DELETE FROM chain_head",
        "INSERT INTO chain_head SELECT * FROM chain_head",
    ],
)
async def test_the_application_has_no_right_to_change_the_chain(sealed: Database, change: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with sealed.unit_of_work() as unit:
            await unit.driver.execute(change)


async def test_the_owner_is_refused_a_change_of_the_chain(sealed: Database, owned: Database) -> None:
    for change in ("UPDATE chain_link SET transfer = transfer", "DELETE FROM chain_link", "DELETE FROM chain_head"):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with owned.unit_of_work() as unit:
                await unit.driver.execute(change)


async def test_the_proof_is_told_over_the_wire_to_auditors_only(sealed: Database, client: Client) -> None:
    with acting_as(SERVICE):
        told = [proof async for proof in invoke_stream(client.stub.VerifyLedger, ledger_pb2.VerifyLedgerRequest())]
    assert (told[-1].finished, told[-1].entries, told[-1].HasField("fault")) == (True, 92, False)
    with acting_as(Identity(subject="cl-1", roles=frozenset({"portal"}))), pytest.raises(PermissionRefused):
        async for _ in invoke_stream(client.stub.VerifyLedger, ledger_pb2.VerifyLedgerRequest()):
            pass
