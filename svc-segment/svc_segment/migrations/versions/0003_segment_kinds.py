"""Gives segments kinds, definitions with history, an archive, and memberships their provenance; it must not compute any."""

from alembic import op

revision = "0003"
down_revision = "0002"

CHANGES = (
    """
    ALTER TABLE segment
        ADD COLUMN kind text NOT NULL DEFAULT 'rule'
            CONSTRAINT segment_kind CHECK (kind IN ('rule', 'list', 'algebra')),
        ADD COLUMN description text NOT NULL DEFAULT '',
        ADD COLUMN definition integer NOT NULL DEFAULT 1 CONSTRAINT segment_definition_number CHECK (definition >= 1),
        ADD COLUMN archived boolean NOT NULL DEFAULT false,
        ADD COLUMN created_by text NOT NULL DEFAULT '',
        ADD COLUMN changed_by text NOT NULL DEFAULT '',
        ADD COLUMN changed_at timestamptz
    """,
    "UPDATE segment SET changed_at = created_at",
    "ALTER TABLE segment ALTER COLUMN changed_at SET NOT NULL, ALTER COLUMN kind DROP DEFAULT",
    # Rows are added and never changed: the history of what a segment meant.
    """
    CREATE TABLE segment_definition (
        segment_id uuid NOT NULL REFERENCES segment (id),
        number integer NOT NULL CONSTRAINT segment_definition_from_one CHECK (number >= 1),
        rule text NOT NULL,
        expression jsonb,
        uses uuid[] NOT NULL DEFAULT '{}',
        reads_usage boolean NOT NULL DEFAULT false,
        event_types text[] NOT NULL DEFAULT '{}',
        defined_by text NOT NULL,
        defined_at timestamptz NOT NULL,
        PRIMARY KEY (segment_id, number),
        CONSTRAINT segment_definition_one CHECK (rule = '' OR expression IS NULL)
    )
    """,
    """
    INSERT INTO segment_definition (segment_id, number, rule, defined_by, defined_at)
    SELECT id, 1, rule, '', created_at FROM segment
    """,
    "ALTER TABLE segment DROP COLUMN rule",
    # The kind is said on the row that is listed; a list has definitions without a rule.
    """
    ALTER TABLE membership
        ALTER COLUMN base_version DROP NOT NULL,
        ADD COLUMN definition integer NOT NULL DEFAULT 1,
        ADD COLUMN usage_version bigint NOT NULL DEFAULT 0,
        ADD COLUMN read_at timestamptz NOT NULL DEFAULT now(),
        ADD COLUMN parts jsonb NOT NULL DEFAULT '{}',
        ADD COLUMN event_loads bigint NOT NULL DEFAULT 0,
        ADD COLUMN kept_until timestamptz
    """,
    """
    ALTER TABLE membership
        ALTER COLUMN definition DROP DEFAULT, ALTER COLUMN usage_version DROP DEFAULT,
        ALTER COLUMN read_at DROP DEFAULT, ALTER COLUMN parts DROP DEFAULT
    """,
    """
    CREATE TABLE rebuild (
        id uuid PRIMARY KEY,
        state text NOT NULL CONSTRAINT rebuild_state CHECK (state IN ('running', 'done')),
        segments integer NOT NULL CONSTRAINT rebuild_segments CHECK (segments >= 0),
        rebuilt integer NOT NULL CONSTRAINT rebuild_rebuilt CHECK (rebuilt BETWEEN 0 AND segments),
        problems jsonb NOT NULL,
        started_at timestamptz NOT NULL,
        ended_at timestamptz
    )
    """,
    # Whom events touched since their memberships were renewed: written with the events, gone with the new versions.
    """
    CREATE TABLE live_touch (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        subscriber_id integer NOT NULL,
        type text NOT NULL
    )
    """,
    # Who took which numbers out; rows are added and never changed.
    """
    CREATE TABLE member_export (
        id uuid PRIMARY KEY,
        segment_id uuid NOT NULL REFERENCES segment (id),
        version bigint NOT NULL,
        format text NOT NULL CONSTRAINT member_export_format CHECK (format IN ('csv', 'parquet')),
        attributes text[] NOT NULL,
        with_msisdn boolean NOT NULL,
        branch text NOT NULL,
        members bigint NOT NULL CONSTRAINT member_export_members CHECK (members >= 0),
        exported_by text NOT NULL,
        exported_at timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    for statement in CHANGES:
        op.execute(statement)
