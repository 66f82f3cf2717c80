"""Classifications and their runs in JSON; it must not decide anything."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from carillon.segment.v1 import classification_pb2, match_pb2
from carillon_gateway.http.models.matches import MAX_RULE_LENGTH
from carillon_gateway.http.models.shapes import (
    Answer,
    Body,
    Month,
    ShortText,
    Text,
    render_optional_time,
    render_state,
    render_time,
)


class ClassLabel(Body):
    """A class in words."""

    result: ShortText = Field(examples=["SUB_SILENT"])
    text_zh: Text = Field("", max_length=200, examples=["亚沉默用户"])
    text_en: Text = Field("", max_length=200, examples=["Sub-silent"])
    listed: bool = Field(default=True, description="Gets a monthly list; others are only counted")
    priority_target: bool = False


class ClassStep(Body):
    """A test and the class of those whom it is the first to fit."""

    test: Text = Field(min_length=1, max_length=MAX_RULE_LENGTH, examples=["fetion_client_days >= 19"])
    result: ShortText
    why: Text = Field("", max_length=400)


class PutClassification(Body):
    """Steps in order; the last test is ``true``."""

    name_zh: Text = Field("", max_length=200)
    name_en: Text = Field("", max_length=200)
    classes: list[ClassLabel] = Field(min_length=1, max_length=60)
    steps: list[ClassStep] = Field(min_length=1, max_length=60)


class Classification(Answer):
    """A classification as it stands."""

    code: str
    name_zh: str
    name_en: str
    version: int
    classes: list[ClassLabel]
    steps: list[ClassStep]


class Classifications(Answer):
    """All of them."""

    classifications: list[Classification]


class RequestClasses(Body):
    """The month that the data describe."""

    month: Month | None = Field(None, examples=["2011-03"], description="Without it, the snapshot's")


class BranchCount(Answer):
    """How many of a class live in a branch; an empty branch is not known."""

    branch: str
    count: int


class ClassCount(Answer):
    """How many are in a class."""

    result: str
    text_zh: str
    text_en: str
    count: int
    branches: list[BranchCount]


class ClassRun(Answer):
    """A classification of everyone, and how far it is."""

    id: str
    state: Literal["queued", "running", "done", "failed"]
    code: str
    version: int
    month: str
    as_of: str | None
    requested_by: str
    requested_at: datetime
    ended_at: datetime | None
    subscribers: int
    counts: list[ClassCount]
    folder: str | None = Field(description="Where the lists lie below the drop folder")
    problem: str | None


class SubscriberClass(Answer):
    """One subscriber's class by one classification."""

    code: str = Field(examples=["event_preference"])
    result: str = Field(examples=["POP_TSAI_CHIN"])
    text_zh: str
    text_en: str
    as_of: date = Field(
        description="The day of what it was judged by: of the attributes, or today where it looks back at events"
    )


class SubscriberClasses(Answer):
    """One subscriber's classes as the data stand now."""

    classes: list[SubscriberClass]


class MonthlyRun(Answer):
    """One month's lists of a classification, or its match: asked for as a run, or what it waits for."""

    kind: str = Field(examples=["classes:fetion", "match"])
    month: str = Field(description="The month of the data; a match gives away the volumes of the month after")
    run_id: str | None
    problem: str | None
    changed_at: datetime


class MonthlyRuns(Answer):
    """The newest months first."""

    runs: list[MonthlyRun]


def parse_classification(code: str, body: PutClassification) -> classification_pb2.Classification:
    """The classification as svc-segment takes it."""
    return classification_pb2.Classification(code=code, **body.model_dump())


def render_classification(one: classification_pb2.Classification) -> Classification:
    """A classification as JSON has it."""
    return Classification(
        code=one.code,
        name_zh=one.name_zh,
        name_en=one.name_en,
        version=one.version,
        classes=[
            ClassLabel(
                result=label.result,
                text_zh=label.text_zh,
                text_en=label.text_en,
                listed=label.listed,
                priority_target=label.priority_target,
            )
            for label in one.classes
        ],
        steps=[ClassStep(test=step.test, result=step.result, why=step.why) for step in one.steps],
    )


def render_class_run(run: classification_pb2.ClassRun) -> ClassRun:
    """A run as JSON has it."""
    return ClassRun(
        id=run.id,
        state=render_state(match_pb2.RunState.Name(run.state), "RUN_STATE_"),
        code=run.code,
        version=run.version,
        month=run.month,
        as_of=run.as_of or None,
        requested_by=run.requested_by,
        requested_at=render_time(run.requested_at),
        ended_at=render_optional_time(run, "ended_at"),
        subscribers=run.subscribers,
        counts=[
            ClassCount(
                result=count.result,
                text_zh=count.text_zh,
                text_en=count.text_en,
                count=count.count,
                branches=[BranchCount(branch=place.branch, count=place.count) for place in count.branches],
            )
            for count in run.counts
        ],
        folder=run.folder or None,
        problem=run.problem or None,
    )


def render_classes(answer: classification_pb2.ClassifySubscriberResponse) -> SubscriberClasses:
    """One subscriber's classes as JSON has them."""
    return SubscriberClasses(
        classes=[
            SubscriberClass(
                code=one.code,
                result=one.result,
                text_zh=one.text_zh,
                text_en=one.text_en,
                as_of=date.fromisoformat(one.as_of),
            )
            for one in answer.classes
        ]
    )


def render_monthly_runs(answer: classification_pb2.ListMonthlyRunsResponse) -> MonthlyRuns:
    """What the clock did, as JSON has it."""
    return MonthlyRuns(
        runs=[
            MonthlyRun(
                kind=run.kind,
                month=run.month,
                run_id=run.run_id or None,
                problem=run.problem or None,
                changed_at=render_time(run.changed_at),
            )
            for run in answer.runs
        ]
    )
