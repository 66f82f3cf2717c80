"""Makes the tables of classifications, of their runs and of the lists that a run gives; it classifies nobody."""

from alembic import op

revision = "0007"
down_revision = "0006"

TABLES = (
    # A change is a new version; what was once in force can be read for ever.
    """
    CREATE TABLE classification (
        code text NOT NULL CONSTRAINT classification_code CHECK (code ~ '^[a-z][a-z0-9_]{0,39}$'),
        version integer NOT NULL CONSTRAINT classification_version CHECK (version >= 1),
        definition jsonb NOT NULL,
        changed_by text NOT NULL,
        changed_at timestamptz NOT NULL,
        PRIMARY KEY (code, version)
    )
    """,
    """
    CREATE TABLE class_run (
        id uuid PRIMARY KEY,
        state text NOT NULL CONSTRAINT class_run_state CHECK (state IN ('queued', 'running', 'done', 'failed')),
        code text NOT NULL,
        month text NOT NULL CONSTRAINT class_run_month CHECK (month ~ '^[0-9]{4}-[0-9]{2}$'),
        definition jsonb NOT NULL,
        requested_by text NOT NULL,
        requested_at timestamptz NOT NULL,
        ended_at timestamptz,
        base_version bigint,
        as_of date,
        subscribers bigint NOT NULL DEFAULT 0,
        folder text NOT NULL DEFAULT '',
        problem text NOT NULL DEFAULT ''
    )
    """,
    "CREATE INDEX class_run_newest ON class_run (code, requested_at DESC)",
    """
    CREATE TABLE class_members (
        run_id uuid NOT NULL REFERENCES class_run (id) ON DELETE CASCADE,
        result text NOT NULL,
        members bytea NOT NULL,
        PRIMARY KEY (run_id, result)
    )
    """,
    # How many of a class live in a branch; an empty branch is one that is not known.
    """
    CREATE TABLE class_count (
        run_id uuid NOT NULL REFERENCES class_run (id) ON DELETE CASCADE,
        result text NOT NULL,
        branch text NOT NULL,
        count bigint NOT NULL,
        PRIMARY KEY (run_id, result, branch)
    )
    """,
)


def upgrade() -> None:
    """Makes everything that classifications stand on."""
    for statement in TABLES:
        op.execute(statement)
