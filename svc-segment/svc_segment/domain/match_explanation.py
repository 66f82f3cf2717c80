"""Explains one subscriber's match: why this service, why not that one; it must not decide anything anew.

What a run decided for everyone stands (who speaks for whom); what the subscriber owns is as of now, so a service taken
up since the run leaves its place to the next one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from svc_segment.domain.match_library import MatchLibrary, MatchRule
from svc_segment.domain.matching import PLACES


class Verdict(StrEnum):
    """What became of one rule for one subscriber."""

    RECOMMENDED = "recommended"
    OWNED = "owned"
    TERMINAL = "terminal"
    OTHER_BRAND = "other_brand"
    NOT_FITTING = "not_fitting"
    SPOKEN_FOR = "spoken_for"
    NO_PLACE_LEFT = "no_place_left"
    VOLUME_SPENT = "volume_spent"
    NEW_SINCE = "new_since"


TEXTS = {
    Verdict.RECOMMENDED: "recommended",
    Verdict.OWNED: "the subscriber has the service already",
    Verdict.TERMINAL: "the subscriber's handset can't use the service",
    Verdict.OTHER_BRAND: "the rule is for other brands",
    Verdict.NOT_FITTING: "the subscriber does not fit the rule's principle",
    Verdict.SPOKEN_FOR: "another rule speaks for this service",
    Verdict.NO_PLACE_LEFT: "three services of a higher rank come first",
    Verdict.VOLUME_SPENT: "the rule's volume of the month went to others",
    Verdict.NEW_SINCE: "the subscriber fits since after the match; the next one will tell",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What one subscriber's data say now: by rule whether principle and brand fit, by service owned and adapted."""

    fits: Mapping[str, bool]
    brand_fits: Mapping[str, bool]
    owned: Mapping[str, bool]
    adapted: Mapping[str, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """The verdict on one rule; ``place`` is 1 to 3 where it is recommended, ``by`` the rule that speaks instead."""

    rule: MatchRule
    verdict: Verdict
    place: int = 0
    by: str = ""


def explain(library: MatchLibrary, answers: Answers, speaks: Collection[str]) -> Sequence[Reason]:
    """A reason for every rule in the order of rank; ``speaks`` are the rules that the run let speak for the subscriber."""
    reasons = []
    place = 0
    for rule in library.by_rank():
        reason = _judge(rule, library, answers, speaks, place)
        place += reason.verdict is Verdict.RECOMMENDED
        reasons.append(reason)
    return reasons


def _judge(rule: MatchRule, library: MatchLibrary, answers: Answers, speaks: Collection[str], place: int) -> Reason:
    if answers.owned[rule.service]:
        return Reason(rule=rule, verdict=Verdict.OWNED)
    if rule.code in speaks:
        if place < PLACES:
            return Reason(rule=rule, verdict=Verdict.RECOMMENDED, place=place + 1)
        return Reason(rule=rule, verdict=Verdict.NO_PLACE_LEFT)
    for verdict, holds in (
        (Verdict.TERMINAL, answers.adapted[rule.service]),
        (Verdict.OTHER_BRAND, answers.brand_fits[rule.code]),
        (Verdict.NOT_FITTING, answers.fits[rule.code]),
    ):
        if not holds:
            return Reason(rule=rule, verdict=verdict)
    for other in library.of_service(rule.service):
        if other is rule:
            # Whoever speaks for the service comes after this rule: it would have spoken itself.
            break
        if other.code in speaks:
            return Reason(rule=rule, verdict=Verdict.SPOKEN_FOR, by=other.code)
    return Reason(rule=rule, verdict=Verdict.VOLUME_SPENT if rule.monthly_volume else Verdict.NEW_SINCE)
