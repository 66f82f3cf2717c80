"""The ledger as a file: what `carillon verify ledger` proves alone, and what was tampered with shows there, too."""

import pytest

from carillon.reward.v1 import ledger_pb2
from carillon_chassis.client import invoke_stream
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import PermissionRefused
from carillon_chassis.identity import Identity, acting_as
from carillon_deploy.verify import ledger as verifier
from svc_reward.app.export_ledger import export_ledger
from svc_reward.app.verify_ledger import verify_ledger
from svc_reward.domain.transfer import Leg, Transfer, move
from svc_reward.store.accounts import open_accounts

from .client import SERVICE, Client
from .conftest import NOON
from .test_chain import BUDGET, ISSUED, PEOPLE, post, seal_all


async def exported(unit: UnitOfWork, *, page: int = 7) -> list[str]:
    return b"".join([piece async for piece in export_ledger(unit, page=page)]).decode().splitlines()


@pytest.fixture
async def sealed(ledger: Database, clock: FixedClock) -> Database:
    """A ledger of 21 transfers, 43 entries, all sealed."""
    async with ledger.unit_of_work() as unit:
        await open_accounts(unit, [ISSUED, BUDGET, *PEOPLE], now=NOON)
    await post(ledger, clock, move("fund", source=ISSUED, target=BUDGET, amount=10_000, reason="“起始” 1/2"))
    for number in range(19):
        await post(
            ledger, clock, move(f"pay:{number}", source=BUDGET, target=PEOPLE[number % 5], amount=7, reason="pay")
        )
    legs = (Leg(account=BUDGET, amount=-5), Leg(account=PEOPLE[0], amount=3), Leg(account=ISSUED, amount=2))
    await post(ledger, clock, Transfer(transfer_id="split", legs=legs, reason="split"))
    assert await seal_all(ledger) == 21
    return ledger


async def test_the_file_holds_and_comes_to_what_the_service_proves(sealed: Database, clock: FixedClock) -> None:
    await post(sealed, clock, move("more", source=BUDGET, target=PEOPLE[0], amount=1, reason="not sealed yet"))
    async with sealed.read() as unit:
        books = verifier.verify(await exported(unit))
        proof = [one async for one in verify_ledger(unit)][-1]
    assert (books.transfers, books.entries, books.unsealed) == (21, 43, 1)
    assert (books.link, books.sums) == (proof.link, {"seeds": 0})


async def test_an_empty_ledger_holds_as_a_file(ledger: Database) -> None:
    async with ledger.read() as unit:
        books = verifier.verify(await exported(unit))
    assert (books.transfers, books.link) == (0, verifier.GENESIS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE entry SET amount = amount + 1 WHERE transfer = 12 AND leg = 2", "transfer 12 is not what was sealed"),
        ("DELETE FROM transfer WHERE number = 5", "transfer 5 was sealed and is gone"),
        ("DELETE FROM chain_link WHERE position = 5", "link 5 of the chain is gone"),
    ],
)
async def test_what_was_tampered_with_shows_in_the_file(
    sealed: Database, owned: Database, change: str, said: str
) -> None:
    async with owned.unit_of_work() as unit:
        await unit.driver.execute("SET LOCAL session_replication_role = replica")
        await unit.driver.execute(change)
        with pytest.raises(verifier.Broken, match=said):
            verifier.verify(await exported(unit))
        await unit.connection.rollback()


async def test_the_file_is_given_over_the_wire_to_auditors_only(sealed: Database, client: Client) -> None:
    request = ledger_pb2.ExportLedgerRequest()
    with acting_as(SERVICE):
        pieces = [answer.piece async for answer in invoke_stream(client.stub.ExportLedger, request)]
    assert verifier.verify(b"".join(pieces).decode().splitlines()).transfers == 21
    with acting_as(Identity(subject="cl-1", roles=frozenset({"portal"}))), pytest.raises(PermissionRefused):
        async for _ in invoke_stream(client.stub.ExportLedger, request):
            pass
