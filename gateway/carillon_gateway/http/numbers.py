"""Normalises the numbers that callers write to E.164 and masks them for logs; it must not know who owns one."""

import re

import phonenumbers

from carillon_chassis.errors import InvalidInput

# +, country code and national number; or the eleven digits of a Chinese mobile number as people write it.
WRITTEN = re.compile(r"^(\+[1-9][0-9]{5,14}|1[0-9]{10})$")
HOME_REGION = "CN"
# Numbers inside a path; a UUID's groups touch letters or dashes and are left alone.
IN_TEXT = re.compile(r"(?<![0-9A-Za-z-])((?:\+|%2[Bb])?[0-9]{6,15})(?![0-9A-Za-z-])")
# What stays readable: enough to tell the operator and two numbers apart, not enough to dial.
HEAD_CHARACTERS = 6
TAIL_CHARACTERS = 2


def normalise_msisdn(written: str, *, field: str = "msisdn") -> str:
    """The number in E.164, such as +8613800138000. Raises InvalidInput MSISDN_INVALID."""
    if WRITTEN.match(written):
        try:
            number = phonenumbers.parse(written, HOME_REGION)
        except phonenumbers.NumberParseException:
            number = None
        if number is not None and phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise InvalidInput(
        reason="MSISDN_INVALID",
        field=field,
        detail="write the number in E.164, such as +8613800138000, or as eleven Chinese digits",
    )


def normalise_sender(written: str) -> str:
    """The number in E.164 where it is one, else the name as a messenger gives it."""
    return normalise_msisdn(written, field="from") if WRITTEN.match(written) else written


def mask_numbers(text: str) -> str:
    """The text with the middle of every phone number starred."""
    return IN_TEXT.sub(lambda match: _mask(match[1]), text)


def _mask(number: str) -> str:
    stars = max(4, len(number) - HEAD_CHARACTERS - TAIL_CHARACTERS)
    return f"{number[:HEAD_CHARACTERS]}{'*' * stars}{number[-TAIL_CHARACTERS:]}"
