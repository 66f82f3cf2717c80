"""Makes the tables of the catalogue, of orders and of subscriptions, beside the chassis's own; it loads no data."""

from alembic import op

from carillon_chassis.migrations import create_chassis_tables

revision = "0001"
down_revision = None

TABLES = (
    """
    CREATE TABLE service (
        code text PRIMARY KEY CONSTRAINT service_code CHECK (code ~ '^[A-Z][A-Z0-9_]{1,63}$'),
        name_zh text NOT NULL,
        name_en text NOT NULL,
        aliases_zh text[] NOT NULL DEFAULT '{}',
        service_class text CONSTRAINT service_class CHECK (service_class IN ('MATURE', 'STRATEGIC', 'SCALE')),
        suggested_class text
            CONSTRAINT service_suggested_class CHECK (suggested_class IN ('MATURE', 'STRATEGIC', 'SCALE')),
        parent_code text REFERENCES service (code) DEFERRABLE INITIALLY DEFERRED,
        ownership text NOT NULL CONSTRAINT service_ownership CHECK (ownership IN ('OWN', 'SP')),
        revenue_calibre text NOT NULL
            CONSTRAINT service_revenue_calibre CHECK (revenue_calibre IN ('DATA_VAS', 'VOICE_VAS')),
        cluster text CONSTRAINT service_cluster CHECK (cluster IN ('a', 'b', 'c', 'd')),
        ocrm_marketed boolean NOT NULL,
        has_mining_model boolean NOT NULL,
        instant_activation boolean NOT NULL,
        premium_fen bigint,
        ordinary_fen bigint,
        non_member_fen bigint,
        CONSTRAINT service_parent CHECK (parent_code <> code),
        CONSTRAINT service_class_once CHECK (service_class IS NULL OR suggested_class IS NULL),
        CONSTRAINT service_prices CHECK (premium_fen >= 0 AND ordinary_fen >= 0 AND non_member_fen >= 0)
    )
    """,
    """
    CREATE TABLE brand (
        code text PRIMARY KEY,
        position integer NOT NULL,
        name_zh text NOT NULL,
        name_en text NOT NULL,
        tone text[] NOT NULL DEFAULT '{}',
        promote text[] NOT NULL DEFAULT '{}',
        lever text NOT NULL
    )
    """,
    """
    CREATE TABLE channel (
        code text PRIMARY KEY,
        position integer NOT NULL,
        name_zh text NOT NULL,
        name_en text NOT NULL,
        aliases_zh text[] NOT NULL DEFAULT '{}',
        kind text CONSTRAINT channel_kind CHECK (kind IN ('ELECTRONIC', 'PHYSICAL'))
    )
    """,
    """
    CREATE TABLE service_order (
        id uuid PRIMARY KEY,
        subscriber_id bigint NOT NULL CONSTRAINT service_order_subscriber CHECK (subscriber_id BETWEEN 1 AND 4294967295),
        service text NOT NULL REFERENCES service (code),
        plan text NOT NULL,
        amount_fen bigint NOT NULL CONSTRAINT service_order_amount CHECK (amount_fen BETWEEN 0 AND 100000000000),
        touchpoint text NOT NULL,
        campaign_id text NOT NULL,
        affiliate_id text NOT NULL,
        staff_id text NOT NULL,
        decision_id text NOT NULL,
        branch text NOT NULL,
        state text NOT NULL
            CONSTRAINT service_order_state CHECK (state IN ('pending_confirmation', 'active', 'cancelled')),
        placed_at timestamptz NOT NULL,
        activated_at timestamptz,
        CONSTRAINT service_order_activated CHECK ((activated_at IS NOT NULL) = (state = 'active'))
    )
    """,
    """
    CREATE TABLE subscription (
        order_id uuid PRIMARY KEY REFERENCES service_order (id),
        subscriber_id bigint NOT NULL,
        service text NOT NULL REFERENCES service (code),
        since timestamptz NOT NULL,
        ended_at timestamptz,
        CONSTRAINT subscription_ended CHECK (ended_at >= since)
    )
    """,
    "CREATE UNIQUE INDEX subscription_running ON subscription (subscriber_id, service) WHERE ended_at IS NULL",
)


def upgrade() -> None:
    create_chassis_tables()
    for statement in TABLES:
        op.execute(statement)
