"""Makes the tables of the match library, of its runs and of who has which service; it matches nobody.

A run's shares are written with its end in one transaction, so a run shows whole or not at all.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = (
    """
    CREATE TABLE match_service (
        code text PRIMARY KEY CONSTRAINT match_service_code CHECK (code ~ '^[A-Z][A-Z0-9_]{0,39}$'),
        owned_when text NOT NULL,
        terminal text NOT NULL,
        changed_by text NOT NULL,
        changed_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE match_rule (
        id uuid PRIMARY KEY,
        code text NOT NULL CONSTRAINT match_rule_code CHECK (code ~ '^[A-Z][A-Z0-9_]{0,39}$'),
        service text NOT NULL REFERENCES match_service (code),
        layer smallint NOT NULL CONSTRAINT match_rule_layer CHECK (layer BETWEEN 1 AND 4),
        principle text NOT NULL,
        extract text NOT NULL,
        priority smallint NOT NULL CONSTRAINT match_rule_priority CHECK (priority BETWEEN 1 AND 9),
        channels text[] NOT NULL,
        brands text[] NOT NULL,
        brand_order text[] NOT NULL,
        monthly_volume integer NOT NULL CONSTRAINT match_rule_volume CHECK (monthly_volume >= 0),
        score text NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        ended_by text NOT NULL DEFAULT '',
        ended_at timestamptz
    )
    """,
    "CREATE UNIQUE INDEX match_rule_living ON match_rule (code) WHERE ended_at IS NULL",
    """
    CREATE TABLE match_run (
        id uuid PRIMARY KEY,
        state text NOT NULL CONSTRAINT match_run_state CHECK (state IN ('queued', 'running', 'done', 'failed')),
        month text NOT NULL CONSTRAINT match_run_month CHECK (month ~ '^[0-9]{4}-[0-9]{2}$'),
        requested_by text NOT NULL,
        requested_at timestamptz NOT NULL,
        ended_at timestamptz,
        library jsonb NOT NULL,
        base_version bigint,
        as_of date,
        rules_done integer NOT NULL DEFAULT 0,
        subscribers bigint NOT NULL DEFAULT 0,
        uncovered bigint NOT NULL DEFAULT 0,
        recommended bigint NOT NULL DEFAULT 0,
        problem text NOT NULL DEFAULT ''
    )
    """,
    "CREATE INDEX match_run_newest ON match_run (requested_at DESC)",
    """
    CREATE TABLE match_share (
        run_id uuid NOT NULL REFERENCES match_run (id) ON DELETE CASCADE,
        position integer NOT NULL,
        rule text NOT NULL,
        fitting bigint NOT NULL,
        placed bigint[] NOT NULL,
        fits bytea NOT NULL,
        speaks bytea NOT NULL,
        PRIMARY KEY (run_id, position)
    )
    """,
    # Whom a rule with a volume gave away in a month, over all runs of the month.
    """
    CREATE TABLE match_extraction (
        rule text NOT NULL,
        month text NOT NULL,
        subscribers bytea NOT NULL,
        PRIMARY KEY (rule, month)
    )
    """,
    # Who has which service, as svc-catalog tells it.
    """
    CREATE TABLE subscription (
        service text NOT NULL,
        subscriber_id integer NOT NULL,
        order_id text NOT NULL,
        since timestamptz NOT NULL,
        PRIMARY KEY (service, subscriber_id, order_id)
    )
    """,
    "CREATE INDEX subscription_subscriber ON subscription (subscriber_id)",
)


def upgrade() -> None:
    """Makes everything that matching stands on."""
    for statement in TABLES:
        op.execute(statement)
