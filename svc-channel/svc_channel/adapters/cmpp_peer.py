"""One ISMG and how it wants its messages; must not hold a connection: opening one gives a line."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Generic

from carillon_chassis.errors import InvalidInput
from svc_channel.adapters.cmpp_link import CmppLink
from svc_channel.adapters.cmpp_values import CmppSettings
from svc_channel.adapters.line import Outgoing, OutgoingPart, PartRefused, Token
from svc_channel.domain.cmpp.texts import cut_text

# The reference of a long message's parts is one octet.
REFERENCES = 256


class CmppPeer(Generic[Token]):
    """Cuts messages in the line's format with room for its signature, and connects with its secret."""

    def __init__(self, name: str, settings: CmppSettings, *, now: Callable[[], datetime]) -> None:
        self.name = name
        self._settings = settings
        self._now = now

    def cut(self, message: Outgoing) -> Sequence[OutgoingPart]:
        """Parts under one 8-bit reference; ``data_coding`` is their Msg_Fmt. Raises PartRefused."""
        try:
            parts = cut_text(
                message.text,
                reference=message.reference % REFERENCES,
                wide=self._settings.wide,
                signature_room=self._settings.signature_room,
            )
        except InvalidInput as error:
            raise PartRefused(reason=error.reason, detail=error.detail) from error
        return [
            OutgoingPart(
                part.number,
                part.total,
                message.source,
                message.destination,
                part.content,
                part.message_format,
                has_header=part.has_header,
            )
            for part in parts
        ]

    async def open(self) -> CmppLink[Token]:
        """Connects. Raises LinkLost or ConnectRefused."""
        return await CmppLink.connect(self._settings, now=self._now)
