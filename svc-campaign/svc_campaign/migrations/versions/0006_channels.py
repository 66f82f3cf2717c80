"""Gives each arm its channel, what that needs beside the text, and what follows; arms of before are told by SMS."""

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    """
    ALTER TABLE arm
        ADD COLUMN channel text
            CONSTRAINT arm_channel CHECK (channel IN ('sms', 'wap_push', 'ussd', 'mms', 'mobile_market')),
        ADD COLUMN content jsonb NOT NULL DEFAULT '{}' CONSTRAINT arm_content CHECK (jsonb_typeof(content) = 'object'),
        ADD COLUMN push jsonb NOT NULL DEFAULT '{}' CONSTRAINT arm_push CHECK (jsonb_typeof(push) = 'object'),
        ADD COLUMN fallback text,
        ADD COLUMN cell text NOT NULL DEFAULT ''
    """,
    "UPDATE arm SET channel = 'sms' WHERE template IS NOT NULL",
    "ALTER TABLE arm DROP CONSTRAINT arm_holdout",
    "ALTER TABLE arm ADD CONSTRAINT arm_holdout CHECK (NOT holdout OR channel IS NULL)",
    "ALTER TABLE arm ADD CONSTRAINT arm_quiet CHECK (channel IS NOT NULL OR num_nonnulls(template, fallback) = 0)",
    # Null for batches of before, which are plain SMS.
    "ALTER TABLE launch_batch ADD COLUMN place smallint",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
