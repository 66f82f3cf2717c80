"""Says what one classification of the whole base is; it must not classify anyone."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from svc_segment.domain.classification import Classification
from svc_segment.domain.match_run import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRun:
    """Everyone's class for a month (YYYY-MM), by the classification as it stood when it was asked for.

    ``counts`` are subscribers by class and branch; ``folder`` is where the lists lie below the drop folder.
    """

    id: uuid.UUID
    state: RunState
    month: str
    classification: Classification
    requested_by: str
    requested_at: datetime
    ended_at: datetime | None = None
    base_version: int | None = None
    as_of: date | None = None
    subscribers: int = 0
    folder: str = ""
    problem: str = ""
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
