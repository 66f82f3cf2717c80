"""The reference tables as one consistent whole; it must not read files or write tables."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from carillon_chassis.errors import InvalidInput
from svc_catalog.domain.brand import Brand
from svc_catalog.domain.channel import Channel
from svc_catalog.domain.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Services, brands and channels in the order of the source; codes are unique and every parent exists."""

    services: tuple[Service, ...]
    brands: tuple[Brand, ...]
    channels: tuple[Channel, ...]

    def __post_init__(self) -> None:
        """Refuses a code that stands twice, a parent that doesn't stand, and a service inside itself."""
        _refuse_twins("services", (service.code for service in self.services))
        _refuse_twins("brands", (brand.code for brand in self.brands))
        # However an order spells it, a name means one channel.
        _refuse_twins("channels", (name for one in self.channels for name in {one.code.lower(), *one.spellings}))
        parents = {service.code: service.parent_code for service in self.services}
        for code in parents:
            _refuse_loose_ancestry(code, parents)


def _refuse_twins(field: str, codes: Iterable[str]) -> None:
    """Refuses the first code that stands more than once."""
    for code, count in Counter(codes).items():
        if count > 1:
            raise InvalidInput(reason="CODE_TWICE", field=field, detail=f"{code} stands {count} times.")


def _refuse_loose_ancestry(code: str, parents: dict[str, str | None]) -> None:
    """Follows the parents up to the root; refuses an unknown one and a circle."""
    seen = [code]
    while (parent := parents[seen[-1]]) is not None:
        if parent not in parents:
            raise InvalidInput(
                reason="PARENT_UNKNOWN",
                field="services",
                detail=f"{seen[-1]} names the parent {parent}, which is no service.",
            )
        if parent in seen:
            raise InvalidInput(
                reason="PARENT_CIRCLE", field="services", detail=f"{' > '.join([*seen, parent])} is a circle."
            )
        seen.append(parent)
