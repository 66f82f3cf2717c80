"""Lets lists have several rows a number, month by month, for rules to read; it must not load any."""

from alembic import op

revision = "0009"
down_revision = "0008"

STATEMENTS = (
    "ALTER TABLE snapshot ADD COLUMN list_kind text NOT NULL DEFAULT ''",
    # Until now nobody could read what came with a list: its file may come again and then counts anew.
    "UPDATE snapshot SET superseded = true WHERE kind = 'list' AND state = 'loaded'",
    "DROP INDEX snapshot_file",
    # What is read as another kind is another list, even from the same bytes.
    """
    CREATE UNIQUE INDEX snapshot_file ON snapshot (sha256, kind, name, month, list_kind) NULLS NOT DISTINCT
        WHERE state <> 'failed' AND NOT superseded
    """,
    """
    CREATE TABLE list_month (
        segment_id uuid NOT NULL REFERENCES segment (id),
        month date NOT NULL CONSTRAINT list_month_first_day CHECK (extract(day FROM month) = 1),
        file text NOT NULL CONSTRAINT list_month_file UNIQUE,
        rows bigint NOT NULL CONSTRAINT list_month_rows CHECK (rows >= 0),
        columns text[] NOT NULL,
        snapshot_id uuid NOT NULL REFERENCES snapshot (id),
        PRIMARY KEY (segment_id, month)
    )
    """,
)


def upgrade() -> None:
    """Makes room for the rows of lists."""
    for statement in STATEMENTS:
        op.execute(statement)
