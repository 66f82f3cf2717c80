"""Codes that people give to their friends and that enter draws (RWD-08); it must not know which ones were issued.

A code is seven symbols and a check symbol, which people may write in groups. The 31 symbols leave out 0, 1, I, L and O,
which people take for one another. Each place has a weight of its own modulo the prime 31, so that the check symbol
finds every wrong symbol and every two that changed places.
"""

from carillon_chassis.errors import InvalidInput

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
BODY_LENGTH = 7
CODE_LENGTH = BODY_LENGTH + 1
# 27 thousand million codes, so that a guess among a million issued ones fails 27,000 times to one.
CODE_COUNT = len(ALPHABET) ** BODY_LENGTH
CODE_PATTERN = f"^[{ALPHABET}]{{{CODE_LENGTH}}}$"


def make_referral_code(number: int) -> str:
    """The code of a number below CODE_COUNT; a random number makes a code that nobody can foresee."""
    if not 0 <= number < CODE_COUNT:
        raise ValueError(f"a code is made of a number below {CODE_COUNT}, not {number}")
    places = []
    for _ in range(BODY_LENGTH):
        number, place = divmod(number, len(ALPHABET))
        places.append(ALPHABET[place])
    body = "".join(reversed(places))
    return body + check_symbol(body)


def read_referral_code(written: str, *, reason: str = "REFERRAL_CODE_INVALID") -> str:
    """The code that somebody typed, as it was issued. Raises InvalidInput with that reason."""
    text = written.upper().replace("-", "").replace(" ", "")
    if len(text) == CODE_LENGTH and set(text) <= set(ALPHABET) and check_symbol(text[:-1]) == text[-1]:
        return text
    raise InvalidInput(
        reason=reason,
        field="code",
        detail=f"a code has {CODE_LENGTH} letters and digits and these are not one; look at it again",
    )


def check_symbol(body: str) -> str:
    """The symbol that makes the weighted sum of all a multiple of 31; its own weight is 1."""
    weighted = sum(weight * ALPHABET.index(symbol) for weight, symbol in enumerate(reversed(body), start=2))
    return ALPHABET[-weighted % len(ALPHABET)]
