"""What logs tell of recharges at their most talkative, while everything goes wrong: no secret, no signature, no number."""

import logging
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from carillon_chassis.database import Database
from carillon_chassis.telemetry import meter
from svc_reward.app.recharge_tally import RechargeTally
from svc_reward.domain.recharge import sign
from svc_reward.settings import Settings
from svc_reward.worker.recharge_clerk import RechargeClerk
from svc_reward.worker.recharge_peer import RechargePeer
from svc_reward.worker.subscribers import Subscribers

from .desks import Desks
from .recharge_system import BUSY, FORGES, REFUSES, SECRET, SILENT, SLOW, RechargeSystem, order, run


async def test_no_log_line_tells_the_secret_a_signature_or_a_number(
    desks: Desks,
    ledger: Database,
    system: RechargeSystem,
    subscribers: Subscribers,
    caplog: pytest.LogCaptureFixture,
) -> None:
    people = (7, REFUSES, SILENT, BUSY, FORGES, SLOW)
    await order(desks, *people)
    signed: list[str] = []

    def note(secret: bytes, **said: Any) -> str:
        signed.append(sign(secret, **said))
        return signed[-1]

    with caplog.at_level(logging.DEBUG), pytest.MonkeyPatch.context() as patch:
        patch.setattr("svc_reward.worker.recharge_peer.sign", note)
        for secret in (b"another secret", SECRET.encode()):
            payer = RechargePeer(system.url, secret, timeout_seconds=0.5)
            clerk = RechargeClerk(
                ledger, payer=payer, numbers=subscribers, clock=desks.clock, tally=RechargeTally(meter())
            )
            await run(desks, clerk, seconds=120)
            await payer.close()
    assert "is in doubt: RECHARGE_ANSWERED_401" in caplog.text
    assert len(signed) > len(people)
    numbers = [await subscribers.number(one) for one in people]
    hidden = (SECRET, "another secret", *signed, *numbers)
    assert all(hidden)
    assert [one for one in hidden if one in caplog.text] == []


@pytest.mark.parametrize("url", ["http://u:pw@127.0.0.1", "ftp://127.0.0.1"])
def test_a_recharge_url_with_credentials_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(
            database_url="postgresql://x",
            listen="unix:x",
            campaign_address="unix:x",
            catalog_address="unix:x",
            segment_address="unix:x",
            recharge_url=url,
            recharge_secret=SecretStr(SECRET),
        )
    assert "recharge_url" in str(refused.value)
    assert url not in str(refused.value)
