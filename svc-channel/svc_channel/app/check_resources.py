"""Which resources of the library messages show, and which of them there are; fetches no picture."""

from collections.abc import Iterable

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from svc_channel.domain.mms.content import read_content
from svc_channel.store.renditions import known_resources

RESOURCE_UNKNOWN = "RESOURCE_UNKNOWN"


def named_resource(content: bytes | None) -> str:
    """The resource that an mms message shows, "" for one that nobody can read."""
    try:
        return read_content(content or b"").resource
    except InvalidInput:
        return ""


async def missing_resources(unit: UnitOfWork, contents: Iterable[bytes | None]) -> frozenset[str]:
    """The resources that some mms messages show and the library does not have, in one question."""
    named = {named_resource(content) for content in set(contents)} - {""}
    return frozenset(named - await known_resources(unit, named)) if named else frozenset()
