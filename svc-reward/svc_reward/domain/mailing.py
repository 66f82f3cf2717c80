"""A mailing to members (RWD-31), a leaflet, a reminder or a small gift, as items of a report; it must not know addresses."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.draw_entrant import MAX_SUBSCRIBER_ID
from svc_reward.domain.fulfilment import Fulfilment, FulfilmentKind, FulfilmentState, Funding
from svc_reward.domain.prize import MAX_NAME_LENGTH
from svc_reward.domain.reward_report import ReportScope, RewardReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """What goes to whom; a recipient named twice gets one. Raises InvalidInput MAILING_INVALID."""

    code: str
    name: str
    recipients: frozenset[int]

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= MAX_NAME_LENGTH or not self.name.isprintable():
            raise _invalid("name", f"say in 1 to {MAX_NAME_LENGTH} printable characters what is in the envelope")
        if not self.recipients or not all(1 <= one <= MAX_SUBSCRIBER_ID for one in self.recipients):
            raise _invalid("subscriber_ids", "a mailing goes to subscribers, whose ids are numbers from 1")

    def scope(self, *, campaign: str, stage: str) -> ReportScope:
        """The report that it is; another content or other people are another report."""
        lines = "\n".join((self.code, self.name, *map(str, sorted(self.recipients))))
        digest = hashlib.sha256(lines.encode()).hexdigest()
        return ReportScope(campaign=campaign, stage=stage, credits={}, mailing=digest)

    def items(self, report: RewardReport, *, ids: Callable[[], UUID], ask_city: bool) -> Iterable[Fulfilment]:
        """One item a recipient."""
        for one in sorted(self.recipients):
            yield Fulfilment(
                id=ids(),
                report_id=report.id,
                source=f"mailing:{report.scope.campaign}:{report.scope.stage}:{one}",
                kind=FulfilmentKind.MAILING,
                subscriber_id=one,
                prize=self.code,
                name=self.name,
                quantity=1,
                amount_fen=0,
                funding=Funding.NONE,
                city=None if ask_city else "",
                state=FulfilmentState.REPORTED,
                attempt=1,
                reported_by=report.issued_by,
                changed_at=report.issued_at,
            )


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="MAILING_INVALID", field=field, detail=detail)
