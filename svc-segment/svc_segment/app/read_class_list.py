"""Reads one class's list of a city as it was written; it must not classify anew."""

import uuid
from pathlib import Path

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound, StateRefused
from svc_segment.app.run_classes import class_run_not_found
from svc_segment.domain.match_run import RunState
from svc_segment.store.class_lists import ListFolder
from svc_segment.store.classifications import find_class_run


async def find_class_list(unit: UnitOfWork, lists: ListFolder, run_id: uuid.UUID, *, result: str, branch: str) -> Path:
    """The file of a list (SEG-39). Raises NotFound CLASS_RUN_NOT_FOUND, CLASS_LIST_NOT_FOUND, StateRefused CLASSES_NOT_DONE."""
    run = await find_class_run(unit, run_id)
    if run is None:
        raise class_run_not_found(run_id)
    if run.state is not RunState.DONE:
        raise StateRefused(reason="CLASSES_NOT_DONE", detail=f"the run is {run.state}; there is no list yet")
    path = lists.file(str(run.id), code=run.classification.code, month=run.month, branch=branch, result=result)
    if result not in {label.result for label in run.classification.classes} or not path.is_file():
        raise NotFound(
            reason="CLASS_LIST_NOT_FOUND",
            field="result",
            detail=f"this run has no list of {result} for '{branch}'; a later run of the month replaces its lists",
        )
    return path
