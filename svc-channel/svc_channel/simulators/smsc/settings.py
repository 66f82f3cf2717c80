"""How one SMSC simulator is to behave; read from the command line, the password from the environment alone."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from svc_channel.simulators.command_line import read_secret
from svc_channel.simulators.messages.settings import SimulatorSettings, message_parser, read_options

PASSWORD_VARIABLE: Final = "CARILLON_SMSC_PASSWORD"  # noqa: S105 -- the variable's name, not a password


@dataclass(frozen=True, slots=True, kw_only=True)
class SmscSettings(SimulatorSettings):
    """One simulator with one account."""

    system_id: str
    password: str = field(repr=False)


def read_settings(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> SmscSettings:
    """Parses the command line; ends the program with a usage message when something is missing."""
    parser = message_parser(
        "smsc",
        "An SMSC that speaks SMPP 3.4 and forgets nothing it accepted.",
        port=2775,
        deliver_window=500,
        redeliver_seconds=30.0,
    )
    parser.add_argument("--system-id", required=True)
    told = parser.parse_args(arguments)
    password = read_secret(parser, environment, PASSWORD_VARIABLE, purpose="the account's password (1 to 8 characters)")
    return SmscSettings(**read_options(told), password=password)
