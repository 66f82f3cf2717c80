"""Reward reports and what cities hand over by them; nothing is owed twice, and what was owed never changes (RWD-01..03).

The application may bring an item from state to state and correct its city; triggers refuse the tables' owner the rest.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

TABLES = (
    """
    CREATE TABLE reward_report (
        id uuid NOT NULL,
        campaign text NOT NULL,
        stage text NOT NULL,
        scope text NOT NULL,
        state text NOT NULL,
        items bigint NOT NULL,
        file_sha256 text NOT NULL,
        issued_by text NOT NULL,
        issued_at timestamptz NOT NULL,
        CONSTRAINT pk_reward_report PRIMARY KEY (id),
        CONSTRAINT uq_reward_report_campaign_stage UNIQUE (campaign, stage),
        CONSTRAINT ck_reward_report_campaign CHECK (campaign ~ '^[A-Za-z0-9._-]{1,64}$'),
        CONSTRAINT ck_reward_report_stage CHECK (stage ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'),
        CONSTRAINT ck_reward_report_state CHECK (state IN ('placing', 'issued')),
        CONSTRAINT ck_reward_report_items CHECK (items >= 0),
        CONSTRAINT ck_reward_report_file CHECK ((state = 'issued') = (file_sha256 ~ '^[0-9a-f]{64}$')),
        CONSTRAINT ck_reward_report_issued_by CHECK (issued_by <> '')
    )
    """,
    # What the budget's own entries sum to, by their numbers: whoever doubts a sum adds up the same entries.
    """
    CREATE TABLE reward_report_grant (
        report uuid NOT NULL,
        currency text NOT NULL,
        first_entry bigint NOT NULL,
        last_entry bigint NOT NULL,
        transfers bigint NOT NULL,
        amount bigint NOT NULL,
        CONSTRAINT pk_reward_report_grant PRIMARY KEY (report, currency),
        CONSTRAINT fk_reward_report_grant_report FOREIGN KEY (report) REFERENCES reward_report (id),
        CONSTRAINT ck_reward_report_grant_entries CHECK (first_entry >= 1 AND last_entry >= first_entry - 1)
    )
    """,
    """
    CREATE TABLE reward_report_city (
        report uuid NOT NULL,
        city text NOT NULL,
        items bigint NOT NULL,
        file_sha256 text NOT NULL,
        CONSTRAINT pk_reward_report_city PRIMARY KEY (report, city),
        CONSTRAINT fk_reward_report_city_report FOREIGN KEY (report) REFERENCES reward_report (id),
        CONSTRAINT ck_reward_report_city_file CHECK (file_sha256 ~ '^[0-9a-f]{64}$')
    )
    """,
    """
    CREATE TABLE fulfilment (
        id uuid NOT NULL,
        report uuid NOT NULL,
        source text NOT NULL,
        kind text NOT NULL,
        subscriber_id bigint NOT NULL,
        prize text NOT NULL,
        name text NOT NULL,
        quantity integer NOT NULL,
        amount_fen bigint NOT NULL,
        funding text NOT NULL,
        issued_city text,
        city text,
        state text NOT NULL,
        attempt smallint NOT NULL,
        reported_by text NOT NULL,
        verified_by text NOT NULL,
        reference text NOT NULL,
        reason text NOT NULL,
        changed_at timestamptz NOT NULL,
        CONSTRAINT pk_fulfilment PRIMARY KEY (id),
        CONSTRAINT uq_fulfilment_source UNIQUE (source),
        CONSTRAINT fk_fulfilment_report FOREIGN KEY (report) REFERENCES reward_report (id),
        CONSTRAINT ck_fulfilment_source CHECK (length(source) BETWEEN 1 AND 300),
        CONSTRAINT ck_fulfilment_kind CHECK (kind IN ('phone_credit', 'gift', 'ticket', 'mailing')),
        CONSTRAINT ck_fulfilment_subscriber_id CHECK (subscriber_id BETWEEN 1 AND 4294967295),
        CONSTRAINT ck_fulfilment_quantity CHECK (quantity >= 1),
        CONSTRAINT ck_fulfilment_funding CHECK (funding IN ('none', 'expense', 'subscriber')),
        CONSTRAINT ck_fulfilment_credit CHECK (
            (kind = 'phone_credit') = (funding <> 'none') AND (kind = 'phone_credit') = (amount_fen > 0)
            AND amount_fen BETWEEN 0 AND 1000000000000),
        CONSTRAINT ck_fulfilment_city CHECK (length(city) <= 64 AND (city IS NULL) = (issued_city IS NULL)),
        CONSTRAINT ck_fulfilment_state CHECK (state IN ('reported', 'verified', 'paying', 'completed', 'failed')),
        CONSTRAINT ck_fulfilment_attempt CHECK (attempt BETWEEN 1 AND 2),
        CONSTRAINT ck_fulfilment_people CHECK (reported_by <> '' AND verified_by <> reported_by),
        CONSTRAINT ck_fulfilment_verified CHECK (
            CASE state WHEN 'reported' THEN verified_by = '' WHEN 'failed' THEN true
            ELSE verified_by <> '' AND city IS NOT NULL END),
        CONSTRAINT ck_fulfilment_paying CHECK (state <> 'paying' OR kind = 'phone_credit'),
        CONSTRAINT ck_fulfilment_completed CHECK ((state = 'completed') = (reference <> '')),
        CONSTRAINT ck_fulfilment_failed CHECK ((state = 'failed') = (reason <> ''))
    )
    """,
    "CREATE INDEX ix_fulfilment_report ON fulfilment (report, id)",
    "CREATE INDEX ix_fulfilment_city ON fulfilment (city, report, id)",
    "CREATE INDEX ix_fulfilment_unplaced ON fulfilment (id) WHERE city IS NULL",
    """
    CREATE TABLE fulfilment_step (
        fulfilment uuid NOT NULL,
        number integer NOT NULL,
        step text NOT NULL,
        state text NOT NULL,
        taken_by text NOT NULL,
        taken_at timestamptz NOT NULL,
        note text NOT NULL,
        CONSTRAINT pk_fulfilment_step PRIMARY KEY (fulfilment, number),
        CONSTRAINT fk_fulfilment_step_fulfilment FOREIGN KEY (fulfilment) REFERENCES fulfilment (id),
        CONSTRAINT ck_fulfilment_step_number CHECK (number >= 1)
    )
    """,
    # One row for each time that an item's recharge was ordered; open until the recharge has answered for good.
    """
    CREATE TABLE recharge_order (
        fulfilment uuid NOT NULL,
        attempt smallint NOT NULL,
        tries integer NOT NULL,
        due_at timestamptz NOT NULL,
        problem text NOT NULL,
        ended_at timestamptz,
        CONSTRAINT pk_recharge_order PRIMARY KEY (fulfilment, attempt),
        CONSTRAINT fk_recharge_order_fulfilment FOREIGN KEY (fulfilment) REFERENCES fulfilment (id),
        CONSTRAINT ck_recharge_order_tries CHECK (tries >= 0)
    )
    """,
    "CREATE INDEX ix_recharge_order_due ON recharge_order (due_at) WHERE ended_at IS NULL",
)

GUARDS = (
    """
    CREATE FUNCTION guard_fulfilment() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (OLD.id, OLD.report, OLD.source, OLD.kind, OLD.subscriber_id, OLD.prize, OLD.name, OLD.quantity,
            OLD.amount_fen, OLD.funding)
           IS DISTINCT FROM
           (NEW.id, NEW.report, NEW.source, NEW.kind, NEW.subscriber_id, NEW.prize, NEW.name, NEW.quantity,
            NEW.amount_fen, NEW.funding)
           OR (OLD.issued_city IS NOT NULL AND OLD.issued_city IS DISTINCT FROM NEW.issued_city)
        THEN
            RAISE EXCEPTION 'what is owed for % never changes', OLD.source USING ERRCODE = '23514';
        ELSIF OLD.state = NEW.state AND OLD.city IS NOT NULL OR OLD.state <> NEW.state
            AND (OLD.state, NEW.state) NOT IN (('reported', 'verified'), ('reported', 'failed'), ('verified', 'completed'),
                ('verified', 'paying'), ('verified', 'failed'), ('paying', 'completed'), ('paying', 'failed'),
                ('failed', 'reported'))
        THEN
            RAISE EXCEPTION 'an item that is % can''t become %', OLD.state, NEW.state USING ERRCODE = '23514';
        ELSIF (OLD.state = 'failed') <> (OLD.attempt + 1 = NEW.attempt)
            OR (OLD.state <> 'failed' AND (OLD.attempt <> NEW.attempt OR OLD.reported_by <> NEW.reported_by))
        THEN
            RAISE EXCEPTION 'an item is reported again after it has failed' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    "CREATE TRIGGER guard BEFORE UPDATE ON fulfilment FOR EACH ROW EXECUTE FUNCTION guard_fulfilment()",
    """
    CREATE FUNCTION guard_reward_report() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.state <> 'placing' OR to_jsonb(OLD) - '{state,file_sha256}'::text[]
            IS DISTINCT FROM to_jsonb(NEW) - '{state,file_sha256}'::text[]
        THEN
            RAISE EXCEPTION 'an issued report stays as it is' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    "CREATE TRIGGER guard BEFORE UPDATE ON reward_report FOR EACH ROW EXECUTE FUNCTION guard_reward_report()",
    *(
        f"CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in ("reward_report", "fulfilment", "recharge_order")
    ),
    *(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in ("reward_report_grant", "reward_report_city", "fulfilment_step")
    ),
)

GRANTS = (
    """
    REVOKE UPDATE, DELETE ON reward_report, reward_report_grant, reward_report_city, fulfilment, fulfilment_step,
        recharge_order FROM carillon_ledger
    """,
    "GRANT UPDATE (state, file_sha256) ON reward_report TO carillon_ledger",
    """
    GRANT UPDATE (issued_city, city, state, attempt, reported_by, verified_by, reference, reason, changed_at)
        ON fulfilment TO carillon_ledger
    """,
    "GRANT UPDATE (tries, due_at, problem, ended_at) ON recharge_order TO carillon_ledger",
)


def upgrade() -> None:
    """Makes everything that reports and fulfilment stand on."""
    for statement in (*TABLES, *GUARDS, *GRANTS):
        op.execute(statement)
