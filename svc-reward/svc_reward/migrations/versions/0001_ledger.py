"""The ledger, its guards and the role that the application runs as; nothing of it may ever loosen a guard.

Who owns the tables migrates; the application runs as ``carillon_ledger``, which can add to the history and
not change it. The triggers refuse the owner too.
"""

from alembic import op

from carillon_chassis.migrations import create_chassis_tables

revision = "0001"
down_revision = None

# A role belongs to the whole server, so another ledger's migration may have made it already or be making it now.
ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carillon_ledger') THEN
        CREATE ROLE carillon_ledger NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'the role carillon_ledger is missing and % may not create it', current_user
            USING HINT = 'as an administrator: CREATE ROLE carillon_ledger NOLOGIN; GRANT carillon_ledger TO this user';
END
$$
"""

MEMBERSHIP = """
DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'carillon_ledger', 'MEMBER') THEN
        EXECUTE format('GRANT carillon_ledger TO %I', current_user);
    END IF;
END
$$
"""

TABLES = (
    """
    CREATE TABLE account (
        number bigint GENERATED ALWAYS AS IDENTITY,
        kind text NOT NULL,
        owner text NOT NULL,
        currency text NOT NULL,
        opened_at timestamptz NOT NULL,
        CONSTRAINT pk_account PRIMARY KEY (number),
        CONSTRAINT uq_account_kind_owner_currency UNIQUE (kind, owner, currency),
        CONSTRAINT ck_account_currency CHECK (currency IN (
            'experience_points', 'competition_points', 'campus_points', 'music_points', 'fetion_points',
            'm_value', 'seeds', 'phone_credit_fen', 'commission_fen')),
        CONSTRAINT ck_account_owner CHECK (
            (kind = 'issuance' AND owner ~ '^operator$')
            OR (kind = 'campaign_budget' AND owner ~ '^[A-Za-z0-9._-]{1,64}$')
            OR (kind = 'subscriber' AND owner ~ '^[1-9][0-9]{0,9}$'))
    )
    """,
    """
    CREATE TABLE balance (
        account bigint NOT NULL,
        minimum bigint,
        amount bigint NOT NULL,
        entries bigint NOT NULL,
        as_of timestamptz NOT NULL,
        CONSTRAINT pk_balance PRIMARY KEY (account),
        CONSTRAINT fk_balance_account FOREIGN KEY (account) REFERENCES account (number),
        CONSTRAINT ck_balance_minimum CHECK (minimum IS NULL OR amount >= minimum),
        CONSTRAINT ck_balance_entries CHECK (entries >= 0)
        -- A hot budget's row is rewritten for every batch: room on its page keeps that off the index.
    ) WITH (fillfactor = 70)
    """,
    """
    CREATE SEQUENCE transfer_number
    """,
    """
    CREATE TABLE transfer (
        number bigint NOT NULL,
        id text NOT NULL,
        digest bytea NOT NULL,
        currency text NOT NULL,
        legs smallint NOT NULL,
        reason text NOT NULL,
        booked_at timestamptz NOT NULL,
        CONSTRAINT pk_transfer PRIMARY KEY (number),
        CONSTRAINT uq_transfer_id UNIQUE (id),
        CONSTRAINT ck_transfer_id CHECK (length(id) BETWEEN 1 AND 200),
        CONSTRAINT ck_transfer_digest CHECK (length(digest) = 32),
        CONSTRAINT ck_transfer_legs CHECK (legs BETWEEN 2 AND 100),
        CONSTRAINT ck_transfer_reason CHECK (length(reason) BETWEEN 1 AND 120)
    )
    """,
    """
    CREATE TABLE entry (
        transfer bigint NOT NULL,
        leg smallint NOT NULL,
        account bigint NOT NULL,
        sequence bigint NOT NULL,
        amount bigint NOT NULL,
        balance_after bigint NOT NULL,
        booked_at timestamptz NOT NULL,
        CONSTRAINT pk_entry PRIMARY KEY (transfer, leg),
        CONSTRAINT uq_entry_account_sequence UNIQUE (account, sequence),
        CONSTRAINT ck_entry_amount CHECK (amount <> 0 AND abs(amount) <= 1000000000000),
        CONSTRAINT ck_entry_sequence CHECK (sequence >= 1),
        CONSTRAINT ck_entry_first CHECK (sequence > 1 OR balance_after = amount)
    )
    """,
)

# The proof is one statement's, not one row's: a foreign key a leg would lock the account's row for each of them.
# Transition tables have no statistics, so the plan is pinned to index look-ups and can't turn into whole scans; the
# search path is pinned so that nobody's temporary table is taken for the ledger's.
PROOF = (
    """
    CREATE FUNCTION prove_entries() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    DECLARE
        wrong text;
    BEGIN
        SELECT format('transfer %s', booked.transfer) INTO wrong
        FROM (SELECT transfer, count(*) AS legs, min(leg) AS lowest, max(leg) AS highest, sum(amount) AS total
              FROM fresh GROUP BY transfer) AS booked
        LEFT JOIN transfer ON transfer.number = booked.transfer
        WHERE transfer.number IS NULL OR booked.total <> 0
           OR booked.legs <> transfer.legs OR booked.lowest <> 1 OR booked.highest <> transfer.legs
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'the entries of % are not its legs, or do not sum to zero', wrong USING ERRCODE = '23514';
        END IF;
        SELECT format('transfer %s', fresh.transfer) INTO wrong
        FROM fresh
        JOIN transfer ON transfer.number = fresh.transfer
        LEFT JOIN account ON account.number = fresh.account
        WHERE account.number IS NULL OR account.currency <> transfer.currency
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'an account of % is not open or of another currency', wrong USING ERRCODE = '23514';
        END IF;
        SELECT format('account %s', latest.account) INTO wrong
        FROM (SELECT DISTINCT ON (account) account, sequence AS entries, balance_after,
                     sum(amount) OVER added AS moved, count(*) OVER added AS added
              FROM fresh WINDOW added AS (PARTITION BY account)
              ORDER BY account, sequence DESC) AS latest
        LEFT JOIN balance ON balance.account = latest.account
        LEFT JOIN entry AS before ON before.account = latest.account AND before.sequence = latest.entries - latest.added
        WHERE balance.account IS NULL OR balance.entries <> latest.entries OR balance.amount <> latest.balance_after
           OR latest.balance_after <> coalesce(before.balance_after, 0) + latest.moved
           OR (before.sequence IS NULL AND latest.entries <> latest.added)
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'the balance of % is not what its entries sum to', wrong USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER prove AFTER INSERT ON entry REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION prove_entries()
    """,
)

APPEND_ONLY = (
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% of % is refused: the ledger is only ever added to', TG_OP, TG_TABLE_NAME
            USING ERRCODE = '23001', HINT = 'book a transfer that undoes the wrong one';
    END
    $$
    """,
    """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON account
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON balance
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
)

# The default covers tables that are not the ledger's: the chassis's own and the job queue's, which is made later.
GRANTS = (
    """
    GRANT USAGE ON SCHEMA public TO carillon_ledger
    """,
    """
    GRANT SELECT, INSERT ON account, balance, transfer, entry TO carillon_ledger
    """,
    """
    GRANT UPDATE (amount, entries, as_of) ON balance TO carillon_ledger
    """,
    """
    GRANT USAGE ON SEQUENCE transfer_number TO carillon_ledger
    """,
    """
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO carillon_ledger
    """,
    """
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO carillon_ledger
    """,
)


def upgrade() -> None:
    """Makes everything that stands at the beginning."""
    for statement in (ROLE, MEMBERSHIP, *TABLES, *PROOF, *APPEND_ONLY, *GRANTS):
        op.execute(statement)
    create_chassis_tables()
