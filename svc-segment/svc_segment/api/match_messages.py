"""Turns matches and the library into protobuf and back, one function each way; it must not decide anything."""

from collections.abc import Sequence
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from carillon.segment.v1 import match_pb2
from svc_segment.domain.daily_hours import read_hours, write_hours
from svc_segment.domain.match_explanation import TEXTS, Reason
from svc_segment.domain.match_library import Layer, MatchedService, MatchRule
from svc_segment.domain.match_run import MatchRun, RunState, ShareCount

STATES = {
    RunState.QUEUED: match_pb2.RUN_STATE_QUEUED,
    RunState.RUNNING: match_pb2.RUN_STATE_RUNNING,
    RunState.DONE: match_pb2.RUN_STATE_DONE,
    RunState.FAILED: match_pb2.RUN_STATE_FAILED,
}


def parse_service(message: match_pb2.MatchedService) -> MatchedService:
    """A service as a caller says it; raises InvalidInput MATCH_CODE."""
    return MatchedService(code=message.code, owned_when=message.owned_when, terminal=message.terminal)


def render_service(service: MatchedService) -> match_pb2.MatchedService:
    """A service of the library."""
    return match_pb2.MatchedService(code=service.code, owned_when=service.owned_when, terminal=service.terminal)


def parse_rule(message: match_pb2.MatchRule) -> MatchRule:
    """A rule as a caller says it; raises InvalidInput MATCH_*."""
    return MatchRule(
        code=message.code,
        service=message.service,
        layer=Layer(message.layer),
        principle=message.principle,
        extract=message.extract,
        priority=message.priority,
        channels=tuple(message.channels),
        brands=tuple(message.brands),
        brand_order=tuple(message.brand_order),
        monthly_volume=message.monthly_volume,
        score=message.score,
        hours=read_hours(message.hours),
    )


def render_rule(rule: MatchRule) -> match_pb2.MatchRule:
    """A rule of the library."""
    return match_pb2.MatchRule(
        code=rule.code,
        service=rule.service,
        layer=rule.layer,
        principle=rule.principle,
        extract=rule.extract,
        priority=rule.priority,
        channels=rule.channels,
        brands=rule.brands,
        brand_order=rule.brand_order,
        monthly_volume=rule.monthly_volume,
        score=rule.score,
        hours=write_hours(rule.hours),
    )


def render_match(run: MatchRun, counts: Sequence[ShareCount] = ()) -> match_pb2.Match:
    """A run, how far it is and what every rule came to."""
    return match_pb2.Match(
        id=str(run.id),
        state=STATES[run.state],
        month=run.month,
        requested_by=run.requested_by,
        requested_at=render_moment(run.requested_at),
        ended_at=render_moment(run.ended_at),
        as_of=run.as_of.isoformat() if run.as_of else "",
        rules_done=run.rules_done,
        rules=len(run.library.rules),
        subscribers=run.subscribers,
        covered=run.subscribers - run.uncovered,
        recommended=run.recommended,
        shares=[_render_share(run.library.rules[count.rule], count) for count in counts],
        problem=run.problem,
    )


def render_reason(reason: Reason) -> match_pb2.MatchReason:
    """What became of one rule for one subscriber."""
    rule = reason.rule
    return match_pb2.MatchReason(
        rule=rule.code,
        service=rule.service,
        layer=rule.layer,
        principle=rule.principle,
        channels=rule.channels,
        verdict=reason.verdict,
        detail=TEXTS[reason.verdict],
        place=reason.place,
        by=reason.by,
        hours=write_hours(rule.hours),
    )


def render_moment(moment: datetime | None) -> Timestamp | None:
    """A moment, or nothing."""
    if moment is None:
        return None
    rendered = Timestamp()
    rendered.FromDatetime(moment)
    return rendered


def _render_share(rule: MatchRule, count: ShareCount) -> match_pb2.MatchShare:
    return match_pb2.MatchShare(
        rule=rule.code,
        service=rule.service,
        layer=rule.layer,
        channels=rule.channels,
        monthly_volume=rule.monthly_volume,
        fitting=count.fitting,
        placed=count.placed,
        small_group=count.small_group,
        hours=write_hours(rule.hours),
    )
