"""What the store refuses, worded once; it must not decide when."""

from carillon_chassis.errors import InvalidInput, LimitExceeded


def upload_too_large(limit_bytes: int) -> LimitExceeded:
    """A file larger than one snapshot may be."""
    return LimitExceeded(
        reason="UPLOAD_TOO_LARGE", field="piece", detail=f"a file has at most {limit_bytes} bytes; split the snapshot"
    )


def unreadable(kind: str, error: Exception) -> InvalidInput:
    """A file whose bytes are no table."""
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    return InvalidInput(reason="SNAPSHOT_UNREADABLE", field="file", detail=f"the file can't be read as {kind}: {said}")


def unsuited(column: str, found: str, wanted: str) -> InvalidInput:
    """A column whose type in the file can't become the attribute's."""
    return InvalidInput(
        reason="SNAPSHOT_COLUMN_TYPE",
        field=column,
        detail=f"the column {column} of the file is {found}, its attribute is {wanted}",
    )
