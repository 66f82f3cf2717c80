"""Makes the list of subscribers whose lives ended, and the ways to what is still open for them; it must not touch the ledger."""

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = (
    """
    CREATE TABLE ended_life (
        subscriber_id bigint NOT NULL,
        ended_at timestamptz NOT NULL,
        CONSTRAINT pk_ended_life PRIMARY KEY (subscriber_id),
        CONSTRAINT ck_ended_life_subscriber_id CHECK (subscriber_id BETWEEN 1 AND 4294967295)
    )
    """,
    "REVOKE UPDATE, DELETE ON ended_life FROM carillon_ledger",
    "CREATE INDEX ix_referral_open_referrer ON referral (referrer_id) WHERE state = 'open'",
    """
    CREATE INDEX ix_reward_grant_open ON reward_grant (owner)
        WHERE owner_kind = 'subscriber' AND state IN ('offered', 'waiting')
    """,
)


def upgrade() -> None:
    """Makes them; what svc-segment told before is told again to whoever follows it for the first time."""
    for statement in STATEMENTS:
        op.execute(statement)
