"""Adds up a grid from how often each pattern of rows and columns was met; it must not ask who fits."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Exact counts: ``cells[row][column]``; totals count nobody twice where rows or columns overlap."""

    cells: tuple[tuple[int, ...], ...]
    row_totals: tuple[int, ...]
    column_totals: tuple[int, ...]
    total: int
    filtered: int

    def every_count(self) -> tuple[int, ...]:
        """All that is told: cells, totals and who fits the filter."""
        cells = tuple(count for row in self.cells for count in row)
        return (*cells, *self.row_totals, *self.column_totals, self.total, self.filtered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Which rows and columns so many subscribers fit, as bits from the lowest."""

    rows: int
    columns: int
    count: int


def add_up(patterns: Iterable[Pattern], *, rows: int, columns: int) -> Grid:
    """The grid of so many rows and columns."""
    cells = [[0] * columns for _ in range(rows)]
    row_totals, column_totals = [0] * rows, [0] * columns
    total = filtered = 0
    for pattern in patterns:
        filtered += pattern.count
        if not pattern.rows or not pattern.columns:
            continue
        total += pattern.count
        fitting_columns = [column for column in range(columns) if pattern.columns >> column & 1]
        for column in fitting_columns:
            column_totals[column] += pattern.count
        for row in range(rows):
            if pattern.rows >> row & 1:
                row_totals[row] += pattern.count
                for column in fitting_columns:
                    cells[row][column] += pattern.count
    return Grid(
        cells=tuple(tuple(row) for row in cells),
        row_totals=tuple(row_totals),
        column_totals=tuple(column_totals),
        total=total,
        filtered=filtered,
    )
