"""Makes room for the renditions of multimedia messages and the events of the app store; must stay as it was released.

A rendition is never changed: what a message showed stays what it showed. A store's event is known by the line it came
over and the key that the store gave it.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    """
    CREATE TABLE rendition (
        resource text NOT NULL,
        slot smallint NOT NULL,
        media_type text NOT NULL,
        sha256 bytea NOT NULL,
        octets bytea NOT NULL,
        added_at timestamptz NOT NULL,
        PRIMARY KEY (resource, slot, media_type, sha256),
        CONSTRAINT rendition_slot CHECK (slot BETWEEN 1 AND 20),
        CONSTRAINT rendition_size CHECK (octet_length(octets) BETWEEN 1 AND 307200),
        CONSTRAINT rendition_sha256 CHECK (sha256 = sha256(octets))
    )
    """,
    # Pictures are compressed already.
    "ALTER TABLE rendition ALTER octets SET STORAGE EXTERNAL",
    """
    CREATE TABLE market_event (
        line text NOT NULL,
        key text NOT NULL,
        content_hash bytea NOT NULL,
        type text NOT NULL,
        msisdn text NOT NULL,
        at timestamptz NOT NULL,
        attributes jsonb NOT NULL,
        received_at timestamptz NOT NULL,
        batch uuid,
        told_at timestamptz,
        PRIMARY KEY (line, key),
        CONSTRAINT market_event_content_hash CHECK (octet_length(content_hash) = 32)
    )
    """,
    "CREATE INDEX market_event_untold ON market_event (received_at) WHERE told_at IS NULL",
    "CREATE INDEX market_event_batch ON market_event (batch) WHERE told_at IS NULL",
)


def upgrade() -> None:
    """Nothing to lose: only additions."""
    for statement in STATEMENTS:
        op.execute(statement)
