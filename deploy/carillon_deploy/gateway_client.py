"""A client of the suite's HTTP surface: tokens, idempotency keys, retries; it knows no path and no business of its own."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, BinaryIO

import httpx

from carillon_chassis.ids import new_id
from carillon_deploy.errors import CommandError
from carillon_deploy.runner.credentials import Credential

REQUEST_TIMEOUT_SECONDS = 30.0
# Connections at once: enough to keep two cores busy, few enough to leave the gateway's limits alone.
CONNECTIONS = 32
# A service that was killed is back within seconds, on a busy machine within twenty; with the same Idempotency-Key a
# repeated call changes nothing twice.
PATIENCE_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.2
PAUSE_LIMIT_SECONDS = 3.0
PASSING = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE})
# A token is renewed this long before it ends, so that none ends on its way.
TOKEN_MARGIN_SECONDS = 60.0


class CallRefused(CommandError):
    """The gateway answered with a problem; `status` is HTTP's and `problem` the RFC 9457 document."""

    def __init__(self, method: str, path: str, status: int, problem: Mapping[str, Any]) -> None:
        said = problem.get("detail") or problem.get("title") or "no reason given"
        errors = "".join(f"; {e.get('field', '')}: {e.get('detail', '')}" for e in problem.get("errors", ()))
        super().__init__(f"{method} {path} was refused with {status}: {said}{errors}")
        self.status = status
        self.problem = problem


def open_http(url: str) -> httpx.AsyncClient:
    """An HTTP client for the gateway at `url`, to be closed by the caller."""
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    # A proxy of the machine's environment has no business between two processes of one machine.
    return httpx.AsyncClient(base_url=url, timeout=REQUEST_TIMEOUT_SECONDS, limits=limits, trust_env=False)


class GatewayClient:
    """One issued client speaking to the gateway."""

    def __init__(self, http: httpx.AsyncClient, credential: Credential) -> None:
        self._http = http
        self._credential = credential
        self._token = ""
        self._renew_at = 0.0
        self._renewing = asyncio.Lock()

    async def get(self, path: str, **query: str) -> Any:
        """The JSON answer of a GET."""
        return (await self._send("GET", path, params=query)).json()

    async def post(self, path: str, body: Any = None) -> Any:
        """The JSON answer of a POST under a key of its own. Raises CallRefused."""
        headers = {"Idempotency-Key": str(new_id())}
        return (await self._send("POST", path, json=body, headers=headers)).json()

    async def send_octets(self, path: str, octets: bytes, *, media_type: str) -> Any:
        """The JSON answer of a POST whose body is a file as it is. Raises CallRefused."""
        headers = {"Idempotency-Key": str(new_id()), "Content-Type": media_type}
        return (await self._send("POST", path, content=octets, headers=headers)).json()

    async def upload(self, path: str, *, fields: Mapping[str, str], name: str, file: BinaryIO) -> Any:
        """The JSON answer of a multipart POST with one file, read piece by piece. Raises CallRefused."""
        headers = {"Idempotency-Key": str(new_id())}
        files = {"file": (name, file, "application/octet-stream")}
        return (await self._send("POST", path, data=dict(fields), files=files, headers=headers)).json()

    async def download(
        self, path: str, *, query: Mapping[str, str], file: BinaryIO, advance: Callable[[int], None]
    ) -> int:
        """Writes the body of a GET into a file as it comes and gives its bytes; ``advance`` hears how many so far.

        Raises CallRefused, or CommandError when the body ends too soon: half a file is not sent for again.
        """

        async def send() -> httpx.Response:
            request = self._http.build_request("GET", path, params=query, headers=await self._bearer())
            return await self._http.send(request, stream=True)

        response = await patiently(f"GET {path}", send)
        written = 0
        try:
            if not response.is_success:
                await response.aread()
                raise CallRefused("GET", path, response.status_code, _problem(response))
            async for piece in response.aiter_bytes():
                written += await asyncio.to_thread(file.write, piece)
                advance(written)
        except httpx.TransportError as error:
            msg = f"GET {path}: the file ended after {written} bytes ({error!r})"
            raise CommandError(msg) from error
        finally:
            await response.aclose()
        return written

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Sends a request until it is answered for good. Raises CallRefused, or CommandError when nobody answers."""

        async def send() -> httpx.Response:
            headers = {**options.get("headers", {}), **await self._bearer()}
            return await self._http.request(method, path, **{**options, "headers": headers})

        response = await patiently(f"{method} {path}", send)
        if not response.is_success:
            raise CallRefused(method, path, response.status_code, _problem(response))
        return response

    async def _bearer(self) -> dict[str, str]:
        """The authorisation header, with a token renewed in time."""
        async with self._renewing:
            if time.monotonic() >= self._renew_at:
                response = await patiently("POST /oauth2/token", self._ask_token)
                if not response.is_success:
                    raise CallRefused("POST", "/oauth2/token", response.status_code, _problem(response))
                answer = response.json()
                self._token = answer["access_token"]
                self._renew_at = time.monotonic() + float(answer["expires_in"]) - TOKEN_MARGIN_SECONDS
        return {"Authorization": f"Bearer {self._token}"}

    async def _ask_token(self) -> httpx.Response:
        """One request for a token."""
        secret = (self._credential.client_id, self._credential.client_secret)
        return await self._http.post("/oauth2/token", data={"grant_type": "client_credentials"}, auth=secret)


async def patiently(what: str, send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Sends again while nobody answers or the refusal is a passing one. Raises CommandError when nobody ever does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            response = await send()
        except httpx.TransportError as error:
            if time.monotonic() > deadline:
                msg = f"{what}: the gateway does not answer ({error!r})"
                raise CommandError(msg) from error
        else:
            if response.status_code not in PASSING or time.monotonic() > deadline:
                return response
        await asyncio.sleep(pause)
        pause = min(pause * 2, PAUSE_LIMIT_SECONDS)


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    """The problem document, or the bare text where the answer has none."""
    try:
        read = response.json()
    except ValueError:
        return {"detail": response.text[:500]}
    return read if isinstance(read, dict) else {"detail": str(read)[:500]}
