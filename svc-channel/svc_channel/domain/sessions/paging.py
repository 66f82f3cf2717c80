"""Cuts what a node has to say into screens that hold it; must not know what the keys mean."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from svc_channel.domain.sessions.limits import ScreenLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The words at the foot of a screen: to the next and the last page, and what works on every page."""

    onward: str
    backward: str
    always: str

    def foot(self, *, first: bool, last: bool) -> str:
        """The foot of one page."""
        named = ("" if last else self.onward, "" if first else self.backward, self.always)
        return " ".join(name for name in named if name)


def paginate(head: str, options: Sequence[str], *, keys: Keys, limit: ScreenLimit) -> tuple[str, ...]:
    """The screens, at least one; each fits the limit and no text is lost between them."""
    lines = [line for line in (*head.split("\n"), *options) if line]
    whole = "\n".join([*lines, *([keys.always] if keys.always else [])])
    if len(options) <= limit.options and limit.fits(whole):
        return (whole,)
    # Every page reserves the longest foot; a shorter one can only take less room.
    reserve = "\n" + keys.foot(first=False, last=False)
    bodies = _pack(lines, options_from=len(lines) - len(options), reserve=reserve, limit=limit)
    last = len(bodies) - 1
    pages = []
    for number, body in enumerate(bodies):
        foot = keys.foot(first=number == 0, last=number == last)
        pages.append(f"{body}\n{foot}" if foot else body)
    return tuple(pages)


def _pack(lines: Sequence[str], *, options_from: int, reserve: str, limit: ScreenLimit) -> list[str]:
    bodies: list[str] = []
    body, options = "", 0
    for number, line in enumerate(lines):
        is_option = number >= options_from
        for piece in _pieces(line, reserve=reserve, limit=limit):
            grown = f"{body}\n{piece}" if body else piece
            if body and (not limit.fits(grown + reserve) or (is_option and options == limit.options)):
                bodies.append(body)
                body, options = piece, 0
            else:
                body = grown
        options += is_option
    bodies.append(body)
    return bodies


def _pieces(line: str, *, reserve: str, limit: ScreenLimit) -> Iterator[str]:
    """The line, cut only where no page could hold it whole."""
    while not limit.fits(line + reserve):
        # Bisection: how much fits grows with the text, but for the change of alphabet, which only takes room away.
        low, high = 1, len(line)
        while low < high:
            middle = (low + high + 1) // 2
            if limit.fits(line[:middle] + reserve):
                low = middle
            else:
                high = middle - 1
        yield line[:low]
        line = line[low:]
    if line:
        yield line
