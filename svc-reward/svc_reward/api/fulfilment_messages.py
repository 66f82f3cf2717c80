"""Turns protobuf into reports and items and back, one function each way; it must not decide anything."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from types import MappingProxyType
from uuid import UUID

from carillon.reward.v1 import fulfilment_pb2
from carillon_chassis.errors import InvalidInput
from svc_reward.api.commission_messages import render_time
from svc_reward.app.get_fulfilment import FulfilmentView
from svc_reward.app.get_reward_report import ReportView
from svc_reward.domain.fulfilment import Fulfilment, FulfilmentState
from svc_reward.domain.report_progress import Progress
from svc_reward.domain.reward_report import ReportScope

STATES: Mapping[int, FulfilmentState] = MappingProxyType(
    {fulfilment_pb2.FulfilmentState.Value(f"FULFILMENT_STATE_{state.name}"): state for state in FulfilmentState}
)


def parse_scope(request: fulfilment_pb2.IssueReportRequest) -> ReportScope:
    """What the report gathers. Raises InvalidInput REPORT_INVALID."""
    fen = {credit.prize: credit.fen for credit in request.credits}
    if len(fen) != len(request.credits):
        raise InvalidInput(reason="REPORT_INVALID", field="credits", detail="each prize stands in credits once")
    return ReportScope(
        campaign=request.campaign,
        stage=request.stage,
        prizes=frozenset(request.prizes),
        sales=frozenset(UUID(sale) for sale in request.sales),
        credits=fen,
    )


def render_item(item: Fulfilment) -> fulfilment_pb2.Fulfilment:
    """The item."""
    return fulfilment_pb2.Fulfilment(
        id=str(item.id),
        report_id=str(item.report_id),
        source=item.source,
        kind=fulfilment_pb2.FulfilmentKind.Value(f"FULFILMENT_KIND_{item.kind.name}"),
        subscriber_id=item.subscriber_id,
        prize=item.prize,
        name=item.name,
        quantity=item.quantity,
        amount_fen=item.amount_fen,
        city=item.city,
        state=render_state(item.state),
        attempt=item.attempt,
        reported_by=item.reported_by,
        verified_by=item.verified_by,
        reference=item.reference,
        reason=item.reason,
        changed_at=render_time(item.changed_at),
    )


def render_view(view: FulfilmentView) -> fulfilment_pb2.GetFulfilmentResponse:
    """The item with its history."""
    steps = [
        fulfilment_pb2.FulfilmentStep(
            step=taken.step, state=render_state(taken.state), by=taken.by, at=render_time(taken.at), note=taken.note
        )
        for taken in view.steps
    ]
    return fulfilment_pb2.GetFulfilmentResponse(fulfilment=render_item(view.item), steps=steps, problem=view.problem)


def render_report(view: ReportView) -> fulfilment_pb2.RewardReport:
    """The report with how far each city is."""
    report, hashes = view.report, {part.city: part.file_sha256 for part in view.cities}
    state = fulfilment_pb2.RewardReportState.Value(f"REWARD_REPORT_STATE_{report.state.name}")
    return fulfilment_pb2.RewardReport(
        id=str(report.id),
        campaign=report.scope.campaign,
        stage=report.scope.stage,
        state=state,
        items=report.items,
        file_sha256=report.file_sha256,
        issued_by=report.issued_by,
        issued_at=render_time(report.issued_at),
        grants=[
            fulfilment_pb2.GrantTotal(
                currency=grant.currency,
                first_entry=grant.first,
                last_entry=grant.last,
                transfers=grant.transfers,
                amount=grant.amount,
            )
            for grant in report.grants
        ],
        cities=[
            _render_city(city, hashes.get(city, ""), list(rows))
            for city, rows in groupby(view.progress, key=lambda row: row.city)
            if city is not None
        ],
    )


def render_state(state: FulfilmentState) -> fulfilment_pb2.FulfilmentState.ValueType:
    """The protocol's name of it."""
    return fulfilment_pb2.FulfilmentState.Value(f"FULFILMENT_STATE_{state.name}")


def _render_city(city: str, file_sha256: str, rows: list[Progress]) -> fulfilment_pb2.CityTotal:
    """Rows come by prize."""
    prizes = [
        fulfilment_pb2.PrizeTotal(
            prize=prize,
            name=name,
            kind=fulfilment_pb2.FulfilmentKind.Value(f"FULFILMENT_KIND_{kind.name}"),
            states=_sum_states(part),
        )
        for (prize, name, kind), part in groupby(rows, key=lambda row: (row.prize, row.name, row.kind))
    ]
    return fulfilment_pb2.CityTotal(city=city, file_sha256=file_sha256, prizes=prizes, states=_sum_states(rows))


def _sum_states(rows: Iterable[Progress]) -> list[fulfilment_pb2.StateTotal]:
    totals = {state: fulfilment_pb2.StateTotal(state=render_state(state)) for state in FulfilmentState}
    for row in rows:
        totals[row.state].items += row.items
        totals[row.state].quantity += row.quantity
        totals[row.state].amount_fen += row.amount_fen
    return [total for total in totals.values() if total.items]
