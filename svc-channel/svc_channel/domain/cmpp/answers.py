"""What the result of a SUBMIT_RESP means for the part it answers; must not know messages or links."""

from svc_channel.domain.cmpp import results
from svc_channel.domain.submission import NO_PEER_ID, Answer

# The ISMG took it for a repetition and took nothing: under a new sequence number it may go again.
TRANSIENT = frozenset({results.SEQUENCE_REPEATED})


def read_result(result: int) -> tuple[Answer, str]:
    """The answer and its stable reason; OK comes here only where no message id came with it."""
    if result == results.OK:
        # Accepted, but no report can ever name it: the message would stay open for good.
        return Answer.REFUSED, NO_PEER_ID
    reason = results.result_name(result)
    if result == results.FLOW_CONTROL:
        return Answer.THROTTLED, reason
    return (Answer.TRANSIENT if result in TRANSIENT else Answer.REFUSED), reason
