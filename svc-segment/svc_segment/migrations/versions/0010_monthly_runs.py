"""Makes the table of what became of each month's lists and match; it asks for none."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """A row a kind of work and month, so that each is asked for once."""
    op.execute(
        """
        CREATE TABLE monthly_run (
            kind text NOT NULL,
            month date NOT NULL CONSTRAINT monthly_run_first_day CHECK (extract(day FROM month) = 1),
            state text NOT NULL CONSTRAINT monthly_run_state CHECK (state IN ('waiting', 'requested')),
            problem text NOT NULL,
            run_id uuid,
            changed_at timestamptz NOT NULL,
            PRIMARY KEY (kind, month),
            CONSTRAINT monthly_run_asked CHECK ((state = 'requested') = (run_id IS NOT NULL))
        )
        """
    )
