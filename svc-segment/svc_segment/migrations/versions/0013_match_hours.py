"""Lets a rule of the match library say in which hours of a day its service is recommended; it must not change a rule.

Rules that stand say none, which is any time of day; so do the libraries that past runs kept.
"""

from alembic import op

revision = "0013"
down_revision = "0012"

STATEMENTS = (
    "ALTER TABLE match_rule ADD COLUMN hours text NOT NULL DEFAULT ''",
    """
    ALTER TABLE match_rule ADD CONSTRAINT match_rule_hours CHECK (
        hours = '' OR (
            hours ~ '^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$'
            AND split_part(hours, '-', 1) <> split_part(hours, '-', 2)
        )
    )
    """,
)


def upgrade() -> None:
    """Adds the hours."""
    for statement in STATEMENTS:
        op.execute(statement)
