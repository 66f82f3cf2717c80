"""The result codes of PAP and what each means for a push; must not know who was asked."""

from typing import Final

from svc_channel.domain.submission import Answer

OK: Final = 1000
ACCEPTED: Final = 1001
BAD_REQUEST: Final = 2000
FORBIDDEN: Final = 2001
ADDRESS_ERROR: Final = 2002
CAPABILITIES_MISMATCH: Final = 2005
DUPLICATE_PUSH_ID: Final = 2007
SERVER_ERROR: Final = 3000
TRANSFORMATION_FAILURE: Final = 3006
BEARER_NOT_AVAILABLE: Final = 3010
SERVICE_FAILURE: Final = 4000
CLIENT_ABORTED: Final = 5000

_CLASS: Final = 1000
_SUCCESS, _SERVER, _SERVICE = 1, 3, 4
# A document that does not compile today does not compile tomorrow.
_PERMANENT: Final = frozenset({TRANSFORMATION_FAILURE})


def answer_of(code: int) -> Answer:
    """1xxx is taken; so is 2007, because only a push taken before can be a duplicate. 3xxx and 4xxx pass away."""
    if code // _CLASS == _SUCCESS or code == DUPLICATE_PUSH_ID:
        return Answer.ACCEPTED
    if code // _CLASS in {_SERVER, _SERVICE} and code not in _PERMANENT:
        return Answer.TRANSIENT
    return Answer.REFUSED
