"""Makes the message ids of one SMSC comparable; must not look anything up.

SMSCs write one id in two ways: with leading zeros here and without there, hexadecimal in the submit's answer and
decimal in the receipt (seen in Jasmin's issues 535 and 1034), or the other way round.
"""

import string
from typing import Final

# A 64-bit number has 20 decimal digits; longer ids (UUIDs) are names, not numbers.
_LONGEST_NUMBER: Final = 20
_HEXADECIMAL: Final = frozenset(string.hexdigits)


def normalise_id(raw: str) -> str:
    """The form under which an id is stored and looked for first: lower case, without blanks and leading zeros."""
    return raw.strip().lower().lstrip("0") or "0"


def alternative_ids(raw: str) -> tuple[str, ...]:
    """Other normalised forms of the id to try, in order, where its own form is unknown; often none.

    A number of decimal digits alone may be either base, so it has two: itself read as decimal, written in
    hexadecimal, then itself read as hexadecimal, written in decimal.
    """
    own = normalise_id(raw)
    if len(own) > _LONGEST_NUMBER or not _HEXADECIMAL.issuperset(own):
        return ()
    found = [f"{int(own):x}"] if own.isdecimal() else []
    found.append(str(int(own, 16)))
    return tuple(form for form in dict.fromkeys(found) if form != own)
