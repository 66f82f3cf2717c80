"""Turns tags and scenes into protobuf and back, one function each way; it must not decide anything."""

from collections.abc import Sequence

from pyroaring import BitMap

from carillon.segment.v1 import tag_pb2
from svc_segment.app.subscriber_tags import SubscriberTag
from svc_segment.domain.scene import HOURS_A_DAY, WEEKDAYS, Scene
from svc_segment.domain.tag import LEAST_GROUP, Observation


def parse_scene(message: tag_pb2.Scene) -> Scene:
    """A scene as a caller says it; raises InvalidInput SCENE, TAG_PATH, TAG_CONFIDENCE."""
    return Scene(
        code=message.code,
        path=message.path,
        confidence=message.confidence,
        window_days=message.window_days,
        least_days=message.least_days,
        from_hour=message.from_hour,
        to_hour=message.to_hour or HOURS_A_DAY,
        weekdays=frozenset(message.weekdays) or WEEKDAYS,
    )


def render_scene(scene: Scene) -> tag_pb2.Scene:
    """A scene that is watched."""
    return tag_pb2.Scene(
        code=scene.code,
        path=scene.path,
        confidence=scene.confidence,
        window_days=scene.window_days,
        least_days=scene.least_days,
        from_hour=scene.from_hour,
        to_hour=scene.to_hour,
        weekdays=sorted(scene.weekdays),
    )


def render_tag(path: str, sources: Sequence[Observation]) -> tag_pb2.Tag:
    """A tag and who gave it; so few that they are persons are not counted."""
    count = len(BitMap.union(*(one.subscribers for one in sources)))
    return tag_pb2.Tag(
        path=path,
        count=count if count >= LEAST_GROUP else None,
        sources=[
            tag_pb2.TagSource(
                source=one.source,
                confidence=one.confidence,
                observed_on=one.observed_on.isoformat(),
                expires_on=one.expires_on.isoformat() if one.expires_on else "",
            )
            for one in sources
        ],
    )


def render_subscriber_tag(tag: SubscriberTag) -> tag_pb2.SubscriberTag:
    """A tag of one subscriber."""
    return tag_pb2.SubscriberTag(path=tag.path, confidence=tag.confidence, observed_on=tag.observed_on.isoformat())
