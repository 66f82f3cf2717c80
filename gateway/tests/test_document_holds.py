"""Requests made up from the OpenAPI document by schemathesis: whatever comes, the gateway never fails."""

import asyncio
import os
from typing import Any

import hypothesis
import schemathesis
import uvicorn
from schemathesis.core.result import Ok

from carillon_gateway.testing.harness import Gateway

# Few on purpose: the whole document is walked in seconds; a night's run sets it higher.
EXAMPLES = int(os.environ.get("CARILLON_TEST_EXAMPLES", "8"))
NEGATIVE = schemathesis.GenerationMode.NEGATIVE
ROLES = ("province_admin", "approver")


def walk(url: str, tokens: dict[str, str]) -> list[str]:
    """Calls every described operation with made-up requests; gives what failed."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    failures: list[str] = []
    operations = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        operations += 1

        @hypothesis.settings(
            max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )  # fmt: skip
        @hypothesis.given(case=operation.as_strategy() | operation.as_strategy(generation_mode=NEGATIVE))
        def call(case: schemathesis.Case[Any]) -> None:
            for role in ROLES:
                headers = {"authorization": f"Bearer {tokens[role]}"}
                response = case.call(headers=headers, allow_redirects=False)
                kind = str(response.headers.get("content-type", [""])[0])
                problem = kind.startswith("application/problem+json")
                told = response.status_code < 400 or problem or "/oauth2/token" in case.path
                if response.status_code >= 500 or not told:
                    failures.append(f"{case.method} {case.path}: {response.status_code} {response.text[:300]}")

        call()
    assert operations >= 30
    return failures


async def test_no_made_up_request_makes_the_gateway_fail(gateway: Gateway) -> None:
    tokens = {role: await gateway.token(role) for role in ROLES}
    config = uvicorn.Config(gateway.app, port=0, http="httptools", log_config=None, lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        failures = await asyncio.to_thread(walk, f"http://127.0.0.1:{port}", tokens)
    finally:
        server.should_exit = True
        await serving
    assert not failures, "\n".join(failures)
