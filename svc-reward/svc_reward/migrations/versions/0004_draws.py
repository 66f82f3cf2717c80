"""Draws, their entries, entrants and winners; what was published may never be changed, by whomever.

The application may bring a draw from state to state and note what became of a payment, and nothing else. A trigger
refuses the owner too: rule, salt and whatever was published stay as they were.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = (
    """
    CREATE TABLE draw (
        id uuid NOT NULL,
        rule text NOT NULL,
        branch text NOT NULL,
        maker text NOT NULL,
        salt bytea NOT NULL,
        state text NOT NULL,
        opener text NOT NULL,
        commitment bytea,
        entrants bigint,
        tickets bigint,
        root bytea,
        contributor text NOT NULL,
        second_seed bytea,
        revealer text NOT NULL,
        first_seed bytea,
        void_reason text NOT NULL,
        changed_at timestamptz NOT NULL,
        CONSTRAINT pk_draw PRIMARY KEY (id),
        CONSTRAINT uq_draw_commitment UNIQUE (commitment),
        CONSTRAINT ck_draw_state CHECK (state IN ('draft', 'open', 'frozen', 'seeded', 'drawn', 'void')),
        CONSTRAINT ck_draw_salt CHECK (length(salt) = 32),
        CONSTRAINT ck_draw_commitment CHECK (length(commitment) = 32),
        CONSTRAINT ck_draw_second_seed CHECK (length(second_seed) = 32),
        CONSTRAINT ck_draw_first_seed CHECK (first_seed IS NULL OR sha256(first_seed) = commitment),
        CONSTRAINT ck_draw_frozen CHECK (
            (root IS NULL) = (entrants IS NULL) AND (root IS NULL) = (tickets IS NULL)),
        CONSTRAINT ck_draw_stage CHECK (
            state IN ('draft', 'void') OR (commitment IS NOT NULL AND (state <> 'open') = (root IS NOT NULL)
            AND (state IN ('seeded', 'drawn')) = (second_seed IS NOT NULL)
            AND (state = 'drawn') = (first_seed IS NOT NULL))),
        CONSTRAINT ck_draw_void_reason CHECK ((state = 'void') = (void_reason <> ''))
    )
    """,
    """
    CREATE TABLE draw_entry (
        draw uuid NOT NULL,
        subscriber bigint NOT NULL,
        source_key text NOT NULL,
        added_at timestamptz NOT NULL,
        CONSTRAINT pk_draw_entry PRIMARY KEY (draw, subscriber, source_key),
        CONSTRAINT ck_draw_entry_source_key CHECK (length(source_key) BETWEEN 1 AND 120)
    )
    """,
    """
    CREATE TABLE draw_entrant (
        draw uuid NOT NULL,
        position bigint NOT NULL,
        token bytea NOT NULL,
        tickets bigint NOT NULL,
        subscriber bigint NOT NULL,
        CONSTRAINT pk_draw_entrant PRIMARY KEY (draw, position),
        CONSTRAINT uq_draw_entrant_draw_token UNIQUE (draw, token),
        CONSTRAINT ck_draw_entrant_position CHECK (position >= 1),
        CONSTRAINT ck_draw_entrant_tickets CHECK (tickets >= 1),
        CONSTRAINT ck_draw_entrant_token CHECK (length(token) = 16)
    )
    """,
    """
    CREATE TABLE draw_winner (
        draw uuid NOT NULL,
        award integer NOT NULL,
        prize text NOT NULL,
        position bigint NOT NULL,
        token bytea NOT NULL,
        subscriber bigint NOT NULL,
        currency text,
        amount bigint,
        payment text NOT NULL,
        CONSTRAINT pk_draw_winner PRIMARY KEY (draw, award),
        CONSTRAINT fk_draw_winner_draw FOREIGN KEY (draw) REFERENCES draw (id),
        CONSTRAINT ck_draw_winner_award CHECK (award >= 1),
        CONSTRAINT ck_draw_winner_points CHECK ((currency IS NULL) = (amount IS NULL)),
        CONSTRAINT ck_draw_winner_payment CHECK ((currency IS NULL) = (payment = ''))
    )
    """,
)

GUARDS = (
    """
    CREATE FUNCTION keep_published() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.state IN ('drawn', 'void')
           OR (NEW.id, NEW.rule, NEW.branch, NEW.maker, NEW.salt) <> (OLD.id, OLD.rule, OLD.branch, OLD.maker, OLD.salt)
           OR (OLD.commitment IS NOT NULL AND NEW.commitment IS DISTINCT FROM OLD.commitment)
           OR (OLD.root IS NOT NULL AND (NEW.root, NEW.entrants, NEW.tickets)
               IS DISTINCT FROM (OLD.root, OLD.entrants, OLD.tickets))
           OR (OLD.second_seed IS NOT NULL AND NEW.second_seed IS DISTINCT FROM OLD.second_seed) THEN
            RAISE EXCEPTION 'what draw % has published stays as it is', OLD.id USING ERRCODE = '23001';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE TRIGGER keep_published BEFORE UPDATE ON draw FOR EACH ROW EXECUTE FUNCTION keep_published()
    """,
    """
    CREATE FUNCTION refuse_redraw() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% of % is refused: a draw stands as it was drawn', TG_OP, TG_TABLE_NAME
            USING ERRCODE = '23001', HINT = 'void the draw before it is drawn, or make a new one';
    END
    $$
    """,
    """
    CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON draw FOR EACH STATEMENT EXECUTE FUNCTION refuse_redraw()
    """,
    """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON draw_entry
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_redraw()
    """,
    """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON draw_entrant
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_redraw()
    """,
    """
    CREATE TRIGGER kept BEFORE UPDATE OF draw, award, prize, position, token, subscriber, currency, amount
        OR DELETE OR TRUNCATE ON draw_winner FOR EACH STATEMENT EXECUTE FUNCTION refuse_redraw()
    """,
)

# Migration 0001 gives every right on new tables to the application; what a draw must not do is taken back here.
GRANTS = (
    """
    REVOKE ALL ON draw, draw_entry, draw_entrant, draw_winner FROM carillon_ledger
    """,
    """
    GRANT SELECT, INSERT ON draw, draw_entry, draw_entrant, draw_winner TO carillon_ledger
    """,
    """
    GRANT UPDATE (state, opener, commitment, entrants, tickets, root, contributor, second_seed, revealer, first_seed,
                  void_reason, changed_at) ON draw TO carillon_ledger
    """,
    """
    GRANT UPDATE (payment) ON draw_winner TO carillon_ledger
    """,
)


def upgrade() -> None:
    """Makes everything that draws need."""
    for statement in (*TABLES, *GUARDS, *GRANTS):
        op.execute(statement)
