"""What a reward report covers, the items it comes to, and its file (RWD-01); it must not know where sources are kept."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.csv_file import write_csv
from svc_reward.domain.fulfilment import Fulfilment, FulfilmentKind, FulfilmentState, Funding
from svc_reward.domain.transfer import MAX_LEG_AMOUNT

STAGE_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"
CAMPAIGN_PATTERN = "^[A-Za-z0-9._-]{1,64}$"
# A campaign's stages are days or weeks of a year at most.
MAX_REPORTS = 400
MAX_PRIZES = 200
COLUMNS = (
    "report_id", "campaign", "stage", "city", "source", "kind", "prize", "name", "quantity", "amount_fen", "subscriber_id",
)  # fmt: skip
# A catalogue's kinds of prizes, and what draws give that no catalogue knows (empty), by how they are handed over.
KINDS: Mapping[str, FulfilmentKind] = {
    "": FulfilmentKind.GIFT,
    "phone_credit": FulfilmentKind.PHONE_CREDIT,
    "physical_gift": FulfilmentKind.GIFT,
    "member_gift": FulfilmentKind.GIFT,
    "ticket": FulfilmentKind.TICKET,
    # A draw gives a paper voucher over the counter; the shop's vouchers are issued by themselves and never come here.
    "voucher": FulfilmentKind.TICKET,
}


class ReportState(StrEnum):
    """Whether all items have their city; the file is made then."""

    PLACING = "placing"
    ISSUED = "issued"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportScope:
    """What a report gathers: the campaign's draws and grants by themselves, and of the shop the prizes and sales named.

    ``credits`` says how many fen a piece of a prize is that is phone credit. A mailing gathers nothing: ``mailing`` is the
    digest of what goes to whom. Raises InvalidInput REPORT_INVALID.
    """

    campaign: str
    stage: str
    prizes: frozenset[str] = frozenset()
    sales: frozenset[UUID] = frozenset()
    credits: Mapping[str, int]
    mailing: str = ""

    def __post_init__(self) -> None:
        if re.fullmatch(CAMPAIGN_PATTERN, self.campaign) is None:
            raise _invalid("campaign", "a campaign has 1 to 64 letters, digits, dots, dashes or underscores")
        if re.fullmatch(STAGE_PATTERN, self.stage) is None:
            raise _invalid("stage", "a stage has 1 to 40 letters, digits, dots, dashes or underscores, such as 2011-10")
        for field, named in (("prizes", self.prizes), ("sales", self.sales), ("credits", self.credits)):
            if len(named) > MAX_PRIZES:
                raise _invalid(field, f"name at most {MAX_PRIZES}")
        for prize, fen in self.credits.items():
            if not 1 <= fen <= MAX_LEG_AMOUNT:
                raise _invalid("credits", f"a piece of {prize} is 1 to {MAX_LEG_AMOUNT} fen, not {fen}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantTotal:
    """What the campaign's budget paid out since the report before, in one currency: the ledger's own sum.

    It covers the budget account's entries ``first`` to ``last``; ``amount`` is net of what was reversed.
    """

    currency: str
    first: int
    last: int
    transfers: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardReport:
    """A report as it was issued; ``file_sha256`` is empty until all its items have their city."""

    id: UUID
    scope: ReportScope
    state: ReportState
    items: int
    issued_by: str
    issued_at: datetime
    file_sha256: str = ""
    grants: tuple[GrantTotal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What one of the sources owes; ``prize_kind`` is the catalogue's, ``amount_fen`` what was granted in money."""

    source: str
    subscriber_id: int
    prize: str
    name: str
    prize_kind: str
    quantity: int
    amount_fen: int
    city: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """One line of the file: an item as it was first reported."""

    city: str
    source: str
    kind: FulfilmentKind
    prize: str
    name: str
    quantity: int
    amount_fen: int
    subscriber_id: int


def make_item(owed: Owed, scope: ReportScope, *, item_id: UUID, report: RewardReport, ask_city: bool) -> Fulfilment:
    """The item that a source comes to. Raises InvalidInput CREDIT_UNKNOWN, AMOUNT_INVALID.

    Where the source knows no city and ``ask_city``, the city stays open; else the province hands it over itself.
    """
    kind, amount, funding = KINDS[owed.prize_kind], 0, Funding.NONE
    if owed.amount_fen:
        kind, amount, funding = FulfilmentKind.PHONE_CREDIT, owed.amount_fen, Funding.SUBSCRIBER
    elif owed.prize in scope.credits:
        kind, amount = FulfilmentKind.PHONE_CREDIT, scope.credits[owed.prize] * owed.quantity
        funding = Funding.EXPENSE
    elif kind is FulfilmentKind.PHONE_CREDIT:
        raise InvalidInput(
            reason="CREDIT_UNKNOWN",
            field="credits",
            detail=f"{owed.prize} is phone credit; say in credits how many fen a piece of it is",
        )
    if amount > MAX_LEG_AMOUNT:
        raise InvalidInput(
            reason="AMOUNT_INVALID", field="credits", detail=f"{amount} fen of {owed.prize} are too many"
        )
    return Fulfilment(
        id=item_id,
        report_id=report.id,
        source=owed.source,
        kind=kind,
        subscriber_id=owed.subscriber_id,
        prize=owed.prize,
        name=owed.name,
        quantity=owed.quantity,
        amount_fen=amount,
        funding=funding,
        city=None if ask_city and not owed.city else owed.city,
        state=FulfilmentState.REPORTED,
        attempt=1,
        reported_by=report.issued_by,
        changed_at=report.issued_at,
    )


def write_report_file(report_id: UUID, scope: ReportScope, lines: Iterable[ReportLine]) -> bytes:
    """CSV in UTF-8 by city and source, the same bytes for the same lines."""
    rows = (
        (
            report_id,
            scope.campaign,
            scope.stage,
            line.city,
            line.source,
            line.kind,
            line.prize,
            line.name,
            line.quantity,
            line.amount_fen,
            line.subscriber_id,
        )
        for line in sorted(lines, key=lambda line: (line.city, line.source))
    )
    return write_csv(COLUMNS, rows)


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="REPORT_INVALID", field=field, detail=detail)
