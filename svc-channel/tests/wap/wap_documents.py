"""Sound indications and loadings out of hypothesis, and their XML for other compilers; must not know our octets."""

from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

from svc_channel.domain.wap.indications import (
    Indication,
    LoadAction,
    ServiceIndication,
    ServiceLoading,
    SignalAction,
)

_BEGINNINGS = ("http://", "http://www.", "https://", "https://www.")
_ENDINGS = (".com/", ".edu/", ".net/", ".org/", ".cn/")
_PLACE = st.text("abcxyz019-_.~?&=%/", min_size=1, max_size=20)
# Letters of several scripts, what XML escapes, and a character outside the first plane.
_LETTERS = "abc XYZ 019 <>&'\" 彩铃试听 éß€ 🎵"


@st.composite
def hrefs(draw: st.DrawFn) -> str:
    """Web addresses with and without the beginnings and endings that have tokens."""
    pieces = draw(st.lists(st.tuples(_PLACE, st.sampled_from(_ENDINGS)), max_size=3))
    body = "".join(place + ending for place, ending in pieces) + draw(_PLACE)
    return draw(st.sampled_from(_BEGINNINGS)) + body


_MOMENTS = st.integers(946_684_800, 3_786_912_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
# Compilers trim and fold blanks differently; a text that starts and ends with a letter has one meaning.
_TEXTS = st.text(_LETTERS, max_size=60).map(lambda text: "彩" + " ".join(text.split()) + "铃")


@st.composite
def service_indications(draw: st.DrawFn) -> ServiceIndication:
    created = draw(st.none() | _MOMENTS)
    expires = draw(st.none() | _MOMENTS)
    if created is not None and expires is not None and expires <= created:
        created, expires = None, created
    return ServiceIndication(
        href=draw(hrefs()),
        text=draw(_TEXTS),
        action=draw(st.sampled_from(SignalAction)),
        si_id=draw(st.text("abc019@.-é", min_size=1, max_size=20)),
        created=created,
        expires=expires,
    )


service_loadings = st.builds(ServiceLoading, href=hrefs(), action=st.sampled_from(LoadAction))
indications = st.one_of(service_indications(), service_loadings)


def xml_of(indication: Indication) -> str:
    """The document as XML, attributes in the order in which we write them."""
    if isinstance(indication, ServiceLoading):
        said = f"<sl href={quoteattr(indication.href)} action={quoteattr(indication.action.value)}/>"
        return _headed("sl", said)
    attributes = {
        "href": indication.href,
        "si-id": indication.si_id,
        "action": indication.action.value,
        "created": _moment(indication.created),
        "si-expires": _moment(indication.expires),
    }
    written = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items() if value)
    return _headed("si", f"<si><indication {written}>{escape(indication.text)}</indication></si>")


def _headed(root: str, body: str) -> str:
    doctype = (
        f'<!DOCTYPE {root} PUBLIC "-//WAPFORUM//DTD {root.upper()} 1.0//EN" "http://www.wapforum.org/DTD/{root}.dtd">'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{doctype}\n{body}\n'


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
