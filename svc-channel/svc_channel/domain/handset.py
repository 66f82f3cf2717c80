"""What a subscriber's handset can show, as far as anybody knows; must not know where that is known."""

from dataclasses import dataclass

from svc_channel.domain.channel import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Handset:
    """One handset; None, and no picture types, is what nobody knows of it.

    ``mms_octets`` is the largest multimedia message that it takes, ``picture_width`` and ``picture_height`` the largest
    picture in one, in pixels, ``picture_types`` the media types of pictures that it shows.
    """

    mms: bool | None = None
    wap_push: bool | None = None
    mms_octets: int | None = None
    picture_width: int | None = None
    picture_height: int | None = None
    picture_types: frozenset[str] = frozenset()

    @property
    def incapable_of(self) -> frozenset[str]:
        """The channels that it surely can't show."""
        shown = {Channel.MMS: self.mms, Channel.WAP_PUSH: self.wap_push}
        return frozenset(channel.value for channel, known in shown.items() if known is False)


UNKNOWN_HANDSET = Handset()
