"""The two documents of WAP push: an offer shown with its link (SI), a page opened (SL); must not know how they travel."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from carillon_chassis.errors import InvalidInput

# A segment carries 128 octets of a long push, and a handset puts few together: the link alone must not fill them.
HREF_LIMIT: Final = 512
TEXT_LIMIT: Final = 512
SI_ID_LIMIT: Final = 128
# What a handset may open: anything else in a push is a trick.
SCHEMES: Final = ("http://", "https://")
# XML 1.0 holds no other control characters; a line break in an attribute would not come back as one.
_TEXT_CONTROLS: Final = "\t\n"
_FIRST_PRINTABLE: Final = 0x20
_DELETE: Final = 0x7F
_C1_END: Final = 0x9F
_NONCHARACTERS: Final = "\ufffe\uffff"


class SignalAction(StrEnum):
    """How loudly an indication comes; ``delete`` takes back the one with the same si-id."""

    NONE = "signal-none"
    LOW = "signal-low"
    MEDIUM = "signal-medium"
    HIGH = "signal-high"
    DELETE = "delete"


class LoadAction(StrEnum):
    """How a page is loaded."""

    LOW = "execute-low"
    HIGH = "execute-high"
    CACHE = "cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceIndication:
    """A text with a link that the user may follow (CHN-07): ``created`` and ``expires`` are whole seconds in UTC.

    Raises InvalidInput: PUSH_HREF, PUSH_TEXT, PUSH_SI_ID, PUSH_MOMENT, PUSH_EXPIRES_BEFORE_CREATED.
    """

    href: str
    text: str
    action: SignalAction = SignalAction.MEDIUM
    si_id: str = ""
    created: datetime | None = None
    expires: datetime | None = None

    def __post_init__(self) -> None:
        check_href(self.href)
        if len(self.text) > TEXT_LIMIT or not _is_clean(self.text, also=_TEXT_CONTROLS):
            raise _refused("PUSH_TEXT", "text", f"at most {TEXT_LIMIT} characters that XML can hold")
        if not self.text.strip() and self.action is not SignalAction.DELETE:
            raise _refused("PUSH_TEXT", "text", "say what is offered; only a deletion comes without a text")
        if len(self.si_id) > SI_ID_LIMIT or not _is_clean(self.si_id) or self.si_id != self.si_id.strip():
            raise _refused("PUSH_SI_ID", "si_id", f"at most {SI_ID_LIMIT} characters, no control characters")
        if self.action is SignalAction.DELETE and not self.si_id:
            raise _refused("PUSH_SI_ID", "si_id", "a deletion names the indication that it takes back")
        for field, moment in (("created", self.created), ("expires", self.expires)):
            if moment is not None and (moment.utcoffset() is None or moment.microsecond):
                raise _refused("PUSH_MOMENT", field, "a moment with a time zone, in whole seconds")
        if self.created is not None and self.expires is not None and self.expires <= self.created:
            raise _refused("PUSH_EXPIRES_BEFORE_CREATED", "expires", "it has to end after it was made")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLoading:
    """A page that the handset opens by itself. Raises InvalidInput: PUSH_HREF."""

    href: str
    action: LoadAction = LoadAction.LOW

    def __post_init__(self) -> None:
        check_href(self.href)


Indication = ServiceIndication | ServiceLoading


def check_href(href: str) -> None:
    """Raises InvalidInput (PUSH_HREF) for what is no plain web address."""
    scheme = next((scheme for scheme in SCHEMES if href.startswith(scheme)), "")
    if not scheme or len(href) == len(scheme) or len(href) > HREF_LIMIT:
        raise _refused("PUSH_HREF", "href", f"an address of http or https, at most {HREF_LIMIT} characters")
    if not _is_clean(href) or " " in href:
        raise _refused("PUSH_HREF", "href", "an address holds no blanks and no control characters")


def in_utc(moment: datetime) -> datetime:
    """The same moment as UTC says it: the documents know no other zone."""
    return moment.astimezone(UTC)


def _is_clean(text: str, *, also: str = "") -> bool:
    """Whether XML 1.0 can hold it and a reader gives the same back."""
    return all(
        character in also
        or (
            (code := ord(character)) >= _FIRST_PRINTABLE
            and not _DELETE <= code <= _C1_END
            and not 0xD800 <= code <= 0xDFFF  # noqa: PLR2004 -- halves of surrogate pairs
            and character not in _NONCHARACTERS
        )
        for character in text
    )


def _refused(reason: str, field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field=field, detail=detail)
