"""The demo's stage of a prize: a draw that nobody can foresee, won by a customer and paid in phone credit; judges nothing."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from carillon_deploy.demo.loop import Loop, wait_for_state
from carillon_deploy.errors import CommandError
from carillon_deploy.gateway_client import GatewayClient
from carillon_deploy.snapshot import choose_credential

# Long enough to enter, short enough to wait for.
OPEN_SECONDS: Final = 3
PRIZE: Final = "credit"
WORTH_FEN: Final = 5_000
SEED_OCTETS: Final = 32


async def pay_prize(loop: Loop) -> str:
    """A draw by commit and reveal, reported to the cities, verified, and paid by the recharge system (RWD-01 to RWD-03)."""
    province, notary = (
        GatewayClient(loop.http, choose_credential(loop.layout.home, role)) for role in ("province_admin", "partner")
    )
    entered = [customer.msisdn for customer in loop.contacted_visitors()[:100]]
    await _draw(loop, notary, entered)
    report = await province.post(
        "/api/v1/reward-reports",
        {
            "campaign": loop.campaign_id,
            "stage": "final",
            "credits": [{"prize": PRIZE, "worth": {"amount_fen": WORTH_FEN}}],
        },
    )
    [item] = (await loop.operator.get("/api/v1/fulfilments", report=report["id"]))["fulfilments"]
    path = f"/api/v1/fulfilments/{item['id']}"
    await loop.operator.post(f"{path}/verify")
    await loop.operator.post(f"{path}/complete", {})
    detail = await wait_for_state(loop.operator, path, "completed", of="fulfilment")
    if detail["msisdn"] not in entered:
        msg = f"{path} was paid to a number that never entered"
        raise CommandError(msg)
    return f"one of {len(entered)} entrants drawn, verified and paid {WORTH_FEN // 100} yuan of credit"


async def _draw(loop: Loop, notary: GatewayClient, entrants: list[str]) -> None:
    """One winner: the own seed is committed to first, and another's is added once nobody can enter any more."""
    own = secrets.token_bytes(SEED_OCTETS)
    closes = datetime.now(UTC) + timedelta(seconds=OPEN_SECONDS)
    plan: dict[str, Any] = {
        "name": "Thank you",
        "campaign_id": loop.campaign_id,
        "prizes": [{"code": PRIZE, "name": "Phone credit", "weight": 1, "stock": 1}],
        "awards": 1,
        "wins_per_person": 1,
        "closes_at": closes.isoformat(),
        "reveal_by": (closes + timedelta(hours=1)).isoformat(),
    }
    path = f"/api/v1/draws/{(await loop.operator.post('/api/v1/draws', plan))['id']}"
    await loop.operator.post(f"{path}/open", {"commitment": hashlib.sha256(own).hexdigest()})
    entries = [{"msisdn": msisdn, "source_key": f"visit:{msisdn}"} for msisdn in entrants]
    await loop.operator.post(f"{path}/entries", {"entries": entries})
    await wait_for_state(loop.operator, path, "frozen")
    await notary.post(f"{path}/contribute", {"seed": secrets.token_hex(SEED_OCTETS)})
    await loop.operator.post(f"{path}/reveal", {"seed": own.hex()})
