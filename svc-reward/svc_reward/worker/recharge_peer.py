"""Speaks to a recharge system by signed JSON over HTTP (RWD-02); it must not decide what an answer means for the books.

``POST /recharges`` pays once by its ``id``, ``GET /recharges/<id>`` tells what became of it; both answer
``{"id", "result": "paid" | "refused" | "unknown", "reference", "reason"}``, signed as domain/recharge.py says.
"""

import json
import secrets
import time
from collections.abc import Callable

import httpx

from svc_reward.domain.recharge import ANSWER, RechargeAnswer, RechargeTask, Verdict, is_signed, sign

TIMESTAMP_HEADER = "x-recharge-timestamp"
SIGNATURE_HEADER = "x-recharge-signature"
# A recharge takes seconds over there; after this its outcome is in doubt and will be asked for.
TIMEOUT_SECONDS = 10.0
# An answer is some hundred bytes; whatever is longer is none.
MAX_ANSWER_BYTES = 64 * 1024
STATUSES = {
    httpx.codes.OK: {"paid": Verdict.PAID, "refused": Verdict.REFUSED},
    httpx.codes.NOT_FOUND: {"unknown": Verdict.UNKNOWN},
}


class RechargePeer:
    """One recharge system behind one address."""

    def __init__(
        self,
        url: str,
        secret: bytes,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=timeout_seconds, trust_env=False)
        self._secret = secret
        self._wall_clock = wall_clock

    async def pay(self, task: RechargeTask, msisdn: str) -> RechargeAnswer:
        """Asks to pay; DOUBT when it is not known what became of it. The same key never pays twice over there."""
        body = {"amount_fen": task.amount_fen, "id": task.key, "msisdn": msisdn}
        return await self._ask("POST", "/recharges", task.key, json.dumps(body, sort_keys=True).encode())

    async def query(self, task: RechargeTask) -> RechargeAnswer:
        """Asks what became of it, and changes nothing."""
        return await self._ask("GET", f"/recharges/{task.key}", task.key, b"")

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def _ask(self, method: str, path: str, key: str, body: bytes) -> RechargeAnswer:
        # The random part makes every request's answer its own; a recorded one fits no other.
        timestamp = f"{int(self._wall_clock())}.{secrets.token_hex(8)}"
        signature = sign(self._secret, method=method, path=path, timestamp=timestamp, body=body)
        headers = {
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: signature,
            "content-type": "application/json",
        }
        try:
            response = await self._client.request(method, path, content=body, headers=headers)
        except httpx.TimeoutException:
            return _doubt("RECHARGE_TIMED_OUT")
        except httpx.HTTPError as error:
            return _doubt(f"RECHARGE_AWAY {type(error).__name__}")
        if response.status_code not in STATUSES:
            return _doubt(f"RECHARGE_ANSWERED_{response.status_code}")
        signed = is_signed(
            response.headers.get(SIGNATURE_HEADER, ""),
            self._secret,
            method=ANSWER,
            path=path,
            timestamp=timestamp,
            body=response.content,
        )
        if not signed or len(response.content) > MAX_ANSWER_BYTES:
            return _doubt("ANSWER_NOT_SIGNED")
        return _read(response, key)


def _read(response: httpx.Response, key: str) -> RechargeAnswer:
    try:
        said = json.loads(response.content)
        verdict = STATUSES[httpx.codes(response.status_code)][said["result"]]
        if said["id"] != key:
            return _doubt("ANSWER_TO_ANOTHER")
        return RechargeAnswer(verdict=verdict, reference=str(said["reference"]), reason=str(said["reason"]))
    except (ValueError, KeyError, TypeError):
        return _doubt("ANSWER_UNREADABLE")


def _doubt(reason: str) -> RechargeAnswer:
    return RechargeAnswer(verdict=Verdict.DOUBT, reason=reason)
