"""Campaigns, their arms, members, launch batches and booked orders, with row-level security on the branch."""

from alembic import op

from carillon_chassis.migrations import create_chassis_tables

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE campaign (
        id uuid PRIMARY KEY,
        name text NOT NULL CHECK (btrim(name) <> ''),
        branch text NOT NULL,
        state text NOT NULL CHECK (state IN
            ('draft', 'submitted', 'approved', 'rejected', 'launching', 'running', 'completed')),
        sender text NOT NULL,
        link_target text NOT NULL,
        window_days integer NOT NULL CHECK (window_days >= 1),
        response_events text[] NOT NULL,
        conversion_services text[] NOT NULL CHECK (cardinality(conversion_services) > 0),
        reward_currency text,
        reward_points bigint CHECK (reward_points > 0),
        reward_budget bigint CHECK (reward_budget >= reward_points),
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        submitted_by text NOT NULL,
        approved_by text NOT NULL,
        rejection_reason text NOT NULL,
        launched_at timestamptz,
        window_ends_at timestamptz,
        problem text NOT NULL DEFAULT '',
        delivered bigint NOT NULL DEFAULT 0,
        failed bigint NOT NULL DEFAULT 0,
        in_doubt bigint NOT NULL DEFAULT 0,
        CHECK (num_nulls(reward_currency, reward_points, reward_budget) IN (0, 3)),
        CHECK ((launched_at IS NOT NULL) = (state IN ('launching', 'running', 'completed'))),
        CHECK ((launched_at IS NULL) = (window_ends_at IS NULL)),
        CHECK (approved_by = '' OR approved_by NOT IN (created_by, submitted_by))
    )
    """,
    "CREATE INDEX campaign_newest ON campaign (created_at, id)",
    "CREATE INDEX campaign_name ON campaign (name)",
    """
    CREATE TABLE arm (
        campaign_id uuid REFERENCES campaign (id),
        place smallint,
        name text NOT NULL,
        segment_id uuid NOT NULL,
        holdout boolean NOT NULL,
        template text,
        booked_up_to bigint NOT NULL DEFAULT 0,
        booked boolean NOT NULL DEFAULT false,
        PRIMARY KEY (campaign_id, place),
        CHECK (holdout = (template IS NULL))
    )
    """,
    # Room on each page lets delivery and response be written beside the row, without touching an index.
    """
    CREATE TABLE member (
        campaign_id uuid,
        subscriber_id bigint CHECK (subscriber_id BETWEEN 1 AND 4294967295),
        link_token bigint,
        responded_at timestamptz,
        converted_at timestamptz,
        revenue_fen bigint NOT NULL DEFAULT 0,
        arm smallint NOT NULL,
        contacted boolean NOT NULL,
        in_doubt boolean NOT NULL DEFAULT false,
        rewarded boolean NOT NULL DEFAULT false,
        response_route text CHECK (response_route IN ('inbound', 'link', 'event')),
        delivery text CHECK (delivery IN ('delivered', 'failed')),
        failure_reason text,
        PRIMARY KEY (campaign_id, subscriber_id)
    ) WITH (fillfactor = 80)
    """,
    "CREATE UNIQUE INDEX member_link_token ON member (link_token) WHERE link_token IS NOT NULL",
    """
    CREATE TABLE launch_batch (
        campaign_id uuid REFERENCES campaign (id),
        number bigint CHECK (number > 0),
        members integer NOT NULL,
        contacts integer NOT NULL,
        payload bytea,
        booked_at timestamptz NOT NULL,
        handed_at timestamptz,
        PRIMARY KEY (campaign_id, number),
        CHECK (handed_at IS NULL OR payload IS NULL)
    )
    """,
    # A payload is written once and read at most once: compressing it would cost more than it saves.
    "ALTER TABLE launch_batch ALTER COLUMN payload SET STORAGE EXTERNAL",
    """
    CREATE TABLE booked_order (
        order_id text,
        campaign_id uuid REFERENCES campaign (id),
        subscriber_id bigint NOT NULL,
        amount_fen bigint NOT NULL CHECK (amount_fen >= 0),
        activated_at timestamptz NOT NULL,
        PRIMARY KEY (order_id, campaign_id)
    )
    """,
    # Who asks for a branch asks under this role. Roles are the cluster's: another database may have made it, at this
    # very moment too. Where the service may not make or grant roles, the migration says what an administrator does.
    """
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carillon_campaign_branch') THEN
            CREATE ROLE carillon_campaign_branch NOLOGIN;
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
    END $$
    """,
    """
    DO $$ BEGIN
        GRANT carillon_campaign_branch TO CURRENT_USER;
    EXCEPTION WHEN insufficient_privilege OR unique_violation OR undefined_object THEN NULL;
    END $$
    """,
    """
    DO $$ BEGIN
        IF NOT coalesce((SELECT pg_has_role(oid, 'MEMBER') FROM pg_roles
                         WHERE rolname = 'carillon_campaign_branch'), false) THEN
            RAISE insufficient_privilege USING
                MESSAGE = format('%s may not act as carillon_campaign_branch', current_user),
                HINT = format('As an administrator: CREATE ROLE carillon_campaign_branch NOLOGIN; '
                              'GRANT carillon_campaign_branch TO %I;', current_user);
        END IF;
    END $$
    """,
    "GRANT SELECT, INSERT, UPDATE ON campaign TO carillon_campaign_branch",
    "GRANT SELECT, INSERT ON arm TO carillon_campaign_branch",
    "ALTER TABLE campaign ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY campaign_of_branch ON campaign TO carillon_campaign_branch
        USING (branch <> '' AND branch = current_setting('carillon.branch', true))
    """,
)


def upgrade() -> None:
    create_chassis_tables()
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("booked_order", "launch_batch", "member", "arm", "campaign"):
        op.execute(f"DROP TABLE {table}")
    for table in ("command", "inbox_cursor", "outbox"):
        op.execute(f"DROP TABLE {table}")
