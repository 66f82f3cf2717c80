"""Prizes, their stock, redemptions, vouchers, flash sales and group buys; stock can't be promised twice, whoever asks.

The CHECK of ``stock`` refuses what the conditional update has let slip.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = (
    """
    CREATE TABLE prize (
        code text NOT NULL,
        name text NOT NULL,
        kind text NOT NULL,
        currency text NOT NULL,
        price bigint NOT NULL,
        lowest_tier text NOT NULL,
        valid_from timestamptz NOT NULL,
        valid_until timestamptz NOT NULL,
        voucher_days integer NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_prize PRIMARY KEY (code),
        CONSTRAINT ck_prize_code CHECK (code ~ '^[A-Za-z0-9._-]{1,64}$'),
        CONSTRAINT ck_prize_name CHECK (length(name) BETWEEN 1 AND 120),
        CONSTRAINT ck_prize_kind CHECK (kind IN ('phone_credit', 'voucher', 'physical_gift', 'ticket', 'member_gift')),
        CONSTRAINT ck_prize_price CHECK (price BETWEEN 1 AND 1000000000),
        CONSTRAINT ck_prize_lowest_tier CHECK (lowest_tier IN ('non_member', 'ordinary', 'premium')),
        CONSTRAINT ck_prize_member_gift CHECK (kind <> 'member_gift' OR lowest_tier <> 'non_member'),
        CONSTRAINT ck_prize_valid CHECK (valid_until > valid_from),
        CONSTRAINT ck_prize_voucher_days CHECK (
            CASE kind WHEN 'voucher' THEN voucher_days BETWEEN 1 AND 3650 ELSE voucher_days = 0 END)
    )
    """,
    """
    CREATE TABLE stock (
        pool text NOT NULL,
        total bigint NOT NULL,
        reserved bigint NOT NULL,
        committed bigint NOT NULL,
        CONSTRAINT pk_stock PRIMARY KEY (pool),
        CONSTRAINT ck_stock_pool CHECK (pool ~ '^(prize|sale):[A-Za-z0-9._-]{1,64}$'),
        CONSTRAINT ck_stock_total CHECK (total BETWEEN 0 AND 1000000000),
        CONSTRAINT ck_stock_promised CHECK (reserved >= 0 AND committed >= 0 AND reserved + committed <= total)
        -- A flash sale rewrites its row for every batch: room on its page keeps that off the index.
    ) WITH (fillfactor = 70)
    """,
    """
    CREATE TABLE redemption (
        id uuid NOT NULL,
        subscriber_id bigint NOT NULL,
        prize text NOT NULL,
        quantity integer NOT NULL,
        currency text NOT NULL,
        price bigint NOT NULL,
        state text NOT NULL,
        booked_at timestamptz NOT NULL,
        ended_at timestamptz,
        CONSTRAINT pk_redemption PRIMARY KEY (id),
        CONSTRAINT fk_redemption_prize FOREIGN KEY (prize) REFERENCES prize (code),
        CONSTRAINT ck_redemption_subscriber_id CHECK (subscriber_id BETWEEN 1 AND 4294967295),
        CONSTRAINT ck_redemption_quantity CHECK (quantity BETWEEN 1 AND 100),
        CONSTRAINT ck_redemption_price CHECK (price BETWEEN 1 AND 1000000000),
        CONSTRAINT ck_redemption_state CHECK (state IN ('booked', 'fulfilled', 'cancelled')),
        CONSTRAINT ck_redemption_ended CHECK ((state = 'booked') = (ended_at IS NULL))
    )
    """,
    """
    CREATE INDEX ix_redemption_subscriber_id ON redemption (subscriber_id)
    """,
    """
    CREATE TABLE sale (
        id uuid NOT NULL,
        name text NOT NULL,
        opens_at timestamptz NOT NULL,
        closes_at timestamptz NOT NULL,
        hold_seconds integer NOT NULL,
        currency text NOT NULL,
        price bigint NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_sale PRIMARY KEY (id),
        CONSTRAINT ck_sale_name CHECK (length(name) BETWEEN 1 AND 120),
        CONSTRAINT ck_sale_open CHECK (closes_at > opens_at),
        CONSTRAINT ck_sale_hold_seconds CHECK (hold_seconds BETWEEN 1 AND 86400),
        CONSTRAINT ck_sale_price CHECK (CASE currency WHEN '' THEN price = 0 ELSE price BETWEEN 1 AND 1000000000 END)
    )
    """,
    """
    CREATE TABLE claim (
        id uuid NOT NULL,
        sale_id uuid NOT NULL,
        subscriber_id bigint NOT NULL,
        request_id text NOT NULL,
        state text NOT NULL,
        claimed_at timestamptz NOT NULL,
        hold_until timestamptz NOT NULL,
        ended_at timestamptz,
        reference text NOT NULL,
        CONSTRAINT pk_claim PRIMARY KEY (id),
        CONSTRAINT fk_claim_sale_id FOREIGN KEY (sale_id) REFERENCES sale (id),
        CONSTRAINT ck_claim_subscriber_id CHECK (subscriber_id BETWEEN 1 AND 4294967295),
        CONSTRAINT ck_claim_request_id CHECK (length(request_id) BETWEEN 1 AND 200),
        CONSTRAINT ck_claim_state CHECK (state IN ('held', 'paid', 'released')),
        CONSTRAINT ck_claim_ended CHECK ((state = 'held') = (ended_at IS NULL)),
        CONSTRAINT ck_claim_reference CHECK (length(reference) <= 120)
    )
    """,
    # One piece a person, and one attempt a key, whatever else goes wrong; a released claim counts no more.
    """
    CREATE UNIQUE INDEX uq_claim_person ON claim (sale_id, subscriber_id) WHERE state <> 'released'
    """,
    """
    CREATE UNIQUE INDEX uq_claim_request ON claim (request_id) WHERE state <> 'released'
    """,
    """
    CREATE INDEX ix_claim_held ON claim (hold_until) WHERE state = 'held'
    """,
    """
    CREATE TABLE voucher (
        id uuid NOT NULL,
        code text NOT NULL,
        redemption_id uuid NOT NULL,
        subscriber_id bigint NOT NULL,
        prize text NOT NULL,
        state text NOT NULL,
        issued_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        shown_at timestamptz,
        redeemed_at timestamptz,
        merchant text NOT NULL,
        CONSTRAINT pk_voucher PRIMARY KEY (id),
        CONSTRAINT uq_voucher_code UNIQUE (code),
        CONSTRAINT fk_voucher_redemption_id FOREIGN KEY (redemption_id) REFERENCES redemption (id),
        CONSTRAINT fk_voucher_prize FOREIGN KEY (prize) REFERENCES prize (code),
        CONSTRAINT ck_voucher_code CHECK (code ~ '^[0-9A-Z]{17}$'),
        CONSTRAINT ck_voucher_subscriber_id CHECK (subscriber_id BETWEEN 1 AND 4294967295),
        CONSTRAINT ck_voucher_state CHECK (state IN ('issued', 'shown', 'redeemed', 'expired', 'voided')),
        CONSTRAINT ck_voucher_expires CHECK (expires_at > issued_at),
        CONSTRAINT ck_voucher_redeemed CHECK ((state = 'redeemed') = (redeemed_at IS NOT NULL)),
        CONSTRAINT ck_voucher_merchant CHECK (
            CASE state WHEN 'redeemed' THEN merchant ~ '^[A-Za-z0-9._-]{1,64}$' ELSE merchant = '' END)
    )
    """,
    """
    CREATE INDEX ix_voucher_redemption_id ON voucher (redemption_id)
    """,
    """
    CREATE INDEX ix_voucher_subscriber_id ON voucher (subscriber_id, id)
    """,
    """
    CREATE INDEX ix_voucher_live ON voucher (expires_at) WHERE state IN ('issued', 'shown')
    """,
    """
    CREATE TABLE group_buy (
        id uuid NOT NULL,
        name text NOT NULL,
        target integer NOT NULL,
        deadline timestamptz NOT NULL,
        currency text NOT NULL,
        price bigint NOT NULL,
        opened_at timestamptz NOT NULL,
        members integer NOT NULL,
        state text NOT NULL,
        ended_at timestamptz,
        CONSTRAINT pk_group_buy PRIMARY KEY (id),
        CONSTRAINT ck_group_buy_name CHECK (length(name) BETWEEN 1 AND 120),
        CONSTRAINT ck_group_buy_target CHECK (target BETWEEN 2 AND 100),
        CONSTRAINT ck_group_buy_deadline CHECK (deadline > opened_at),
        CONSTRAINT ck_group_buy_price CHECK (price BETWEEN 1 AND 1000000000),
        CONSTRAINT ck_group_buy_members CHECK (members BETWEEN 0 AND target),
        CONSTRAINT ck_group_buy_state CHECK (state IN ('open', 'captured', 'voided')),
        CONSTRAINT ck_group_buy_ended CHECK ((state = 'open') = (ended_at IS NULL)),
        CONSTRAINT ck_group_buy_all CHECK ((state = 'captured') = (members = target))
    )
    """,
    """
    CREATE INDEX ix_group_buy_open ON group_buy (deadline) WHERE state = 'open'
    """,
    """
    CREATE TABLE group_member (
        group_id uuid NOT NULL,
        subscriber_id bigint NOT NULL,
        joined_at timestamptz NOT NULL,
        CONSTRAINT pk_group_member PRIMARY KEY (group_id, subscriber_id),
        CONSTRAINT fk_group_member_group_id FOREIGN KEY (group_id) REFERENCES group_buy (id),
        CONSTRAINT ck_group_member_subscriber_id CHECK (subscriber_id BETWEEN 1 AND 4294967295)
    )
    """,
)


def upgrade() -> None:
    """Makes the tables; the application's role may change them, since the ledger keeps what was paid."""
    for statement in TABLES:
        op.execute(statement)
