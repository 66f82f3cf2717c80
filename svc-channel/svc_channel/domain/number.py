"""Addresses on the wire and E.164 numbers inside; looks nobody up."""

import re

import phonenumbers

# SMPP's type of number for digits that begin with a country code.
TON_INTERNATIONAL = 1
# Networks write their own subscribers without the country code; they are where the operator is.
HOME_REGION = "CN"
# The operator's own number: where subscribers write to, and what a message comes from that names no other.
OPERATOR_NUMBER = "10086"
# What svc-segment takes as a number; a sender in any other form is nobody's.
E164 = re.compile(r"\+[1-9][0-9]{5,14}")


def is_e164(address: str) -> bool:
    """Whether it is a number that somebody may have."""
    return E164.fullmatch(address) is not None


def to_e164(address: str, *, type_of_number: int) -> str:
    """The E.164 number of an address, or the address as it is where it is none (short codes, names)."""
    digits = address.removeprefix("+")
    if not digits.isdecimal() or not digits.isascii():
        return address
    if type_of_number == TON_INTERNATIONAL or address.startswith("+"):
        return f"+{digits}"
    try:
        number = phonenumbers.parse(digits, HOME_REGION)
    except phonenumbers.NumberParseException:
        return address
    if not phonenumbers.is_valid_number(number):
        return address
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def to_address(msisdn: str) -> str:
    """The digits that an international address holds."""
    return msisdn.removeprefix("+")
