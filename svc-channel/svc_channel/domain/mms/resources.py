"""What multimedia messages are made of: slides kept in several renditions, adapted to a handset; must not store them."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.handset import Handset
from svc_channel.domain.mms.pictures import picture_size

# The largest message that the networks of this suite carry, and the largest rendition worth keeping for one.
MESSAGE_LIMIT: Final = 300 * 1024
RENDITION_LIMIT: Final = MESSAGE_LIMIT
SLOTS_LIMIT: Final = 20
RENDITIONS_LIMIT: Final = 8
# SMIL and the headers of parts; what remains is for the renditions.
OVERHEAD_OCTETS: Final = 2 * 1024

RESOURCE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MEDIA_TYPES: Final = frozenset(
    {"text/plain", "image/jpeg", "image/gif", "image/png", "audio/amr", "audio/midi", "audio/mpeg", "video/3gpp"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """One way to show a slot, checked on creation; text is UTF-8.

    Raises InvalidInput: RESOURCE_ID, RESOURCE_SLOT, RESOURCE_TYPE, RESOURCE_SIZE, RESOURCE_TEXT.
    """

    resource: str
    slot: int
    media_type: str
    octets: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if RESOURCE_ID.fullmatch(self.resource) is None:
            raise _refused("RESOURCE_ID", "resource", "letters, digits, dot, dash and underscore, at most 64")
        if not 1 <= self.slot <= SLOTS_LIMIT:
            raise _refused("RESOURCE_SLOT", "slot", f"slots go from 1 to {SLOTS_LIMIT}")
        if self.media_type not in MEDIA_TYPES:
            raise _refused("RESOURCE_TYPE", "media_type", f"one of {', '.join(sorted(MEDIA_TYPES))}")
        if not 1 <= len(self.octets) <= RENDITION_LIMIT:
            raise _refused("RESOURCE_SIZE", "octets", f"1 to {RENDITION_LIMIT} octets")
        if self.media_type == "text/plain":
            try:
                self.octets.decode()
            except UnicodeDecodeError:
                raise _refused("RESOURCE_TEXT", "octets", "a text is UTF-8") from None

    @property
    def sha256(self) -> bytes:
        """What the octets are known by."""
        return hashlib.sha256(self.octets).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class HandsetLimits:
    """What a handset takes: octets in all, image types, and the largest picture in pixels, None for any."""

    octets: int = 100 * 1024
    image_types: frozenset[str] = frozenset({"image/jpeg", "image/gif"})
    picture_width: int | None = None
    picture_height: int | None = None

    def of(self, handset: Handset) -> Self:
        """Those of one handset: what is known of it, and these for the rest."""
        return replace(
            self,
            octets=min(handset.mms_octets or self.octets, MESSAGE_LIMIT),
            image_types=handset.picture_types or self.image_types,
            picture_width=handset.picture_width or self.picture_width,
            picture_height=handset.picture_height or self.picture_height,
        )

    def takes(self, rendition: Rendition) -> bool:
        """Whether it can show the rendition at all; a picture that does not say its size is not judged by it."""
        if len(rendition.octets) > self.octets:
            return False
        if not rendition.media_type.startswith("image/"):
            return True
        return rendition.media_type in self.image_types and self._holds(picture_size(rendition.octets))

    def _holds(self, size: tuple[int, int] | None) -> bool:
        width, height = size or (0, 0)
        return width <= (self.picture_width or width) and height <= (self.picture_height or height)


def adapt(renditions: Sequence[Rendition], limits: HandsetLimits, *, text: str = "") -> tuple[Rendition, ...]:
    """One rendition a slot, the largest that fit together into the handset's limits beside a text, in the slots' order.

    A slot is left out when the handset takes none of its renditions; at least one has to remain. Raises InvalidInput:
    MMS_EMPTY when nothing is left, MMS_TOO_LARGE when the smallest of all are too large together.
    """
    slots: dict[int, list[Rendition]] = {}
    for one in renditions:
        if limits.takes(one):
            slots.setdefault(one.slot, []).append(one)
    if not slots:
        raise _refused("MMS_EMPTY", "content", "the handset takes no rendition of this resource")
    choices = {slot: sorted(found, key=lambda one: len(one.octets)) for slot, found in slots.items()}
    room = limits.octets - OVERHEAD_OCTETS - len(text.encode())
    while sum(len(found[-1].octets) for found in choices.values()) > room:
        # The slot that gives most by going one step down loses least for what it takes.
        steps = {
            slot: len(found[-1].octets) - len(found[-2].octets) for slot, found in choices.items() if len(found) > 1
        }
        if not steps:
            raise _refused("MMS_TOO_LARGE", "content", f"the smallest renditions have more than {room} octets")
        choices[max(steps, key=steps.__getitem__)].pop()
    return tuple(choices[slot][-1] for slot in sorted(choices))


def _refused(reason: str, field_name: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field=field_name, detail=detail)
