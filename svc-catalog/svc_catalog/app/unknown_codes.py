"""Makes the error for a code that nothing has; it must not look any up."""

from collections.abc import Iterable

from carillon_chassis.errors import NotFound
from svc_catalog.domain.service import closest_codes


def unknown_code(*, reason: str, field: str, named: str, known: Iterable[str], lacking: str, listing: str) -> NotFound:
    """The error with the codes that look alike, or where they are listed; ``lacking`` says what has no such code."""
    suggestions = closest_codes(named, known)
    advice = f"did you mean {' or '.join(suggestions)}?" if suggestions else f"GET {listing} lists them."
    return NotFound(
        reason=reason,
        field=field,
        detail=f"{lacking} {named!r}; {advice}",
        metadata={"suggestions": ",".join(suggestions)},
    )
