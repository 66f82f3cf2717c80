"""Which branch a caller is kept to; it must not know what is kept there."""

from collections.abc import Collection

from carillon_chassis.errors import PermissionRefused
from carillon_chassis.identity import Identity
from svc_catalog.app.permissions import PROVINCE_ROLE


def own_branch(identity: Identity, *, asked: Collection[str] = (), may: str = "ask") -> str:
    """The branch that the caller is kept to; empty for the province.

    Raises PermissionRefused OTHER_BRANCH where another one is among those asked for; ``may`` is what was to be done.
    """
    own = "" if PROVINCE_ROLE in identity.roles else identity.branch
    if own and set(asked) - {own}:
        raise PermissionRefused(reason="OTHER_BRANCH", field="branch", detail=f"you {may} of {own} only")
    return own
