"""What the status of a submit_sm_resp means for the part it answers; must not know messages or links."""

from svc_channel.domain.smpp import statuses
from svc_channel.domain.submission import NO_PEER_ID, Answer

# Errors of the SMSC's own that the next try may not meet.
TRANSIENT = frozenset({statuses.SYSTEM_ERROR, statuses.TEMPORARY_APPLICATION_ERROR})


def read_status(status: int) -> tuple[Answer, str]:
    """The answer and its stable reason; OK comes here only where no message id came with it."""
    if status == statuses.OK:
        # Accepted, but no receipt can ever name it: the message would stay open for good.
        return Answer.REFUSED, NO_PEER_ID
    reason = statuses.status_name(status)
    if status in statuses.THROTTLING:
        return Answer.THROTTLED, reason
    return (Answer.TRANSIENT if status in TRANSIENT else Answer.REFUSED), reason
