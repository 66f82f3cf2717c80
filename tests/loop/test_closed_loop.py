"""The whole loop through real processes: what the demo does, smaller, and one trace from HTTP to the SMPP submit."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from carillon_deploy.demo.campaigning import launch_campaign
from carillon_deploy.demo.outcome import await_rewards, check_report
from carillon_deploy.demo.replay import replay_outcome
from tests.suite import prepare, running_suite, sent_to, until

ROWS = 2_000
TRACED = ("gateway", "campaign", "channel", "segment")


def spans(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every finished span, with the process that made it."""
    for name in TRACED:
        path = folder / f"{name}.jsonl"
        for line in path.read_text().splitlines() if path.exists() else ():
            yield name, json.loads(line)


@pytest.mark.timeout(240)
async def test_a_campaign_closes_its_loop_and_one_trace_follows_its_launch(tmp_path: Path) -> None:
    traces = {f"CARILLON_{name.upper()}_TRACES": f"file:{tmp_path / name}.jsonl" for name in TRACED}
    async with running_suite(rows=ROWS, extra=traces) as loop:
        await prepare(loop)
        await launch_campaign(loop)
        sent = sent_to(loop)
        assert len(sent) == loop.contacts
        assert set(sent.values()) == {1}
        await replay_outcome(loop)
        await await_rewards(loop)
        await check_report(loop)

        metrics = (await loop.http.get("/metrics")).text
        for service in ("catalog", "segment", "campaign", "reward", "channel"):
            assert f'service="{service}"' in metrics
        assert (await loop.http.get("/api/v1/tones")).status_code == 404

        async def followed() -> bool:
            found = list(spans(tmp_path))
            launches = {
                span["context"]["trace_id"]
                for process, span in found
                if process == "gateway" and "launch" in span["name"].lower()
            }
            submits = {
                span["context"]["trace_id"]
                for process, span in found
                if process == "channel" and span["name"] == "line.submit"
            }
            return bool(launches & submits)

        await until("one trace from the gateway's launch to svc-channel's line.submit", followed, seconds=20)
