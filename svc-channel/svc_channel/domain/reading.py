"""Reads channels and classes as callers write them; knows nothing of how they travel."""

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.channel import Channel, MessageClass


def read_channel(written: str, *, field: str) -> Channel:
    """The channel of this name. Raises InvalidInput CHANNEL_UNKNOWN."""
    if written not in set(Channel):
        raise InvalidInput(reason="CHANNEL_UNKNOWN", field=field, detail=f"channels are {', '.join(Channel)}")
    return Channel(written)


def read_class(written: str, *, field: str) -> MessageClass:
    """The class of this name. Raises InvalidInput CLASS_UNKNOWN."""
    if written not in set(MessageClass):
        raise InvalidInput(reason="CLASS_UNKNOWN", field=field, detail=f"classes are {', '.join(MessageClass)}")
    return MessageClass(written)
