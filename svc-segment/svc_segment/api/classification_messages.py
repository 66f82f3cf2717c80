"""Turns classifications and their runs into protobuf and back, one function each way; it must not decide anything."""

from carillon.segment.v1 import classification_pb2
from svc_segment.api.match_messages import STATES, render_moment
from svc_segment.app.classify_subscriber import SubscriberClass
from svc_segment.domain.class_run import ClassRun
from svc_segment.domain.classification import Classification, ClassLabel, Step
from svc_segment.domain.monthly import MonthlyRun


def parse_classification(message: classification_pb2.Classification) -> Classification:
    """A classification as a caller says it; raises InvalidInput CLASSIFICATION_*."""
    return Classification(
        code=message.code,
        name_zh=message.name_zh,
        name_en=message.name_en,
        classes=tuple(
            ClassLabel(
                result=label.result,
                text_zh=label.text_zh,
                text_en=label.text_en,
                listed=label.listed,
                priority_target=label.priority_target,
            )
            for label in message.classes
        ),
        steps=tuple(Step(test=step.test, result=step.result, why=step.why) for step in message.steps),
    )


def render_classification(one: Classification) -> classification_pb2.Classification:
    """A classification as it stands."""
    return classification_pb2.Classification(
        code=one.code,
        name_zh=one.name_zh,
        name_en=one.name_en,
        classes=[
            classification_pb2.ClassLabel(
                result=label.result,
                text_zh=label.text_zh,
                text_en=label.text_en,
                listed=label.listed,
                priority_target=label.priority_target,
            )
            for label in one.classes
        ],
        steps=[classification_pb2.ClassStep(test=step.test, result=step.result, why=step.why) for step in one.steps],
        version=one.version,
    )


def render_subscriber_class(one: SubscriberClass) -> classification_pb2.SubscriberClass:
    """The class of one subscriber, and the day that it describes."""
    return classification_pb2.SubscriberClass(
        code=one.code,
        result=one.label.result,
        text_zh=one.label.text_zh,
        text_en=one.label.text_en,
        as_of=one.as_of.isoformat(),
    )


def render_run(run: ClassRun) -> classification_pb2.ClassRun:
    """A run and how many it found in which class and branch."""
    return classification_pb2.ClassRun(
        id=str(run.id),
        state=STATES[run.state],
        code=run.classification.code,
        month=run.month,
        version=run.classification.version,
        requested_by=run.requested_by,
        requested_at=render_moment(run.requested_at),
        ended_at=render_moment(run.ended_at),
        as_of=run.as_of.isoformat() if run.as_of else "",
        subscribers=run.subscribers,
        counts=[_render_count(run, label) for label in run.classification.classes] if run.counts else [],
        folder=run.folder,
        problem=run.problem,
    )


def render_monthly_run(run: MonthlyRun) -> classification_pb2.MonthlyRun:
    """What became of a month's work."""
    return classification_pb2.MonthlyRun(
        kind=run.kind,
        month=f"{run.month:%Y-%m}",
        run_id=str(run.run_id) if run.run_id else "",
        problem=run.problem,
        changed_at=render_moment(run.changed_at),
    )


def _render_count(run: ClassRun, label: ClassLabel) -> classification_pb2.ClassCount:
    branches = run.counts.get(label.result, {})
    return classification_pb2.ClassCount(
        result=label.result,
        text_zh=label.text_zh,
        text_en=label.text_en,
        count=sum(branches.values()),
        branches=[
            classification_pb2.BranchCount(branch=branch, count=count) for branch, count in sorted(branches.items())
        ],
    )
