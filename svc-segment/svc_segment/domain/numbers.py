"""Checks and normalises telephone numbers by the phonenumbers library; it must not look anybody up.

Inside, a number is the integer of its E.164 digits without the plus: eight bytes and one index.
"""

import phonenumbers
from phonenumbers import PhoneMetadata

# Numbers without a country code are the operator's own country's.
HOME_REGION = "CN"
HOME_CODE = "86"
# E.164 has 15 digits at most; what is much longer is no number with blanks in it.
MAX_WRITTEN = 40


def normalise_number(written: str) -> int | None:
    """The E.164 digits of a valid number, or None. Eleven-digit Chinese numbers need no country code."""
    if len(written) > MAX_WRITTEN:
        return None
    try:
        number = phonenumbers.parse(written, HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return int(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:])


def format_number(digits: int) -> str:
    """E.164 as it is written: ``+8613800138000``."""
    return f"+{digits}"


def home_mobile_pattern() -> str:
    """The library's own expression for a mobile number of the home region, with or without its country code.

    Its one group is the number without the code. It lets an engine normalise nearly all numbers of a file at once;
    what it does not fit goes through ``normalise_number`` one by one.
    """
    metadata = PhoneMetadata.metadata_for_region(HOME_REGION, None)
    if metadata is None or metadata.mobile is None or not metadata.mobile.national_number_pattern:
        raise LookupError(f"phonenumbers knows no mobile numbers of {HOME_REGION}")
    return rf"(?:\+{HOME_CODE}|00{HOME_CODE})?({metadata.mobile.national_number_pattern})"
