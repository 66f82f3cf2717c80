"""A table to change in tests, beside the chassis's own."""

from alembic import op

from carillon_chassis.migrations import create_chassis_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_chassis_tables()
    op.execute("CREATE TABLE note (id bigint PRIMARY KEY, text text NOT NULL, owner text)")


def downgrade() -> None:
    op.execute("DROP TABLE note")
