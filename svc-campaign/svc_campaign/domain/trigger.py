"""What a subscriber does that a campaign answers to at once; sends nothing and asks nobody."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from carillon_chassis.errors import InvalidInput
from svc_campaign.domain.template import Template

# A recommendation answers what somebody has just done (SEG-54); later than this it would answer nothing.
ANSWER_LIFE = timedelta(hours=1)
# The attribute of an event that names the cell of the network, whose rate the answer keeps (CHN-15).
CELL = "cell"
CELL_LENGTH_LIMIT = 64
_RECIPIENT = re.compile(r"\d{3,20}\*?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A text, by its ``keyword`` and the number it was written to, or an ``event`` that says all of ``attributes``.

    A text counts as an answer to the campaign, the hold-out's too. With a ``template`` a member who is not held out is
    sent that by SMS, once, unless one of ``unless_services`` is the member's already (SEG-54). ``recipient`` ends with
    ``*`` where longer numbers count too: 12520* is the service code with every extension.

    Raises InvalidInput: TRIGGER_EMPTY, TRIGGER_MIXED, TRIGGER_RECIPIENT, TRIGGER_SILENT, TRIGGER_TEMPLATE, with the
    field below the trigger.
    """

    name: str
    keyword: str = ""
    recipient: str = ""
    event: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    template: Template | None = None
    unless_services: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuses what nothing sets off, what is text and event at once, and what would have no effect."""
        self._check_cause()
        self._check_answer()

    def _check_cause(self) -> None:
        if not self.keyword and not self.recipient and not self.event:
            raise _refused("TRIGGER_EMPTY", "event", f"{self.name} names no keyword, no number and no event.")
        if self.event and (self.keyword or self.recipient):
            raise _refused("TRIGGER_MIXED", "event", f"{self.name} is set off by a text or by an event, not by both.")
        if self.attributes and not self.event:
            raise _refused("TRIGGER_MIXED", "attributes", f"{self.name} is set off by a text, which has no attributes.")
        if self.recipient and not _RECIPIENT.fullmatch(self.recipient):
            raise _refused(
                "TRIGGER_RECIPIENT",
                "recipient",
                f"{self.name}: {self.recipient} is no number of 3 to 20 digits, perhaps with * at its end.",
            )

    def _check_answer(self) -> None:
        if self.template is None:
            if self.event:
                raise _refused(
                    "TRIGGER_SILENT",
                    "template",
                    f"{self.name} answers nothing; an event that only counts belongs to response_events.",
                )
            if self.unless_services:
                raise _refused("TRIGGER_SILENT", "unless_services", f"{self.name} answers nothing, whoever it is.")
            return
        if not self.template.source.strip():
            raise _refused("TRIGGER_SILENT", "template", f"{self.name} answers with an empty text.")
        if self.template.attributes:
            raise _refused(
                "TRIGGER_TEMPLATE",
                "template",
                f"{self.name} uses {{{self.template.attributes[0]}}}; an answer at once has no placeholder but {{link}}.",
            )


def check_names(triggers: Sequence[Trigger]) -> None:
    """Refuses two triggers of one name."""
    names: set[str] = set()
    for place, one in enumerate(triggers):
        if one.name in names:
            raise InvalidInput(
                reason="TRIGGER_NAME_TWICE",
                field=f"plan.triggers[{place}].name",
                detail=f"Two triggers are named {one.name}.",
            )
        names.add(one.name)


def _refused(reason: str, name: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field=f"plan.triggers.{name}", detail=detail)
