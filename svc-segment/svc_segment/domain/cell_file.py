"""Says which scenes lie in the cells that a file tells of; it must not know who was seen there."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from carillon_chassis.errors import InvalidInput
from svc_segment.domain.scene import Scene
from svc_segment.domain.snapshot import Reject, RejectReason

CELL_COLUMN = "cell"
# What else a file may say of a cell; the branch is nothing to scenes and is passed over.
SCENE_COLUMN, AREA_COLUMN, HALL_COLUMN, BRANCH_COLUMN = "scene", "area", "hall", "branch"
SAYING = (SCENE_COLUMN, AREA_COLUMN, HALL_COLUMN)
MAX_CELL_LENGTH = 100
# Several areas or scenes of one cell stand in one field.
BETWEEN = re.compile(r"[\s,;、]+")
HALL_TAG = "hall"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRow:
    """A row of the file; what it does not say is empty."""

    row: int
    cell: str
    scene: str = ""
    area: str = ""
    hall: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catchment:
    """How a hall's catchment is watched that nobody has defined (SEG-34)."""

    confidence: float
    window_days: int
    least_days: int

    def scene(self, code: str, hall: str) -> Scene:
        """The scene of a hall, written branch/name; raises InvalidInput TAG_PATH."""
        return Scene(
            code=code,
            path=f"{HALL_TAG}/{hall}",
            confidence=self.confidence,
            window_days=self.window_days,
            least_days=self.least_days,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldCells:
    """The codes of the scenes of each cell, the halls that become scenes, and the rows that say nothing good."""

    cells: Mapping[str, frozenset[str]]
    halls: Sequence[Scene]
    rejects: Sequence[Reject]


def check_columns(columns: Sequence[str]) -> None:
    """Raises InvalidInput SNAPSHOT_COLUMN_MISSING and SNAPSHOT_COLUMN_UNKNOWN for a file that is none of cells."""
    if CELL_COLUMN not in columns or not set(SAYING) & set(columns):
        raise InvalidInput(
            reason="SNAPSHOT_COLUMN_MISSING",
            field=CELL_COLUMN,
            detail=f"a file of cells has the column {CELL_COLUMN} and at least one of {', '.join(SAYING)}",
        )
    unknown = sorted(set(columns) - {CELL_COLUMN, BRANCH_COLUMN, *SAYING})
    if unknown:
        raise InvalidInput(
            reason="SNAPSHOT_COLUMN_UNKNOWN",
            field=unknown[0],
            detail=f"a file of cells has no such columns: {', '.join(unknown)}",
        )


def tell_cells(
    rows: Iterable[CellRow], scenes: Sequence[Scene], areas: Mapping[str, frozenset[str]], catchment: Catchment
) -> ToldCells:
    """What a file says; ``areas`` are the codes of scenes by area. A hall that is no scene yet becomes one."""
    known = _Known(scenes, areas, catchment)
    cells: dict[str, frozenset[str]] = {}
    rejects = []
    for row in rows:
        try:
            cells[_checked_cell(row, cells)] = known.scenes_of(row)
        except _RowRefusedError as refused:
            rejects.append(Reject(row=row.row, field=refused.field, reason=refused.reason, detail=refused.detail))
    return ToldCells(cells=cells, halls=known.halls, rejects=rejects)


class _RowRefusedError(Exception):
    """Ends the reading of one row."""

    def __init__(self, field: str, reason: RejectReason, detail: str) -> None:
        super().__init__(detail)
        self.field, self.reason, self.detail = field, reason, detail


class _Known:
    """The scenes by their names, growing by the halls that the file tells of."""

    def __init__(self, scenes: Sequence[Scene], areas: Mapping[str, frozenset[str]], catchment: Catchment) -> None:
        self.halls: list[Scene] = []
        self._areas = areas
        self._catchment = catchment
        self._codes = {scene.code for scene in scenes}
        self._by_path = {scene.path: scene.code for scene in scenes}
        self._by_name = {scene.path.rsplit("/", 1)[-1]: scene.code for scene in scenes}

    def scenes_of(self, row: CellRow) -> frozenset[str]:
        found = {self._scene(name) for name in BETWEEN.split(row.scene.strip()) if name}
        for area in BETWEEN.split(row.area.strip()):
            found |= self._areas.get(area, frozenset()) & self._codes
        if row.hall.strip():
            found.add(self._hall(row.hall.strip()))
        return frozenset(found)

    def _scene(self, name: str) -> str:
        code = name.upper() if name.upper() in self._codes else self._by_name.get(name)
        if code is None:
            raise _RowRefusedError(SCENE_COLUMN, RejectReason.UNKNOWN_SCENE, f"{name!r} is no scene that is watched")
        return code

    def _hall(self, hall: str) -> str:
        path = f"{HALL_TAG}/{hall}"
        if path not in self._by_path:
            try:
                scene = self._catchment.scene(self._free_code(), hall)
            except InvalidInput as refusal:
                raise _RowRefusedError(HALL_COLUMN, RejectReason.OUT_OF_RANGE, refusal.detail) from refusal
            self.halls.append(scene)
            self._codes.add(scene.code)
            self._by_path[path] = scene.code
        return self._by_path[path]

    def _free_code(self) -> str:
        number = 1
        while f"HALL_{number:02d}" in self._codes:
            number += 1
        return f"HALL_{number:02d}"


def _checked_cell(row: CellRow, before: Mapping[str, frozenset[str]]) -> str:
    cell = row.cell.strip()
    if not cell:
        raise _RowRefusedError(CELL_COLUMN, RejectReason.MISSING, "the row names no cell")
    if len(cell) > MAX_CELL_LENGTH:
        raise _RowRefusedError(
            CELL_COLUMN, RejectReason.OUT_OF_RANGE, f"a cell has at most {MAX_CELL_LENGTH} characters"
        )
    if cell in before:
        raise _RowRefusedError(
            CELL_COLUMN, RejectReason.DUPLICATE, "an earlier row tells of this cell; that one counts"
        )
    return cell
