"""What svc-segment does not show of small groups is null in JSON, not a zero that could be true (SEG-29)."""

from carillon.segment.v1 import match_pb2, segment_pb2
from carillon_gateway.http.models.matches import render_match
from carillon_gateway.http.models.segment_definitions import render_segment


def test_a_small_group_has_no_size_and_says_so() -> None:
    small = segment_pb2.Segment(kind=segment_pb2.SEGMENT_KIND_RULE, version=2, small_group=True)
    empty = segment_pb2.Segment(kind=segment_pb2.SEGMENT_KIND_RULE, version=2)
    assert [(one.count, one.small_group) for one in map(render_segment, (small, empty))] == [(None, True), (0, False)]


def test_counts_of_a_match_that_are_persons_are_null_and_the_others_stand() -> None:
    match = match_pb2.Match(state=match_pb2.RUN_STATE_DONE)
    match.requested_at.GetCurrentTime()
    match.shares.add(rule="FEW", small_group=True, placed=[0, 0, 0])
    match.shares.add(rule="CUT", small_group=True, fitting=40, placed=[0, 0, 0])
    match.shares.add(rule="NOBODY", placed=[0, 0, 0])
    shares = [(one.rule, one.fitting, one.placed, one.small_group) for one in render_match(match).shares]
    assert shares == [
        ("FEW", None, None, True),
        ("CUT", 40, None, True),
        ("NOBODY", 0, [0, 0, 0], False),
    ]
