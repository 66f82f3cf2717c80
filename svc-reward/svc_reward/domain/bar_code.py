"""Voucher codes and the bar codes that carry them; it must not know which codes were issued.

A code is 16 symbols of Crockford's base 32 (80 bits, so that guessing is hopeless) and a check character by ISO 7064
mod 37,36, which finds every wrong character and nearly every two that changed places. The bar code is Code 128, set B.
"""

from carillon_chassis.errors import InvalidInput

# Without I, L, O and U: people read codes aloud.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_BYTES = 10
CODE_LENGTH = 17
CODE_PATTERN = "^[0-9A-Z]{17}$"
_BITS_EACH = 5
_CHECKED = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# What people write for what they read.
_LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V", "-": None, " ": None})
_START_B = 104
_STOP = 106
_FIRST_OF_SET_B = 32
_MODULUS = 103


def make_code(random: bytes) -> str:
    """The code that these 10 random bytes make."""
    if len(random) != CODE_BYTES:
        raise ValueError(f"a code is made of {CODE_BYTES} random bytes, not {len(random)}")
    number = int.from_bytes(random, "big")
    symbols = CODE_BYTES * 8 // _BITS_EACH
    text = "".join(ALPHABET[number >> _BITS_EACH * place & 31] for place in reversed(range(symbols)))
    return text + check_character(text)


def read_code(written: str) -> str:
    """The code that somebody scanned or typed, as it was issued. Raises InvalidInput VOUCHER_CODE_INVALID."""
    text = written.strip().upper().replace("-", "").replace(" ", "")
    if len(text) == CODE_LENGTH:
        # The check character alone may be any letter, so that lookalikes are put right in the body only.
        text = text[:-1].translate(_LOOKALIKES) + text[-1]
        if set(text) <= set(_CHECKED) and check_character(text[:-1]) == text[-1]:
            return text
    raise InvalidInput(
        reason="VOUCHER_CODE_INVALID",
        field="code",
        detail=f"a code has {CODE_LENGTH} digits and letters and these are not one; scan or type it again",
    )


def check_character(text: str) -> str:
    """ISO 7064 mod 37,36 of digits and capital letters."""
    modulus = len(_CHECKED)
    product = modulus
    for character in text:
        total = (product + _CHECKED.index(character)) % modulus or modulus
        product = total * 2 % (modulus + 1)
    return _CHECKED[(modulus + 1 - product) % modulus]


def code_128(text: str) -> tuple[int, ...]:
    """The symbol values of a Code 128 bar code in set B: start, the text, the check symbol mod 103, stop."""
    values = [ord(character) - _FIRST_OF_SET_B for character in text]
    check = (_START_B + sum(place * value for place, value in enumerate(values, start=1))) % _MODULUS
    return _START_B, *values, check, _STOP
