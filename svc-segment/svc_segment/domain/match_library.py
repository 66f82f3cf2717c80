"""Says what a rule of the customer-service-channel library is and in which order rules speak; it must not match anyone.

A library holds services and rules (SEG-10, SEG-17). A rule recommends one service to those who fit its extraction
principle; its layer says what kind of knowledge it rests on (SEG-11), its priority which rule speaks for a service
when several fit, its monthly volume how many subscribers it may give away in a month (SEG-23).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from carillon_chassis.errors import InvalidInput, NotFound
from svc_segment.domain.daily_hours import DailyHours

CODE_PATTERN = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
# Printed priorities are 1 to 3; room for a library that is finer.
MAX_PRIORITY = 9
# A library of hundreds of rules is one scan of the subscribers in a few batches; thousands would be a model.
MAX_RULES = 500
# Twelve million is everyone; a volume beyond that is a slip of the pen.
MAX_MONTHLY_VOLUME = 100_000_000


class Layer(IntEnum):
    """The four layers, 1 before 4 (SEG-11 to SEG-15)."""

    DATA_MINING = 1
    EXPERIENCE = 2
    CRM_SEGMENT = 3
    BRAND_SERVICE_TERMINAL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedService:
    """A service that can be recommended: who has it already and whose handset can use it, each a rule.

    ``owned_when`` and ``terminal`` are rules over the attribute dictionary; an empty one means nobody and everybody.
    """

    code: str
    owned_when: str = ""
    terminal: str = ""

    def __post_init__(self) -> None:
        check_code("code", self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRule:
    """A row of the library (SEG-17): service, match principle, volume a month (0: no limit), priority, channels, hours.

    Whoever fits is so told the four things that a segment decides (SEG-66): the service, in which ``hours`` of a day
    (None: any), how many a month, by which channels. ``brands`` limits the rule to some brands; ``brand_order`` only
    says who comes first when the volume is short (SEG-20). ``score`` names a numeric attribute whose highest values come
    first, after the brand.
    """

    code: str
    service: str
    layer: Layer
    principle: str
    extract: str
    priority: int
    channels: tuple[str, ...]
    brands: tuple[str, ...] = ()
    brand_order: tuple[str, ...] = ()
    monthly_volume: int = 0
    score: str = ""
    hours: DailyHours | None = None

    def __post_init__(self) -> None:
        check_code("code", self.code)
        check_code("service", self.service)
        if not 1 <= self.priority <= MAX_PRIORITY:
            raise _refusal(
                "priority", "MATCH_PRIORITY", f"a priority is 1 (first) to {MAX_PRIORITY}, not {self.priority}"
            )
        if not 0 <= self.monthly_volume <= MAX_MONTHLY_VOLUME:
            raise _refusal(
                "monthly_volume", "MATCH_VOLUME", "a monthly volume is a number of subscribers; 0 means no limit"
            )
        if not self.channels:
            raise _refusal(
                "channels", "MATCH_CHANNELS", "name at least one channel by which the service is recommended"
            )
        for name, brands in (("brands", self.brands), ("brand_order", self.brand_order)):
            if len(set(brands)) != len(brands):
                raise _refusal(name, "MATCH_BRANDS", "a brand stands twice")

    @property
    def rank_key(self) -> tuple[int, int, str]:
        """Orders rules of different services: by layer, then priority (A-12); the code settles the rest."""
        return (self.layer, self.priority, self.code)

    @property
    def service_key(self) -> tuple[int, int, str]:
        """Orders rules of one service: by priority, then layer (A-12); the code settles the rest."""
        return (self.priority, self.layer, self.code)


@dataclass(frozen=True, slots=True)
class MatchLibrary:
    """Services and rules as they stand together; every rule's service is there and no code comes twice."""

    services: Mapping[str, MatchedService] = field(default_factory=dict)
    rules: Mapping[str, MatchRule] = field(default_factory=dict)

    @classmethod
    def of(cls, services: Iterable[MatchedService], rules: Iterable[MatchRule]) -> "MatchLibrary":
        """Puts a library together; raises InvalidInput MATCH_RULE_TWICE, MATCH_TOO_MANY, NotFound MATCH_SERVICE_UNKNOWN."""
        by_code = {service.code: service for service in services}
        listed = list(rules)
        named = {rule.code: rule for rule in listed}
        if len(named) != len(listed):
            raise _refusal("code", "MATCH_RULE_TWICE", "two rules have one code")
        if len(named) > MAX_RULES:
            raise _refusal("rules", "MATCH_TOO_MANY", f"a library has {MAX_RULES} rules at most; end some first")
        for rule in listed:
            if rule.service not in by_code:
                raise NotFound(
                    reason="MATCH_SERVICE_UNKNOWN",
                    field="service",
                    detail=f"rule {rule.code} recommends {rule.service}, which the library does not have; add it first",
                )
        return cls(by_code, named)

    def by_rank(self) -> Sequence[MatchRule]:
        """All rules, in the order in which their recommendations take a subscriber's places."""
        return sorted(self.rules.values(), key=lambda rule: rule.rank_key)

    def of_service(self, service: str) -> Sequence[MatchRule]:
        """The rules of a service, the one that speaks for it first."""
        return sorted(
            (rule for rule in self.rules.values() if rule.service == service), key=lambda rule: rule.service_key
        )


def check_code(name: str, code: str) -> None:
    """Raises InvalidInput MATCH_CODE for what can't name a rule or a service."""
    if not CODE_PATTERN.fullmatch(code):
        raise _refusal(
            name, "MATCH_CODE", f"'{code}' is no code: capital letters, digits and _, a letter first, 40 at most"
        )


def _refusal(name: str, reason: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field=name, detail=detail)
