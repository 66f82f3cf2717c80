"""Addresses of the wire as numbers inside."""

import pytest

from svc_channel.domain.number import to_address, to_e164


@pytest.mark.parametrize(
    ("address", "type_of_number", "number"),
    [
        ("8613800138000", 1, "+8613800138000"),
        ("+8613800138000", 0, "+8613800138000"),
        ("8613800138000", 0, "+8613800138000"),
        ("13800138000", 0, "+8613800138000"),
        ("13800138000", 2, "+8613800138000"),
        ("10086", 0, "10086"),
        ("Carillon", 5, "Carillon"),
        ("", 0, ""),
    ],
)
def test_an_address_is_a_number_where_it_can_be_one(address: str, type_of_number: int, number: str) -> None:
    assert to_e164(address, type_of_number=type_of_number) == number


def test_a_number_goes_on_the_wire_without_its_plus() -> None:
    assert to_address("+8613800138000") == "8613800138000"
