"""Makes touch points say what they are for, and room for outlets and their visits; loads no data.

What the channels are for comes with the next LoadReference; until then an order may name those that stand already.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    """
    ALTER TABLE channel
        ADD COLUMN role text
            CONSTRAINT channel_role CHECK (role IN ('SCALE_PROMOTION', 'INTERACTIVE_PRECISION', 'EXPERIENCE')),
        ADD COLUMN contact text CONSTRAINT channel_contact CHECK (contact IN ('ACTIVE', 'PASSIVE')),
        ADD COLUMN spellings text[] NOT NULL DEFAULT '{}',
        ADD COLUMN has_outlets boolean NOT NULL DEFAULT false
    """,
    "ALTER TABLE service_order ADD COLUMN outlet text NOT NULL DEFAULT ''",
    """
    CREATE TABLE outlet (
        code text PRIMARY KEY CONSTRAINT outlet_code CHECK (code ~ '^[A-Z0-9][A-Z0-9-]{0,39}$'),
        name text NOT NULL,
        branch text NOT NULL,
        touchpoint text NOT NULL REFERENCES channel (code),
        key boolean NOT NULL,
        stars smallint NOT NULL CONSTRAINT outlet_stars CHECK (stars BETWEEN 0 AND 6),
        alliance boolean NOT NULL,
        stage text NOT NULL CONSTRAINT outlet_stage CHECK (stage IN ('PUBLICITY', 'DIRECT_SALES')),
        changed_by text NOT NULL,
        changed_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE outlet_visit (
        id uuid PRIMARY KEY,
        outlet text NOT NULL REFERENCES outlet (code),
        visited_on date NOT NULL,
        supervisor text NOT NULL,
        trained smallint NOT NULL CONSTRAINT outlet_visit_trained CHECK (trained BETWEEN 0 AND 1000),
        passed boolean,
        product_cards boolean,
        publicity boolean,
        note text NOT NULL,
        recorded_by text NOT NULL,
        recorded_at timestamptz NOT NULL,
        CONSTRAINT outlet_visit_materials CHECK ((product_cards IS NULL) = (publicity IS NULL)),
        CONSTRAINT outlet_visit_empty CHECK (trained > 0 OR passed IS NOT NULL OR publicity IS NOT NULL)
    )
    """,
    "CREATE INDEX outlet_visit_newest ON outlet_visit (outlet, visited_on, recorded_at)",
)


def upgrade() -> None:
    """Makes both."""
    for statement in STATEMENTS:
        op.execute(statement)
