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
    """
    CREATE TABLE robot (
        id text PRIMARY KEY,
        city text NOT NULL,
        menu text NOT NULL,
        supplier text NOT NULL,
        enabled boolean NOT NULL,
        activities text NOT NULL,
        changed_by text NOT NULL,
        changed_at timestamptz NOT NULL,
        seen_at timestamptz
    )
    """,
    "CREATE TABLE robot_city (name text PRIMARY KEY)",
    """
    CREATE TABLE interaction (
        robot text NOT NULL,
        peer text NOT NULL,
        turn text NOT NULL,
        text text NOT NULL,
        kind text NOT NULL,
        reply text NOT NULL,
        handover_id uuid,
        at timestamptz NOT NULL,
        PRIMARY KEY (robot, peer, turn)
    )
    """,
    "CREATE INDEX interaction_at ON interaction USING brin (at)",
    """
    CREATE TABLE interaction_count (
        day date NOT NULL,
        robot text NOT NULL,
        kind text NOT NULL,
        remark text NOT NULL,
        product text NOT NULL,
        count bigint NOT NULL,
        PRIMARY KEY (day, robot, kind, remark, product),
        CONSTRAINT interaction_count_positive CHECK (count > 0)
    )
    """,
    """
    CREATE TABLE handover (
        id uuid PRIMARY KEY,
        robot text NOT NULL,
        peer text NOT NULL,
        question text NOT NULL,
        asked_at timestamptz NOT NULL,
        answer text NOT NULL DEFAULT '',
        answered_by text NOT NULL DEFAULT '',
        answered_at timestamptz,
        CONSTRAINT handover_answered CHECK ((answered_at IS NULL) = (answer = ''))
    )
    """,
    "CREATE INDEX handover_open ON handover (asked_at, id) WHERE answered_at IS NULL",
    "CREATE INDEX handover_done ON handover (answered_at, id) WHERE answered_at IS NOT NULL",
    """
    CREATE TABLE knowledge_entry (
        id uuid PRIMARY KEY,
        audience text NOT NULL,
        question text NOT NULL,
        variants text[] NOT NULL,
        answer text NOT NULL,
        retired boolean NOT NULL DEFAULT false,
        changed_by text NOT NULL,
        changed_at timestamptz NOT NULL,
        CONSTRAINT knowledge_audience CHECK (audience IN ('subscriber', 'staff'))
    )
    """,
    "CREATE INDEX knowledge_changed ON knowledge_entry (changed_at)",
    """
    CREATE TABLE directory_tone (
        branch text NOT NULL,
        short_code text NOT NULL,
        place smallint NOT NULL,
        tone text NOT NULL,
        title text NOT NULL,
        PRIMARY KEY (branch, short_code)
    )
    """,
    """
    CREATE TABLE out_call (
        id uuid PRIMARY KEY,
        msisdn text NOT NULL,
        tone text NOT NULL,
        state text NOT NULL,
        reason text NOT NULL DEFAULT '',
        attempts smallint NOT NULL DEFAULT 0,
        requested_at timestamptz NOT NULL,
        due_at timestamptz,
        CONSTRAINT out_call_state CHECK (state IN ('pending', 'placed', 'refused')),
        CONSTRAINT out_call_due CHECK ((state = 'pending') = (due_at IS NOT NULL)),
        CONSTRAINT out_call_reason CHECK ((state = 'refused') = (reason <> ''))
    )
    """,
    "CREATE INDEX out_call_due ON out_call (due_at) WHERE due_at IS NOT NULL",
    """
    CREATE TABLE after_call (
        session_id uuid PRIMARY KEY,
        msisdn text NOT NULL,
        text text NOT NULL,
        is_sent boolean NOT NULL DEFAULT false,
        hung_up_at timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    """Nothing to lose: only additions."""
    for statement in STATEMENTS:
        op.execute(statement)
