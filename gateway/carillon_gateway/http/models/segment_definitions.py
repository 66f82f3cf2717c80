"""Segments of every kind in JSON, and what they are defined as; svc-segment alone reads rules and works sets out."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from carillon.segment.v1 import segment_pb2
from carillon_gateway.http.models.segments import RULE_LENGTH, PreviewRule
from carillon_gateway.http.models.shapes import Answer, Body, Text, render_optional_time, render_state

NAME_LENGTH = 120
DESCRIPTION_LENGTH = 2_000
# More operands at once are better given names in between.
OPERANDS = Field(min_length=2, max_length=100)
# Numbers or ids of one JSON body; longer lists come as a file, POST /snapshots with kind list.
LISTED: Any = Field(default=[], max_length=100_000)

SubscriberId = Annotated[int, Field(ge=1, le=2**32 - 1)]
Name = Field(min_length=1, max_length=NAME_LENGTH, examples=["recent-urban"])


class UnionOf(Body):
    """Who is in any of them."""

    union: list["Expression"] = OPERANDS


class IntersectionOf(Body):
    """Who is in all of them."""

    intersection: list["Expression"] = OPERANDS


class DifferenceOf(Body):
    """Who is in the first and in none of the others."""

    difference: list["Expression"] = OPERANDS


Expression = UUID | UnionOf | IntersectionOf | DifferenceOf


class CreateSegment(Body):
    """A segment by a rule or by set algebra over other segments, one of the two."""

    name: Text = Name
    description: Text = Field(default="", max_length=DESCRIPTION_LENGTH)
    rule: Text = Field(default="", max_length=RULE_LENGTH, description=PreviewRule.model_fields["rule"].description)
    expression: Expression | None = Field(
        default=None, description="A segment's id, or union, intersection or difference of such expressions"
    )


class RedefineSegment(Body):
    """Another rule, or another expression, for a segment of that kind."""

    rule: Text = Field(default="", max_length=RULE_LENGTH)
    expression: Expression | None = None


class ChangeSegment(Body):
    """What is absent stays as it is."""

    name: Text | None = Field(default=None, min_length=1, max_length=NAME_LENGTH)
    description: Text | None = Field(default=None, max_length=DESCRIPTION_LENGTH)
    archived: bool | None = None


class Listed(Body):
    """Entries of a list: numbers, subscriber ids, or both."""

    msisdns: list[Text] = LISTED
    subscriber_ids: list[SubscriberId] = LISTED


class CreateList(Listed):
    """A segment of whoever is listed."""

    name: Text = Name
    description: Text = Field(default="", max_length=DESCRIPTION_LENGTH)


class ChangeList(Body):
    """Whom to add to a list and whom to take from it."""

    add: Listed = Listed()
    remove: Listed = Listed()


class Segment(Answer):
    """A segment and the size of its membership."""

    id: str
    name: str
    kind: Literal["rule", "list", "algebra"]
    description: str
    rule: str
    expression: Expression | None
    definition: int = Field(description="Which definition stands, from 1")
    version: int = Field(description="Which membership stands, from 1")
    count: int | None = Field(description="Null for a small group")
    small_group: bool = Field(
        description="Fewer than 20 members whom the tag of a scene names: so few are persons, and are not counted here"
    )
    as_of: str
    stale: bool = Field(description="Whether the data, or a segment that it reads, moved on since")
    stale_reasons: list[str] = Field(examples=[["SUBSCRIBERS"]])
    archived: bool
    created_by: str
    changed_by: str
    changed_at: datetime | None


class Segments(Answer):
    """A page of segments."""

    segments: list[Segment]
    next_page_token: str


class ListCounts(Answer):
    """What became of the entries of a list."""

    read: int
    invalid: int
    unknown: int
    repeated: int


class ListedSegment(Answer):
    """A list as it stands, and what became of the entries."""

    segment: Segment
    counts: ListCounts


class Definition(Answer):
    """What a segment was defined as."""

    number: int
    rule: str
    expression: Expression | None
    defined_by: str
    defined_at: datetime | None


class Definitions(Answer):
    """A page of definitions, the newest first."""

    definitions: list[Definition]
    next_page_token: str


def parse_expression(expression: Expression) -> segment_pb2.SetExpression:
    """Set algebra for svc-segment."""
    match expression:
        case UUID():
            return segment_pb2.SetExpression(segment_id=str(expression))
        case UnionOf(union=operands):
            operator = segment_pb2.SET_OPERATOR_UNION
        case IntersectionOf(intersection=operands):
            operator = segment_pb2.SET_OPERATOR_INTERSECTION
        case DifferenceOf(difference=operands):
            operator = segment_pb2.SET_OPERATOR_DIFFERENCE
    operation = segment_pb2.SetOperation(operator=operator, operands=[parse_expression(one) for one in operands])
    return segment_pb2.SetExpression(operation=operation)


def parse_optional_expression(expression: Expression | None) -> segment_pb2.SetExpression | None:
    """Set algebra for svc-segment, None for none."""
    return None if expression is None else parse_expression(expression)


def render_expression(message: segment_pb2.SetExpression) -> Expression | None:
    """Set algebra as JSON has it."""
    match message.WhichOneof("node"):
        case None:
            return None
        case "segment_id":
            return UUID(message.segment_id)
    operands = [one for operand in message.operation.operands if (one := render_expression(operand)) is not None]
    match message.operation.operator:
        case segment_pb2.SET_OPERATOR_UNION:
            return UnionOf(union=operands)
        case segment_pb2.SET_OPERATOR_INTERSECTION:
            return IntersectionOf(intersection=operands)
        case _:
            return DifferenceOf(difference=operands)


def parse_listed(listed: Listed) -> segment_pb2.ListPiece:
    """Entries for svc-segment, which normalises the numbers."""
    return segment_pb2.ListPiece(msisdns=listed.msisdns, subscriber_ids=listed.subscriber_ids)


def render_segment(segment: segment_pb2.Segment) -> Segment:
    """The segment as JSON has it."""
    return Segment(
        id=segment.id,
        name=segment.name,
        kind=render_state(segment_pb2.SegmentKind.Name(segment.kind), "SEGMENT_KIND_"),
        description=segment.description,
        rule=segment.rule,
        expression=render_expression(segment.expression),
        definition=segment.definition,
        version=segment.version,
        count=None if segment.small_group else segment.count,
        small_group=segment.small_group,
        as_of=segment.as_of,
        stale=segment.stale,
        stale_reasons=list(segment.stale_reasons),
        archived=segment.archived,
        created_by=segment.created_by,
        changed_by=segment.changed_by,
        changed_at=render_optional_time(segment, "changed_at"),
    )


def render_listed(segment: segment_pb2.Segment, counts: segment_pb2.ListCounts) -> ListedSegment:
    """The list as JSON has it."""
    return ListedSegment(
        segment=render_segment(segment),
        counts=ListCounts(read=counts.read, invalid=counts.invalid, unknown=counts.unknown, repeated=counts.repeated),
    )


def render_definition(definition: segment_pb2.Definition) -> Definition:
    """The definition as JSON has it."""
    return Definition(
        number=definition.number,
        rule=definition.rule,
        expression=render_expression(definition.expression),
        defined_by=definition.defined_by,
        defined_at=render_optional_time(definition, "defined_at"),
    )
