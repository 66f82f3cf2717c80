"""The status codes of MM7 and what each means for a message; must not know who was asked."""

from typing import Final

from svc_channel.domain.submission import Answer

SUCCESS: Final = 1000
PARTIAL_SUCCESS: Final = 1100
CLIENT_ERROR: Final = 2000
OPERATION_RESTRICTED: Final = 2001
ADDRESS_ERROR: Final = 2002
ADDRESS_NOT_FOUND: Final = 2003
CONTENT_REFUSED: Final = 2004
MESSAGE_ID_NOT_FOUND: Final = 2005
FORMAT_CORRUPT: Final = 2007
SERVER_ERROR: Final = 3000
SERVICE_ERROR: Final = 4000
IMPROPER_IDENTIFICATION: Final = 4001
UNSUPPORTED_OPERATION: Final = 4003
VALIDATION_ERROR: Final = 4004
SERVICE_UNAVAILABLE: Final = 4006

_CLASS: Final = 1000
_SUCCESS_CLASS, _SERVER_CLASS = 1, 3
# Of the service's own errors those that pass away; what it does not know or allow today it does not tomorrow.
_PASSING: Final = frozenset({SERVICE_ERROR, 4005, SERVICE_UNAVAILABLE})


def answer_of(code: int) -> Answer:
    """1xxx is taken; 3xxx, 4000, 4005 and 4006 pass away; everything else is for good."""
    if code // _CLASS == _SUCCESS_CLASS:
        return Answer.ACCEPTED
    if code // _CLASS == _SERVER_CLASS or code in _PASSING:
        return Answer.TRANSIENT
    return Answer.REFUSED
