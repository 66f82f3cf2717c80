"""Keeps what plans answer to at once, and whom they have answered; campaigns of before have no triggers."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    """
    CREATE TABLE campaign_trigger (
        campaign_id uuid REFERENCES campaign (id),
        place smallint,
        name text NOT NULL,
        keyword text NOT NULL,
        recipient text NOT NULL,
        event text NOT NULL,
        attributes jsonb NOT NULL CHECK (jsonb_typeof(attributes) = 'object'),
        template text,
        unless_services text[] NOT NULL,
        PRIMARY KEY (campaign_id, place),
        CONSTRAINT campaign_trigger_cause CHECK ((event = '') <> (keyword = '' AND recipient = '')),
        CONSTRAINT campaign_trigger_effect CHECK (template IS NOT NULL OR (event = '' AND unless_services = '{}'))
    )
    """,
    "GRANT SELECT, INSERT ON campaign_trigger TO carillon_campaign_branch",
    # No foreign key to member, which has none either: whoever sets a trigger off is a member in the same statement.
    """
    CREATE TABLE answer (
        campaign_id uuid,
        place smallint,
        subscriber_id bigint CHECK (subscriber_id BETWEEN 1 AND 4294967295),
        triggered_at timestamptz NOT NULL,
        cell text NOT NULL,
        batch bigint,
        PRIMARY KEY (campaign_id, place, subscriber_id)
    )
    """,
    "CREATE INDEX answer_due ON answer (triggered_at) WHERE batch IS NULL",
    # Far above the batches of launches, whose numbers go up from 1: svc-channel knows a batch by campaign and number.
    "CREATE SEQUENCE answer_batch_number START WITH 1000000000001",
    """
    CREATE TABLE answer_batch (
        number bigint PRIMARY KEY DEFAULT nextval('answer_batch_number'),
        campaign_id uuid NOT NULL REFERENCES campaign (id),
        place smallint NOT NULL,
        cell text NOT NULL,
        contacts integer NOT NULL CHECK (contacts > 0),
        payload bytea,
        booked_at timestamptz NOT NULL,
        handed_at timestamptz,
        CHECK ((handed_at IS NULL) = (payload IS NOT NULL))
    )
    """,
    "CREATE INDEX answer_batch_of ON answer_batch (campaign_id)",
    "CREATE INDEX answer_batch_open ON answer_batch (number) WHERE handed_at IS NULL",
    # An arm that is no hold-out may wait for triggers, without a text of its own.
    "ALTER TABLE arm DROP CONSTRAINT arm_check",
    "ALTER TABLE arm ADD CONSTRAINT arm_holdout CHECK (NOT holdout OR template IS NULL)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
