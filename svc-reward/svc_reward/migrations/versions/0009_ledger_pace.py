"""The proof at the pace of a hot budget, and what payments took out of lots; it must not loosen a guard.

Until here the application wrote balances and the proof compared them with the entries. Now nobody but the proof
writes them, so that a balance can't be anything but the sum of what was proved, and no older entry is looked up.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

# Transition tables have no statistics and a plan is kept for the session, so it must be right for two entries and for
# thousands: no nested loop and no whole scan, but sets hashed, and rows fetched by one walk along an index each.
ENTRIES = """
CREATE OR REPLACE FUNCTION prove_entries() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_mergejoin = off SET enable_nestloop = off SET enable_hashjoin = on SET jit = off
AS $$
DECLARE
    wrong text;
BEGIN
    WITH listed AS (
        SELECT number, currency, legs FROM transfer WHERE number = ANY(ARRAY(SELECT transfer FROM fresh)) OFFSET 0
    ), named AS (
        SELECT number, currency FROM account WHERE number = ANY(ARRAY(SELECT account FROM fresh)) OFFSET 0
    )
    SELECT CASE WHEN sum(fresh.amount) <> 0 OR min(fresh.leg) <> 1 OR max(fresh.leg) IS DISTINCT FROM min(listed.legs)
                  OR count(*) IS DISTINCT FROM min(listed.legs)::bigint
           THEN format('the entries of transfer %s are not its legs, or do not sum to zero', fresh.transfer)
           ELSE format('an account of transfer %s is not open or of another currency', fresh.transfer) END
    INTO wrong
    FROM fresh LEFT JOIN listed ON listed.number = fresh.transfer LEFT JOIN named ON named.number = fresh.account
    GROUP BY fresh.transfer
    HAVING sum(fresh.amount) <> 0 OR min(fresh.leg) <> 1 OR max(fresh.leg) IS DISTINCT FROM min(listed.legs)
        OR count(*) IS DISTINCT FROM min(listed.legs)::bigint
        OR count(*) FILTER (WHERE named.currency = listed.currency) <> count(*)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = '23514';
    END IF;
    WITH moved AS (
        SELECT account, count(*) AS added, sum(amount)::bigint AS total, min(sequence) AS first,
               max(sequence) AS latest, max(booked_at) AS as_of
        FROM fresh GROUP BY account
    ), changed AS (
        UPDATE balance SET amount = balance.amount + moved.total, entries = moved.latest, as_of = moved.as_of
        FROM moved
        WHERE balance.account = moved.account AND balance.account = ANY(ARRAY(SELECT account FROM fresh))
          AND moved.first = balance.entries + 1 AND moved.latest = balance.entries + moved.added
        RETURNING balance.account, balance.amount, balance.entries
    ), proved AS (
        SELECT changed.account
        FROM changed JOIN fresh ON fresh.account = changed.account AND fresh.sequence = changed.entries
        WHERE fresh.balance_after = changed.amount
    )
    SELECT format('the balance of account %s is not what its entries sum to', moved.account) INTO wrong
    FROM moved LEFT JOIN proved ON proved.account = moved.account
    WHERE proved.account IS NULL
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END
$$
"""

TRANSFERS = """
CREATE OR REPLACE FUNCTION prove_transfers() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_mergejoin = off SET enable_nestloop = off SET enable_hashjoin = on SET jit = off
AS $$
DECLARE
    wrong bigint;
BEGIN
    WITH begun AS (
        SELECT transfer FROM entry WHERE transfer = ANY(ARRAY(SELECT number FROM fresh)) AND leg = 1 OFFSET 0
    )
    SELECT fresh.number INTO wrong FROM fresh LEFT JOIN begun ON begun.transfer = fresh.number
    WHERE begun.transfer IS NULL
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'transfer % has no legs: they are added in the same statement', wrong USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END
$$
"""

# The proof acts with its owner's rights, so nobody else may hang it on a table of their own.
RIGHTS = (
    "REVOKE EXECUTE ON FUNCTION prove_entries() FROM PUBLIC",
    "REVOKE EXECUTE ON FUNCTION prove_transfers() FROM PUBLIC",
    "REVOKE UPDATE (amount, entries, as_of) ON balance FROM carillon_ledger",
)

# Names and ids are compared byte by byte, not by the rules of a language; no row is rewritten for it.
BYTES = (
    """
    ALTER TABLE account ALTER COLUMN kind TYPE text COLLATE "C", ALTER COLUMN owner TYPE text COLLATE "C",
        ALTER COLUMN currency TYPE text COLLATE "C"
    """,
    'ALTER TABLE transfer ALTER COLUMN id TYPE text COLLATE "C"',
)

# What was taken before this migration left no trace: when it is undone it comes back without an end, as it did.
USES = (
    """
    CREATE TABLE lot_use (
        transfer bigint NOT NULL,
        account bigint NOT NULL,
        expires_at timestamptz NOT NULL,
        amount bigint NOT NULL,
        CONSTRAINT pk_lot_use PRIMARY KEY (transfer, account, expires_at),
        CONSTRAINT ck_lot_use_amount CHECK (amount >= 1)
    )
    """,
    """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON lot_use
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    "REVOKE UPDATE, DELETE ON lot_use FROM carillon_ledger",
)


def upgrade() -> None:
    """Changes the proof of a ledger that stands; its rows stay as they are."""
    for statement in (ENTRIES, TRANSFERS, *RIGHTS, *BYTES, *USES):
        op.execute(statement)
