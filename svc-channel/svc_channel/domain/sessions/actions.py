"""What a menu may have done for a subscriber, as a table; must not know which service does it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class ActionName(StrEnum):
    """The actions by the names that menus use."""

    LIST_SERVICES = "list_services"
    QUOTE_SERVICE = "quote_service"
    ORDER_SERVICE = "order_service"
    LIST_TONES = "list_tones"
    PLAY_TONE = "play_tone"
    QUOTE_TONE = "quote_tone"
    ORDER_TONE = "order_tone"
    POINTS_BALANCE = "points_balance"
    LIST_CAMPAIGNS = "list_campaigns"
    SHOW_CAMPAIGN = "show_campaign"
    ENTER_DRAW = "enter_draw"
    GRAB_TICKET = "grab_ticket"
    VOTE = "vote"
    SIGN_IN = "sign_in"
    ANSWER_QUIZ = "answer_quiz"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionShape:
    """What an action needs, and whether it changes anything: what does is never done again by going back.

    What is ``personal`` spends a subscriber's money or tells what is theirs: only who is proven to be it has it done.
    """

    arguments: tuple[str, ...] = ()
    changes: bool = False
    gives_items: bool = False
    personal: bool = False


SHAPES: Final[Mapping[ActionName, ActionShape]] = {
    ActionName.LIST_SERVICES: ActionShape(gives_items=True),
    ActionName.QUOTE_SERVICE: ActionShape(arguments=("service",)),
    ActionName.ORDER_SERVICE: ActionShape(arguments=("service",), changes=True, personal=True),
    ActionName.LIST_TONES: ActionShape(gives_items=True),
    # A call to who asked, where they do not listen already: going back must not ring again.
    ActionName.PLAY_TONE: ActionShape(arguments=("code",), changes=True, personal=True),
    ActionName.QUOTE_TONE: ActionShape(arguments=("code",)),
    ActionName.ORDER_TONE: ActionShape(arguments=("code",), changes=True, personal=True),
    ActionName.POINTS_BALANCE: ActionShape(personal=True),
    ActionName.LIST_CAMPAIGNS: ActionShape(gives_items=True),
    ActionName.SHOW_CAMPAIGN: ActionShape(arguments=("campaign",)),
    ActionName.ENTER_DRAW: ActionShape(arguments=("draw",), changes=True),
    ActionName.GRAB_TICKET: ActionShape(arguments=("sale",), changes=True),
    ActionName.VOTE: ActionShape(arguments=("choice",), changes=True),
    ActionName.SIGN_IN: ActionShape(changes=True),
    ActionName.ANSWER_QUIZ: ActionShape(arguments=("question", "answer"), changes=True),
    ActionName.COMMENT: ActionShape(arguments=("text",), changes=True),
}

# Each order is reached through the quotation of the same thing alone, which shows its prices (CHN-33).
QUOTATIONS: Final[Mapping[ActionName, ActionName]] = {
    ActionName.ORDER_SERVICE: ActionName.QUOTE_SERVICE,
    ActionName.ORDER_TONE: ActionName.QUOTE_TONE,
}

# What a session keeps of one list: a person reads no longer one on a phone, and the session's row stays small.
ITEMS_LIMIT: Final = 100
LABEL_LENGTH: Final = 40
OUTCOME_LENGTH: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a list: what is shown, and what picking it stands for."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """What somebody was quoted: the thing by its code, and the price of their own level in fen, None without one."""

    item: str
    fen: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something to have done, with its arguments filled in; ``quoted`` is what the step before quoted, if it did."""

    name: ActionName
    arguments: Mapping[str, str]
    quoted: Quoted | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it, in the menu's language; ``failed`` when nothing was done.

    ``quoted`` is what this subscriber was told a price of, ``play`` the code of a tone to be heard now.
    """

    text: str = ""
    items: tuple[Item, ...] = ()
    failed: bool = False
    quoted: Quoted | None = None
    play: str = ""

    def bounded(self) -> "Outcome":
        """The same, cut to what a session keeps."""
        items = tuple(Item(value=item.value, label=item.label[:LABEL_LENGTH]) for item in self.items[:ITEMS_LIMIT])
        return replace(self, text=self.text[:OUTCOME_LENGTH], items=items)
