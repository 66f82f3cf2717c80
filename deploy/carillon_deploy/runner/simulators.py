"""The stand-ins for systems outside of the suite, and the lines that lead to them; starts nothing and keeps no secret."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from carillon_deploy.runner.keys import SMSC_PASSWORD_LENGTH

SMSC, ISMG, PPG, MMSC, MARKET = "smsc", "ismg", "ppg", "mmsc", "market"
RECHARGE, OUT_CALL, PLATFORM = "recharge", "outcall", "platform"
SMSC_SYSTEM_ID = "carillon"
ISMG_SOURCE = "900001"
# Numbers of another operator, whom an ISMG leads to; everybody else is the SMSC's.
ISMG_PREFIXES = ("+86130", "+86131", "+86132")


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """One of them: the port it takes unless that is in use, and where the secret that it shares with a service is kept.

    ``key_file`` is the name of that file and ``variable`` what tells it to both sides; empty where there is none.
    """

    port: int
    key_file: str = ""
    variable: str = ""
    length: int | None = None


SIMULATORS: Mapping[str, Simulator] = {
    # SMPP's and CMPP's own ports.
    SMSC: Simulator(
        port=2775, key_file="smsc-password", variable="CARILLON_SMSC_PASSWORD", length=SMSC_PASSWORD_LENGTH
    ),
    ISMG: Simulator(port=7890, key_file="ismg-secret", variable="CARILLON_ISMG_SECRET"),
    RECHARGE: Simulator(port=8090, key_file="recharge-secret", variable="CARILLON_RECHARGE_SECRET"),
    PPG: Simulator(port=8091, key_file="ppg-password", variable="CARILLON_PPG_PASSWORD"),
    MMSC: Simulator(port=8092, key_file="mmsc-password", variable="CARILLON_MMSC_PASSWORD"),
    OUT_CALL: Simulator(port=8093),
    MARKET: Simulator(port=8094, key_file="market-secret", variable="CARILLON_MARKET_SECRET"),
    PLATFORM: Simulator(port=8095, key_file="platform-secret", variable="CARILLON_PLATFORM_SECRET"),
}
# Who answers svc-channel, which therefore is told what they share.
OF_CHANNEL = (SMSC, ISMG, PPG, MMSC, MARKET)


def simulator_options(name: str, *, gateway_url: str, control: str) -> dict[str, str]:
    """What one of them is told beside its host, port and journal."""
    told = {
        SMSC: {"--control": control, "--system-id": SMSC_SYSTEM_ID},
        ISMG: {"--source": ISMG_SOURCE},
        MMSC: {"--report-to": _callback(gateway_url, "mm7", MMSC)},
        MARKET: {"--line": MARKET, "--event-to": _callback(gateway_url, "mobile-market", MARKET)},
    }
    return told.get(name, {})


def render_lines(ports: Mapping[str, int], *, gateway_url: str, environment: Mapping[str, str]) -> str:
    """The line file of the suite on one machine, as JSON.

    A ``CARILLON_CHANNEL_SMSC_*`` or a pace that the operator has set holds for the line to the SMSC, so a real one takes
    the simulator's place.
    """
    lines = [_to_smsc(ports[SMSC], environment), _to_ismg(ports[ISMG]), *_over_http(ports, gateway_url)]
    routes = [
        {"name": "sms", "channels": ["sms", "ussd"]},
        {"name": ISMG, "channels": ["sms"], "prefixes": list(ISMG_PREFIXES)},
        {"name": "push", "channels": ["wap_push"]},
    ]
    return json.dumps({"routes": routes, "lines": lines}, indent=1)


def _to_smsc(port: int, environment: Mapping[str, str]) -> dict[str, Any]:
    def said(setting: str, default: str) -> str:
        return environment.get(f"CARILLON_CHANNEL_{setting}") or default

    own_password = "CARILLON_CHANNEL_SMSC_PASSWORD" in environment
    return {
        "name": SMSC,
        "protocol": "smpp",
        "host": said("SMSC_HOST", "127.0.0.1"),
        "port": int(said("SMSC_PORT", str(port))),
        "system_id": said("SMSC_SYSTEM_ID", SMSC_SYSTEM_ID),
        "password_variable": "CARILLON_CHANNEL_SMSC_PASSWORD" if own_password else SIMULATORS[SMSC].variable,
        "window": int(said("SUBMIT_WINDOW", "100")),
        "rate_per_second": int(said("RATE_LIMIT_PER_SECOND", "0")),
    }


def _to_ismg(port: int) -> dict[str, Any]:
    return {
        "name": ISMG,
        "protocol": "cmpp",
        "host": "127.0.0.1",
        "port": port,
        "source": ISMG_SOURCE,
        "secret_variable": SIMULATORS[ISMG].variable,
        "window": 16,
        "routes": [ISMG],
    }


def _over_http(ports: Mapping[str, int], gateway_url: str) -> list[dict[str, Any]]:
    return [
        {
            "name": PPG,
            "protocol": "pap",
            "url": f"http://127.0.0.1:{ports[PPG]}/wappush",
            "user": "carillon",
            "password_variable": SIMULATORS[PPG].variable,
            "notify_to": _callback(gateway_url, "pap", PPG),
            "window": 1,
            "routes": ["push"],
        },
        {
            "name": MMSC,
            "protocol": "mm7",
            "url": f"http://127.0.0.1:{ports[MMSC]}/mm7",
            "user": "carillon",
            "password_variable": SIMULATORS[MMSC].variable,
            "vasp_id": "carillon",
            "vas_id": "campaigns",
            "window": 2,
            "routes": ["mms"],
        },
        {
            "name": MARKET,
            "protocol": "market",
            "url": f"http://127.0.0.1:{ports[MARKET]}",
            "secret_variable": SIMULATORS[MARKET].variable,
            "window": 2,
            "routes": ["mobile_market"],
        },
    ]


def _callback(gateway_url: str, path: str, line: str) -> str:
    return f"{gateway_url}/api/v1/channel/{path}?line={line}"
