"""Makes room for sessions, menus, robots and the knowledge base; must stay as it was released."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS: tuple[str, ...] = (
    """
    CREATE TABLE session (
        channel text NOT NULL,
        peer text NOT NULL,
        number text NOT NULL,
        id uuid NOT NULL,
        menu text NOT NULL,
        state text NOT NULL,
        version bigint NOT NULL,
        last_turn text NOT NULL,
        screen text NOT NULL,
        ended boolean NOT NULL,
        live_until timestamptz NOT NULL,
        kept_until timestamptz NOT NULL,
        PRIMARY KEY (channel, peer, number),
        CONSTRAINT session_version CHECK (version >= 1),
        CONSTRAINT session_times CHECK (live_until <= kept_until)
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE menu (
        name text PRIMARY KEY,
        definition text NOT NULL,
        version bigint NOT NULL,
        changed_by text NOT NULL,
        changed_at timestamptz NOT NULL,
        CONSTRAINT menu_version CHECK (version >= 1)
    )
    """,
)


def upgrade() -> None:
    """Nothing to lose: only additions."""
    for statement in STATEMENTS:
        op.execute(statement)
