"""Keeps how much of its reward budget a campaign was told is spent; it must not guess that of running ones."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE campaign ADD COLUMN budget_percent integer NOT NULL DEFAULT 0 "
        "CONSTRAINT campaign_budget_percent CHECK (budget_percent BETWEEN 0 AND 100)"
    )
