"""What widens the ledger: kinds of accounts, balances as of a moment, the hash chain; it must not loosen a guard."""

from alembic import op

revision = "0002"
down_revision = "0001"

# Every kind that there is, with what its owner looks like: domain/account.py says the same.
KINDS = (
    "ALTER TABLE account DROP CONSTRAINT ck_account_owner",
    """
    ALTER TABLE account ADD CONSTRAINT ck_account_owner CHECK (
        (kind = 'issuance' AND owner ~ '^operator$')
        OR (kind = 'campaign_budget' AND owner ~ '^[A-Za-z0-9._-]{1,64}$')
        OR (kind = 'subscriber' AND owner ~ '^[1-9][0-9]{0,9}$')
        OR (kind = 'staff' AND owner ~ '^[A-Za-z0-9._-]{1,64}$')
        OR (kind = 'outlet' AND owner ~ '^[A-Za-z0-9._-]{1,64}$')
        OR (kind = 'affiliate' AND owner ~ '^[A-Za-z0-9._-]{1,64}$')
        OR (kind = 'partner' AND owner ~ '^[A-Za-z0-9._-]{1,64}$')
        OR (kind = 'merchant' AND owner ~ '^[A-Za-z0-9._-]{1,64}$')
        OR (kind = 'expense' AND owner ~ '^operator$')
        OR (kind = 'payable' AND owner ~ '^[A-Za-z0-9._-]{1,64}$')
        OR (kind = 'receivable' AND owner ~ '^[A-Za-z0-9._-]{1,64}$')
        OR (kind = 'paid' AND owner ~ '^[A-Za-z0-9._-]{1,64}$')
        OR (kind = 'redeemed' AND owner ~ '^operator$')
        OR (kind = 'expired' AND owner ~ '^operator$'))
    """,
)

# How many entries an account had at the end of a moment. Time never runs backwards on an account, so the number is
# found by halving: no index of its own, which every booking would pay for.
AS_OF = (
    """
    CREATE FUNCTION entries_as_of(wanted bigint, moment timestamptz) RETURNS bigint LANGUAGE sql STABLE
    SET search_path = public, pg_temp AS $$
        WITH RECURSIVE search AS (
            SELECT 0::bigint AS low, balance.entries AS high FROM balance WHERE balance.account = wanted
            UNION ALL
            SELECT CASE WHEN probe.booked_at <= moment THEN probe.sequence ELSE search.low END,
                   CASE WHEN probe.booked_at <= moment THEN search.high ELSE probe.sequence - 1 END
            FROM search JOIN entry AS probe
              ON probe.account = wanted AND probe.sequence = (search.low + search.high + 1) / 2
            WHERE search.low < search.high
        )
        SELECT low FROM search WHERE low = high
    $$
    """,
)

# The entries' own proof says that they are the legs of a transfer; this one says that a transfer has them.
WHOLE = (
    """
    CREATE FUNCTION prove_transfers() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    DECLARE
        wrong bigint;
    BEGIN
        SELECT fresh.number INTO wrong FROM fresh
        WHERE NOT EXISTS (SELECT FROM entry WHERE entry.transfer = fresh.number AND entry.leg = 1)
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'transfer % has no legs: they are added in the same statement', wrong
                USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER prove AFTER INSERT ON transfer REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION prove_transfers()
    """,
)

# Links are history like what they seal; only the head moves. The default grants of 0001 are taken back.
CHAIN = (
    """
    CREATE TABLE chain_link (
        position bigint NOT NULL,
        transfer bigint NOT NULL,
        links bytea NOT NULL,
        CONSTRAINT pk_chain_link PRIMARY KEY (position),
        CONSTRAINT uq_chain_link_transfer UNIQUE (transfer),
        CONSTRAINT ck_chain_link_links CHECK (length(links) >= 32 AND length(links) % 32 = 0)
    )
    """,
    """
    CREATE TABLE chain_head (
        one boolean NOT NULL,
        position bigint NOT NULL,
        link bytea NOT NULL,
        floor bigint NOT NULL,
        watched bigint NOT NULL,
        watched_until bigint NOT NULL,
        highest bigint NOT NULL,
        CONSTRAINT pk_chain_head PRIMARY KEY (one),
        CONSTRAINT ck_chain_head_one CHECK (one),
        CONSTRAINT ck_chain_head_link CHECK (length(link) = 32)
    )
    """,
    "INSERT INTO chain_head VALUES (true, 0, sha256('carillon ledger'), 0, 0, 0, 0)",
    """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON chain_link
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON chain_head
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    "REVOKE UPDATE, DELETE ON chain_link FROM carillon_ledger",
    "REVOKE INSERT, DELETE ON chain_head FROM carillon_ledger",
)

# What a posting decides by is on the one row that it locks anyway.
STANDING = (
    "ALTER TABLE balance ADD COLUMN held bigint NOT NULL DEFAULT 0",
    "ALTER TABLE balance ADD COLUMN funded bigint NOT NULL DEFAULT 0",
    "ALTER TABLE balance ADD COLUMN told smallint NOT NULL DEFAULT 0",
    """
    ALTER TABLE balance ADD CONSTRAINT ck_balance_held
        CHECK (held >= 0 AND (held = 0 OR minimum IS NULL OR amount - held >= minimum))
    """,
    "GRANT UPDATE (held, funded, told) ON balance TO carillon_ledger",
    """
    UPDATE balance SET funded = given.amount
    FROM (SELECT entry.account, sum(entry.amount) AS amount FROM entry JOIN account ON account.number = entry.account
          WHERE account.kind = 'campaign_budget' AND entry.amount > 0 GROUP BY entry.account) AS given
    WHERE balance.account = given.account
    """,
)

HOLDS = (
    """
    CREATE TABLE hold (
        id text NOT NULL,
        account bigint NOT NULL,
        amount bigint NOT NULL,
        captured bigint NOT NULL,
        captures integer NOT NULL,
        state text NOT NULL,
        made_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        CONSTRAINT pk_hold PRIMARY KEY (id),
        CONSTRAINT fk_hold_account FOREIGN KEY (account) REFERENCES account (number),
        CONSTRAINT ck_hold_id CHECK (id ~ '^[A-Za-z0-9._:-]{1,120}$'),
        CONSTRAINT ck_hold_amount CHECK (amount BETWEEN 1 AND 1000000000000),
        CONSTRAINT ck_hold_captured CHECK (captured BETWEEN 0 AND amount AND (captured = 0) = (captures = 0)),
        CONSTRAINT ck_hold_state CHECK (state IN ('held', 'partly_captured', 'captured', 'voided', 'timed_out')),
        CONSTRAINT ck_hold_expires_at CHECK (expires_at > made_at)
    )
    """,
    "CREATE INDEX ix_hold_due ON hold (expires_at, id) WHERE state IN ('held', 'partly_captured')",
    "REVOKE DELETE ON hold FROM carillon_ledger",
)

LOTS = (
    "ALTER TABLE balance ADD COLUMN lots bigint NOT NULL DEFAULT 0",
    "ALTER TABLE balance ADD CONSTRAINT ck_balance_lots CHECK (lots >= 0)",
    "GRANT UPDATE (lots) ON balance TO carillon_ledger",
    """
    CREATE TABLE lot (
        id bigint GENERATED ALWAYS AS IDENTITY,
        account bigint NOT NULL,
        transfer bigint NOT NULL,
        amount bigint NOT NULL,
        remaining bigint NOT NULL,
        expires_at timestamptz NOT NULL,
        CONSTRAINT pk_lot PRIMARY KEY (id),
        CONSTRAINT fk_lot_account FOREIGN KEY (account) REFERENCES account (number),
        CONSTRAINT ck_lot_amount CHECK (amount >= 1),
        CONSTRAINT ck_lot_remaining CHECK (remaining BETWEEN 0 AND amount)
    )
    """,
    "CREATE INDEX ix_lot_account ON lot (account) WHERE remaining > 0",
    "CREATE INDEX ix_lot_due ON lot (expires_at, id) WHERE remaining > 0",
    "REVOKE DELETE ON lot FROM carillon_ledger",
)


def upgrade() -> None:
    """Adds to the ledger that stands."""
    for statement in (*KINDS, *AS_OF, *WHOLE, *CHAIN, *STANDING, *HOLDS, *LOTS):
        op.execute(statement)
