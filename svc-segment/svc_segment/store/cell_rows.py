"""Reads the rows of a file of cells as they are written; it must not judge them."""

import duckdb

from svc_segment.domain.cell_file import CELL_COLUMN, SAYING, CellRow
from svc_segment.store.errors import unreadable
from svc_segment.store.source_file import Source


def read_cell_rows(connection: duckdb.DuckDBPyConnection, source: Source) -> list[CellRow]:
    """Every row, in the order of the file; an operator has some ten thousand cells. Raises InvalidInput."""
    told = [f'CAST("{name}" AS VARCHAR)' if name in source.columns else "''" for name in (CELL_COLUMN, *SAYING)]
    columns = ", ".join(f"coalesce({one}, '')" for one in told)
    try:
        rows = connection.execute(f"SELECT {source.row}, {columns} FROM {source.relation} ORDER BY 1").fetchall()  # noqa: S608 -- our own names and path
    except duckdb.Error as error:
        raise unreadable("Parquet", error) from error
    return [CellRow(row=row, cell=cell, scene=scene, area=area, hall=hall) for row, cell, scene, area, hall in rows]
