"""Answers what staff ask by SMS: sales, products and policy, help (CHN-30, CHN-31, CHN-32); keeps and sends nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from carillon_chassis.errors import DomainError, Unavailable
from svc_channel.app.knowledge import Knowledge
from svc_channel.app.sales import Sales, SalesLine
from svc_channel.domain.robots.commands import normalise
from svc_channel.domain.robots.knowledge import Audience
from svc_channel.domain.sessions.menu import Language
from svc_channel.domain.texting.staff import Staff
from svc_channel.domain.texting.staff_commands import (
    AskHelp,
    AskKnowledge,
    AskSales,
    NoSuchService,
    SalesWish,
    TooMuchSaid,
    read_sales_wish,
    read_staff_question,
)
from svc_channel.domain.texting.words import HELP, tell

# Where a question's own words show no language.
LANGUAGE: Final = Language.ZH


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffReply:
    """The answer, in its language; with ``hands_over`` a person is to answer the question."""

    text: str
    language: Language = LANGUAGE
    hands_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAnswerers:
    """What staff are answered with; ``today`` gives the operator's day."""

    sales: Sales
    knowledge: Knowledge
    today: Callable[[], date]


async def answer_staff(staff: Staff, text: str, by: StaffAnswerers) -> StaffReply:
    """The answer to one text; peers that are away are said in words. Raises Unavailable without a database of ours."""
    asked = read_staff_question(text)
    if isinstance(asked, AskHelp):
        return StaffReply(text=HELP)
    if isinstance(asked, AskKnowledge):
        return await _explain(asked, by)
    try:
        return StaffReply(text=await _count(staff, asked, by), language=asked.language)
    except Unavailable:
        return StaffReply(text=tell(asked.language, "busy"), language=asked.language)
    except DomainError as error:
        text = f"{tell(asked.language, 'refused')}\n{error.detail}"
        return StaffReply(text=text, language=asked.language)


async def _explain(asked: AskKnowledge, by: StaffAnswerers) -> StaffReply:
    """What staff may know too, from the same entries as robots answer from."""
    language = asked.language or (Language.EN if asked.question.isascii() else LANGUAGE)
    found = await by.knowledge.ask(asked.question, Audience.STAFF)
    if found is None:
        return StaffReply(text=tell(language, "unknown"), language=language, hands_over=True)
    return StaffReply(text=found.entry.answer, language=language)


async def _count(staff: Staff, asked: AskSales, by: StaffAnswerers) -> str:
    names = await by.sales.names()
    wish = read_sales_wish(asked.words, names.services, names.touchpoints)
    if isinstance(wish, NoSuchService):
        return f"{tell(asked.language, 'no_service', word=wish.word)}\n{HELP}"
    if isinstance(wish, TooMuchSaid):
        return f"{tell(asked.language, 'too_much', word=wish.word)}\n{HELP}"
    if staff.branch and wish.branch and wish.branch != normalise(staff.branch):
        return tell(asked.language, "other_branch", branch=staff.branch)
    days = wish.period.days(by.today())
    lines = await by.sales.count(
        staff, service=wish.service, touchpoint=wish.touchpoint, days=days, language=asked.language
    )
    there = [line for line in lines if wish.branch in {"", normalise(line.branch)}]
    service = wish.service and await by.sales.service_name(wish.service, asked.language)
    return _told(staff, wish, there, service, days, asked.language)


def _told(
    staff: Staff,
    wish: SalesWish,
    lines: Sequence[SalesLine],
    service: str,
    days: tuple[date, date],
    language: Language,
) -> str:
    """The sum, and below it what was sold where, the most first."""
    first, last = (f"{day.month}-{day.day}" for day in days)
    head = tell(
        language,
        "head",
        service=service or tell(language, "all_services"),
        days=first if first == last else f"{first}~{last}",
        branch=wish.branch or staff.branch or tell(language, "everywhere"),
        ordered=sum(line.ordered for line in lines),
        active=sum(line.active for line in lines),
        cancelled=sum(line.cancelled for line in lines),
    )
    ranked = sorted(_by_place(lines).items(), key=lambda entry: -entry[1][0])
    rows = [
        tell(
            language,
            "line",
            touchpoint=touchpoint or tell(language, "no_touchpoint"),
            branch=branch or tell(language, "nowhere"),
            ordered=counts[0],
            active=counts[1],
            cancelled=counts[2],
        )
        for (touchpoint, branch), counts in ranked
    ]
    return "\n".join([head, *rows])


def _by_place(lines: Sequence[SalesLine]) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Counts by touch point and branch, over all services."""
    added: dict[tuple[str, str], tuple[int, int, int]] = {}
    for line in lines:
        ordered, active, cancelled = added.get((line.touchpoint, line.branch), (0, 0, 0))
        added[line.touchpoint, line.branch] = (
            ordered + line.ordered,
            active + line.active,
            cancelled + line.cancelled,
        )
    return added
