"""Affiliates, their links and events, policies, commission lines and settlement runs.

It must not let a maker check the own work, nor change what was priced or gathered, whoever asks.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

KINDS = "('individual', 'website', 'software', 'search', 'hall', 'outlet', 'campus', 'partner')"
COMMISSIONS = "('ad_click', 'experience', 'handling')"

TABLES = (
    f"""
    CREATE TABLE affiliate (
        id text NOT NULL,
        kind text NOT NULL,
        name text NOT NULL,
        branch text NOT NULL,
        registered_by text NOT NULL,
        registered_at timestamptz NOT NULL,
        CONSTRAINT pk_affiliate PRIMARY KEY (id),
        CONSTRAINT ck_affiliate_id CHECK (id ~ '^[A-Za-z0-9._-]{{1,64}}$'),
        CONSTRAINT ck_affiliate_kind CHECK (kind IN {KINDS}),
        CONSTRAINT ck_affiliate_name CHECK (length(name) BETWEEN 1 AND 120)
    )
    """,
    """
    CREATE TABLE affiliate_link (
        token text NOT NULL,
        affiliate_id text NOT NULL,
        service text NOT NULL,
        target text NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_affiliate_link PRIMARY KEY (token),
        CONSTRAINT fk_affiliate_link_affiliate_id FOREIGN KEY (affiliate_id) REFERENCES affiliate (id)
    )
    """,
    f"""
    CREATE TABLE commission_policy (
        number bigint GENERATED ALWAYS AS IDENTITY,
        affiliate_kind text NOT NULL,
        commission_kind text NOT NULL,
        affiliate_id text NOT NULL,
        service text NOT NULL,
        valid_from timestamptz NOT NULL,
        valid_to timestamptz,
        volume_from int[] NOT NULL,
        use_months int[] NOT NULL,
        flat_fen bigint[] NOT NULL,
        share_myriad int[] NOT NULL,
        monthly_cap_fen bigint NOT NULL,
        holding_days int NOT NULL,
        beyond_matrix boolean NOT NULL,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL,
        approved_by text,
        approved_at timestamptz,
        CONSTRAINT pk_commission_policy PRIMARY KEY (number),
        CONSTRAINT ck_commission_policy_affiliate_kind CHECK (affiliate_kind IN {KINDS}),
        CONSTRAINT ck_commission_policy_commission_kind CHECK (commission_kind IN {COMMISSIONS}),
        CONSTRAINT ck_commission_policy_valid CHECK (valid_to > valid_from),
        CONSTRAINT ck_commission_policy_tiers CHECK (
            cardinality(volume_from) BETWEEN 1 AND 100 AND cardinality(use_months) = cardinality(volume_from)
            AND cardinality(flat_fen) = cardinality(volume_from)
            AND cardinality(share_myriad) = cardinality(volume_from)),
        CONSTRAINT ck_commission_policy_cap CHECK (monthly_cap_fen >= 0),
        CONSTRAINT ck_commission_policy_holding CHECK (holding_days BETWEEN 0 AND 365),
        CONSTRAINT ck_commission_policy_four_eyes CHECK (
            made_by <> '' AND (approved_by IS NULL) = (approved_at IS NULL)
            AND approved_by <> '' AND approved_by <> made_by)
    )
    """,
    # The order in which events are priced is the order in which an affiliate reads them, as the outbox does it.
    f"""
    CREATE TABLE commission_event (
        number bigint GENERATED ALWAYS AS IDENTITY,
        id text NOT NULL,
        affiliate_id text NOT NULL,
        kind text NOT NULL,
        service text NOT NULL,
        token text NOT NULL,
        subscriber_id bigint NOT NULL,
        amount_fen bigint NOT NULL,
        occurred_at timestamptz NOT NULL,
        outcome text NOT NULL DEFAULT '',
        commission_fen bigint NOT NULL DEFAULT 0,
        priced_in xid8,
        CONSTRAINT pk_commission_event PRIMARY KEY (number),
        CONSTRAINT uq_commission_event_id UNIQUE (id),
        CONSTRAINT fk_commission_event_affiliate_id FOREIGN KEY (affiliate_id) REFERENCES affiliate (id),
        CONSTRAINT ck_commission_event_kind CHECK (kind IN {COMMISSIONS}),
        CONSTRAINT ck_commission_event_amount CHECK (amount_fen >= 0),
        CONSTRAINT ck_commission_event_priced CHECK ((outcome = '') = (priced_in IS NULL))
    )
    """,
    "CREATE INDEX ix_commission_event_unpriced ON commission_event (number) WHERE outcome = ''",
    """
    CREATE INDEX ix_commission_event_feed ON commission_event (affiliate_id, priced_in, number)
        WHERE priced_in IS NOT NULL
    """,
    "CREATE INDEX ix_commission_event_usage ON commission_event (subscriber_id, service) WHERE kind = 'handling'",
    # What can come before the event that it is about.
    """
    CREATE TABLE commission_refund (
        order_id text NOT NULL,
        refunded_at timestamptz NOT NULL,
        CONSTRAINT pk_commission_refund PRIMARY KEY (order_id)
    )
    """,
    """
    CREATE TABLE commission_usage_end (
        subscriber_id bigint NOT NULL,
        service text NOT NULL,
        ended_at timestamptz NOT NULL,
        CONSTRAINT pk_commission_usage_end PRIMARY KEY (subscriber_id, service, ended_at)
    )
    """,
    """
    CREATE TABLE commission_counter (
        affiliate_id text NOT NULL,
        policy bigint NOT NULL,
        month text NOT NULL,
        events bigint NOT NULL,
        amount_fen bigint NOT NULL,
        CONSTRAINT pk_commission_counter PRIMARY KEY (affiliate_id, policy, month),
        CONSTRAINT fk_commission_counter_policy FOREIGN KEY (policy) REFERENCES commission_policy (number)
    )
    """,
    """
    CREATE TABLE settlement (
        id uuid NOT NULL,
        period text NOT NULL,
        state text NOT NULL,
        minimum_fen bigint NOT NULL,
        affiliates bigint NOT NULL,
        lines bigint NOT NULL,
        gross_fen bigint NOT NULL,
        deducted_fen bigint NOT NULL,
        file_sha256 text NOT NULL,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL,
        checked_by text,
        checked_at timestamptz,
        paid_by text,
        paid_at timestamptz,
        CONSTRAINT pk_settlement PRIMARY KEY (id),
        CONSTRAINT ck_settlement_period CHECK (period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
        CONSTRAINT ck_settlement_state CHECK (state IN ('proposed', 'approved', 'paid', 'rejected')),
        CONSTRAINT ck_settlement_amounts CHECK (affiliates > 0 AND deducted_fen >= 0 AND gross_fen > deducted_fen),
        CONSTRAINT ck_settlement_four_eyes CHECK (made_by <> '' AND checked_by <> '' AND checked_by <> made_by),
        CONSTRAINT ck_settlement_checked CHECK (
            (state = 'proposed') = (checked_by IS NULL) AND (checked_by IS NULL) = (checked_at IS NULL)),
        CONSTRAINT ck_settlement_paid CHECK (
            (state = 'paid') = (paid_by IS NOT NULL) AND (paid_by IS NULL) = (paid_at IS NULL))
    )
    """,
    """
    CREATE TABLE settlement_item (
        settlement uuid NOT NULL,
        affiliate_id text NOT NULL,
        kind text NOT NULL,
        lines bigint NOT NULL,
        gross_fen bigint NOT NULL,
        deducted_fen bigint NOT NULL,
        CONSTRAINT pk_settlement_item PRIMARY KEY (settlement, affiliate_id),
        CONSTRAINT fk_settlement_item_settlement FOREIGN KEY (settlement) REFERENCES settlement (id),
        CONSTRAINT ck_settlement_item_amounts CHECK (deducted_fen >= 0 AND gross_fen > deducted_fen)
    )
    """,
    # Its event, affiliate and policy are known by the pricing that wrote it: a foreign key a row would cost a third
    # of a million lines' time and tell nothing new.
    f"""
    CREATE TABLE commission_line (
        number bigint GENERATED ALWAYS AS IDENTITY,
        event bigint NOT NULL,
        affiliate_id text NOT NULL,
        kind text NOT NULL,
        service text NOT NULL,
        policy bigint NOT NULL,
        use_months int NOT NULL,
        amount_fen bigint NOT NULL,
        due_at timestamptz NOT NULL,
        locks_at timestamptz NOT NULL,
        month text NOT NULL,
        state text NOT NULL,
        lock_run bigint,
        reverses bigint,
        settlement uuid,
        CONSTRAINT pk_commission_line PRIMARY KEY (number),
        CONSTRAINT ck_commission_line_kind CHECK (kind IN {COMMISSIONS}),
        CONSTRAINT ck_commission_line_state CHECK (state IN ('estimated', 'locked', 'void')),
        CONSTRAINT ck_commission_line_amount CHECK (amount_fen <> 0 AND (amount_fen < 0) = (reverses IS NOT NULL)),
        CONSTRAINT ck_commission_line_deduction CHECK (reverses IS NULL OR state = 'locked'),
        CONSTRAINT ck_commission_line_settlement CHECK (settlement IS NULL OR state = 'locked')
    )
    """,
    "CREATE INDEX ix_commission_line_event ON commission_line (event)",
    # A line is taken back once, whoever asks; nearly all lines never are, so they stay out of the index.
    "CREATE UNIQUE INDEX uq_commission_line_reverses ON commission_line (reverses) WHERE reverses IS NOT NULL",
    "CREATE INDEX ix_commission_line_statement ON commission_line (affiliate_id, month)",
    "CREATE INDEX ix_commission_line_locking ON commission_line (locks_at) WHERE state = 'estimated'",
    "CREATE INDEX ix_commission_line_settling ON commission_line (due_at) WHERE state = 'locked' AND settlement IS NULL",
    "CREATE SEQUENCE commission_lock_run CACHE 1",
)

# The same words refuse the application's role, which has not even the right, and the owner of the tables.
GUARDS = (
    """
    CREATE FUNCTION guard_settlement() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NEW.state <> 'proposed' THEN
                RAISE EXCEPTION 'a settlement begins as proposed, not as %', NEW.state USING ERRCODE = '23514';
            END IF;
        ELSIF (OLD.state, NEW.state) NOT IN (('proposed', 'approved'), ('proposed', 'rejected'), ('approved', 'paid'))
        THEN
            RAISE EXCEPTION 'a settlement that is % can''t become %', OLD.state, NEW.state USING ERRCODE = '23514';
        ELSIF (OLD.id, OLD.period, OLD.made_by, OLD.made_at, OLD.file_sha256, OLD.gross_fen, OLD.deducted_fen)
            IS DISTINCT FROM
            (NEW.id, NEW.period, NEW.made_by, NEW.made_at, NEW.file_sha256, NEW.gross_fen, NEW.deducted_fen)
            OR (OLD.checked_by IS NOT NULL AND OLD.checked_by IS DISTINCT FROM NEW.checked_by)
        THEN
            RAISE EXCEPTION 'what a settlement pays and who made it never changes' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    "CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON settlement FOR EACH ROW EXECUTE FUNCTION guard_settlement()",
    """
    CREATE FUNCTION guard_policy() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NEW.approved_by IS NOT NULL THEN
                RAISE EXCEPTION 'a policy begins without approval' USING ERRCODE = '23514';
            END IF;
        ELSIF OLD.approved_by IS NOT NULL OR to_jsonb(OLD) - '{approved_by,approved_at}'::text[]
            IS DISTINCT FROM to_jsonb(NEW) - '{approved_by,approved_at}'::text[]
        THEN
            RAISE EXCEPTION 'a policy never changes; propose another' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    "CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON commission_policy FOR EACH ROW EXECUTE FUNCTION guard_policy()",
    """
    CREATE FUNCTION guard_line() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.state <> NEW.state THEN
            RAISE EXCEPTION 'a commission line that is % can''t become %', OLD.state, NEW.state
                USING ERRCODE = '23514';
        ELSIF NOT EXISTS (SELECT FROM settlement WHERE id = OLD.settlement AND state = 'rejected') THEN
            RAISE EXCEPTION 'only a rejected settlement lets a line go' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    # The conditions are tested without a call, so that locking a million lines costs nothing by them.
    """
    CREATE TRIGGER guard_state BEFORE UPDATE OF state ON commission_line FOR EACH ROW
        WHEN (OLD.state <> NEW.state AND OLD.state <> 'estimated') EXECUTE FUNCTION guard_line()
    """,
    """
    CREATE TRIGGER guard_settlement BEFORE UPDATE OF settlement ON commission_line FOR EACH ROW
        WHEN (OLD.settlement IS NOT NULL AND OLD.settlement IS DISTINCT FROM NEW.settlement)
        EXECUTE FUNCTION guard_line()
    """,
    *(
        f"CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in ("settlement", "settlement_item", "commission_policy", "commission_line", "commission_event")
    ),
    "CREATE TRIGGER append_only BEFORE UPDATE ON settlement_item FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)

GRANTS = (
    """
    REVOKE UPDATE, DELETE ON affiliate, affiliate_link, commission_policy, commission_event, commission_refund,
        commission_usage_end, commission_counter, settlement, settlement_item, commission_line FROM carillon_ledger
    """,
    "GRANT UPDATE (approved_by, approved_at) ON commission_policy TO carillon_ledger",
    # Locking an affiliate's row orders its pricing; PostgreSQL asks for the right to change it, so one that means
    # nothing is given.
    "GRANT UPDATE (branch) ON affiliate TO carillon_ledger",
    "GRANT UPDATE (outcome, commission_fen, priced_in) ON commission_event TO carillon_ledger",
    "GRANT UPDATE (events, amount_fen) ON commission_counter TO carillon_ledger",
    "GRANT UPDATE (state, lock_run, settlement) ON commission_line TO carillon_ledger",
    "GRANT UPDATE (state, checked_by, checked_at, paid_by, paid_at) ON settlement TO carillon_ledger",
)


def upgrade() -> None:
    """Makes everything that commissions stand on."""
    for statement in (*TABLES, *GUARDS, *GRANTS):
        op.execute(statement)
