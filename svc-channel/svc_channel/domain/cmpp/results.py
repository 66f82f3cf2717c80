"""What an ISMG answers to connects and submits, by number and name; must not decide what to do about it."""

from typing import Final

OK: Final = 0
WRONG_STRUCTURE: Final = 1
WRONG_COMMAND: Final = 2
SEQUENCE_REPEATED: Final = 3
WRONG_LENGTH: Final = 4
WRONG_FEE_CODE: Final = 5
MESSAGE_TOO_LONG: Final = 6
WRONG_SERVICE: Final = 7
FLOW_CONTROL: Final = 8
NOT_SERVED_HERE: Final = 9
WRONG_SOURCE: Final = 10
WRONG_MESSAGE_SOURCE: Final = 11
WRONG_FEE_TERMINAL: Final = 12
WRONG_DESTINATION: Final = 13

CONNECT_WRONG_SOURCE: Final = 2
CONNECT_WRONG_SECRET: Final = 3
CONNECT_VERSION_TOO_HIGH: Final = 4
CONNECT_OTHER: Final = 5

_NAMES: Final = {
    OK: "OK",
    WRONG_STRUCTURE: "WRONG_STRUCTURE",
    WRONG_COMMAND: "WRONG_COMMAND",
    SEQUENCE_REPEATED: "SEQUENCE_REPEATED",
    WRONG_LENGTH: "WRONG_LENGTH",
    WRONG_FEE_CODE: "WRONG_FEE_CODE",
    MESSAGE_TOO_LONG: "MESSAGE_TOO_LONG",
    WRONG_SERVICE: "WRONG_SERVICE",
    FLOW_CONTROL: "FLOW_CONTROL",
    NOT_SERVED_HERE: "NOT_SERVED_HERE",
    WRONG_SOURCE: "WRONG_SOURCE",
    WRONG_MESSAGE_SOURCE: "WRONG_MESSAGE_SOURCE",
    WRONG_FEE_TERMINAL: "WRONG_FEE_TERMINAL",
    WRONG_DESTINATION: "WRONG_DESTINATION",
}
_CONNECT_NAMES: Final = {
    OK: "OK",
    WRONG_STRUCTURE: "WRONG_STRUCTURE",
    CONNECT_WRONG_SOURCE: "WRONG_SOURCE_ADDR",
    CONNECT_WRONG_SECRET: "WRONG_SECRET",
    CONNECT_VERSION_TOO_HIGH: "VERSION_TOO_HIGH",
    CONNECT_OTHER: "REFUSED",
}


def result_name(result: int) -> str:
    """Names the result of a submit for a log or a stored reason; a vendor's own comes out as ``RESULT_99``."""
    return _NAMES.get(result) or f"RESULT_{result}"


def connect_status_name(status: int) -> str:
    """Names the status of a connect; a vendor's own comes out as ``STATUS_99``."""
    return _CONNECT_NAMES.get(status) or f"STATUS_{status}"
