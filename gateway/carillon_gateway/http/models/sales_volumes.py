"""Sales as counts in JSON; it must not add anything up."""

from datetime import date

from carillon.catalog.v1 import sales_pb2
from carillon_gateway.http.models.shapes import Answer


class SalesVolume(Answer):
    """What was ordered of a service over a touch point in a branch, and how far it has come by now."""

    service: str
    touchpoint: str | None
    branch: str | None
    ordered: int
    active: int
    cancelled: int


class SalesVolumes(Answer):
    """The registered volume of these days, by service, touch point and branch."""

    first_day: date
    last_day: date
    volumes: list[SalesVolume]


def render_volumes(answer: sales_pb2.CountSalesResponse) -> SalesVolumes:
    """The counts as JSON has them."""
    return SalesVolumes(
        first_day=date.fromisoformat(answer.first_day),
        last_day=date.fromisoformat(answer.last_day),
        volumes=[
            SalesVolume(
                service=row.service,
                touchpoint=row.touchpoint or None,
                branch=row.branch or None,
                ordered=row.ordered,
                active=row.active,
                cancelled=row.cancelled,
            )
            for row in answer.rows
        ],
    )
