"""Whether a message can go by its channel at all, and in how many parts; must not know whom it is for."""

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.channel import Channel
from svc_channel.domain.market.jobs import read_content as read_offer
from svc_channel.domain.mms.content import read_content as read_multimedia
from svc_channel.domain.outgoing import PARTS_LIMIT, TEXT_EMPTY, TEXT_TOO_LONG, TEXT_UNSENDABLE
from svc_channel.domain.text.segmentation import count_segments
from svc_channel.domain.wap.carriage import count_push


def count_parts(channel: Channel, text: str, content: bytes | None) -> int:
    """In how many parts a message goes, as its channel reads it; a line may cut a text otherwise.

    Raises InvalidInput for what can't be sent: TEXT_EMPTY, TEXT_TOO_LONG, TEXT_UNSENDABLE, PUSH_*, MMS_*, MARKET_*.
    """
    # PostgreSQL can't keep it and no handset shows it.
    if "\0" in text:
        raise InvalidInput(reason=TEXT_UNSENDABLE, field="text", detail="a text without NUL")
    parts = 1
    if channel is Channel.WAP_PUSH:
        parts = count_push(content or b"")
    elif channel is Channel.MMS:
        read_multimedia(content or b"")
    elif channel is Channel.MOBILE_MARKET:
        read_offer(content or b"")
    elif not text:
        raise InvalidInput(reason=TEXT_EMPTY, field="text", detail="a text of at least one character")
    else:
        parts = count_segments(text)
    if parts > PARTS_LIMIT:
        detail = f"{parts} parts, at most {PARTS_LIMIT}; shorten the text"
        raise InvalidInput(reason=TEXT_TOO_LONG, field="text", detail=detail)
    return parts


def failure_of(refused: InvalidInput) -> str:
    """The reason as messages end for it; whatever a text is refused for beside its length, it is unsendable."""
    reason = refused.reason
    is_told = reason in {TEXT_EMPTY, TEXT_TOO_LONG} or not reason.startswith("TEXT_")
    return reason if is_told else TEXT_UNSENDABLE
