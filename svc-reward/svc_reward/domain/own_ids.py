"""The ids under which the service books by itself; it must not know what each of them is for.

They are deterministic so that nothing books twice. Somebody else's booking under such an id would be taken for ours:
a reversal that undoes nothing, a prize that counts as paid.
"""

from carillon_chassis.errors import InvalidInput

OWN_PREFIXES = frozenset(
    {
        "capture",
        "deduct",
        "draw",
        "expire",
        "fulfil",
        "fund",
        "gift",
        "grant",
        "group",
        "lock",
        "owe",
        "pay",
        "redeem",
        "referral",
        "reverse",
        "sale",
        "settle",
        "subsidy",
        "unowe",
    }
)


def require_foreign(identifier: str, *, field: str) -> None:
    """Raises InvalidInput ID_RESERVED for an id of the service's own, which a caller may not choose."""
    prefix, colon, _ = identifier.partition(":")
    if colon and prefix in OWN_PREFIXES:
        raise InvalidInput(
            reason="ID_RESERVED",
            field=field,
            detail=f"ids that begin with {prefix}: are the service's own; take another",
        )
