"""Who used what, referral programmes, codes and referrals, subsidies and gifts.

It must not let a maker approve the own programme, a friend earn for two, nor a subscriber hold two subsidies at a time.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

SUBSCRIBER = "BETWEEN 1 AND 4294967295"

TABLES = (
    # One row a subscription. An end that is told before its beginning waits for it with started_at NULL.
    f"""
    CREATE TABLE service_use (
        order_id text NOT NULL,
        subscriber_id bigint NOT NULL,
        service text NOT NULL,
        started_at timestamptz,
        ended_at timestamptz,
        CONSTRAINT pk_service_use PRIMARY KEY (order_id),
        CONSTRAINT ck_service_use_subscriber_id CHECK (subscriber_id {SUBSCRIBER}),
        CONSTRAINT ck_service_use_known CHECK (started_at IS NOT NULL OR ended_at IS NOT NULL)
    )
    """,
    "CREATE INDEX ix_service_use_service ON service_use (service, subscriber_id)",
    # An order for a service that runs already begins no second subscription, and svc-catalog ends none for it.
    "CREATE UNIQUE INDEX uq_service_use_running ON service_use (subscriber_id, service) WHERE ended_at IS NULL",
    f"""
    CREATE TABLE first_event (
        subscriber_id bigint NOT NULL,
        type text NOT NULL,
        first_at timestamptz NOT NULL,
        CONSTRAINT pk_first_event PRIMARY KEY (subscriber_id, type),
        CONSTRAINT ck_first_event_subscriber_id CHECK (subscriber_id {SUBSCRIBER})
    )
    """,
    """
    CREATE TABLE referral_programme (
        number bigint GENERATED ALWAYS AS IDENTITY,
        name text NOT NULL,
        campaign_id text NOT NULL,
        services text[] NOT NULL,
        needs_activation boolean NOT NULL,
        event_types text[] NOT NULL,
        user_attribute text NOT NULL,
        referrer_must_use boolean NOT NULL,
        valid_from timestamptz NOT NULL,
        valid_to timestamptz,
        window_days integer NOT NULL,
        late_days integer NOT NULL,
        max_friends integer NOT NULL,
        referrer_offer jsonb,
        friend_offer jsonb,
        draw_id uuid,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL,
        approved_by text,
        approved_at timestamptz,
        ended_by text,
        ended_at timestamptz,
        CONSTRAINT pk_referral_programme PRIMARY KEY (number),
        CONSTRAINT fk_referral_programme_draw_id FOREIGN KEY (draw_id) REFERENCES draw (id),
        CONSTRAINT ck_referral_programme_services CHECK (cardinality(services) BETWEEN 1 AND 10),
        CONSTRAINT ck_referral_programme_asks CHECK (
            cardinality(event_types) <= 5 AND (needs_activation OR cardinality(event_types) > 0)),
        CONSTRAINT ck_referral_programme_valid CHECK (valid_to > valid_from),
        CONSTRAINT ck_referral_programme_days CHECK (window_days BETWEEN 1 AND 365 AND late_days BETWEEN 0 AND 30),
        CONSTRAINT ck_referral_programme_max_friends CHECK (max_friends BETWEEN 1 AND 1000),
        CONSTRAINT ck_referral_programme_earns CHECK (referrer_offer IS NOT NULL OR draw_id IS NOT NULL),
        CONSTRAINT ck_referral_programme_four_eyes CHECK (
            made_by <> '' AND (approved_by IS NULL) = (approved_at IS NULL)
            AND approved_by <> '' AND approved_by <> made_by),
        CONSTRAINT ck_referral_programme_ended CHECK (
            (ended_by IS NULL) = (ended_at IS NULL) AND ended_by <> '' AND (ended_by IS NULL OR approved_by IS NOT NULL))
    )
    """,
    # A fact looks here whether anybody recommends its service; programmes are few.
    "CREATE INDEX ix_referral_programme_services ON referral_programme USING gin (services)",
    f"""
    CREATE TABLE referral_code (
        code text NOT NULL,
        programme bigint NOT NULL,
        subscriber_id bigint NOT NULL,
        issued_at timestamptz NOT NULL,
        CONSTRAINT pk_referral_code PRIMARY KEY (code),
        CONSTRAINT uq_referral_code_programme_subscriber_id UNIQUE (programme, subscriber_id),
        CONSTRAINT fk_referral_code_programme FOREIGN KEY (programme) REFERENCES referral_programme (number),
        CONSTRAINT ck_referral_code_code CHECK (code ~ '^[23456789ABCDEFGHJKMNPQRSTUVWXYZ]{{8}}$'),
        CONSTRAINT ck_referral_code_subscriber_id CHECK (subscriber_id {SUBSCRIBER})
    )
    """,
    f"""
    CREATE TABLE referral (
        number bigint GENERATED ALWAYS AS IDENTITY,
        programme bigint NOT NULL,
        referrer_id bigint NOT NULL,
        friend_id bigint NOT NULL,
        friend_hint text NOT NULL,
        recommended_at timestamptz NOT NULL,
        counts_from timestamptz NOT NULL,
        counts_until timestamptz NOT NULL,
        state text NOT NULL,
        completed_at timestamptz,
        lucky_code text NOT NULL,
        entry text NOT NULL,
        CONSTRAINT pk_referral PRIMARY KEY (number),
        CONSTRAINT fk_referral_programme FOREIGN KEY (programme) REFERENCES referral_programme (number),
        CONSTRAINT ck_referral_people CHECK (
            referrer_id {SUBSCRIBER} AND friend_id {SUBSCRIBER} AND referrer_id <> friend_id),
        CONSTRAINT ck_referral_friend_hint CHECK (length(friend_hint) <= 24),
        CONSTRAINT ck_referral_counts CHECK (counts_from <= recommended_at AND counts_until > recommended_at),
        CONSTRAINT ck_referral_state CHECK (state IN ('open', 'completed', 'refused', 'expired')),
        CONSTRAINT ck_referral_completed CHECK (
            (state = 'completed') = (completed_at IS NOT NULL)
            AND (state = 'completed' OR (lucky_code = '' AND entry = '')))
    )
    """,
    # The first valid recommendation of a friend wins, whatever else goes wrong.
    "CREATE UNIQUE INDEX uq_referral_friend ON referral (programme, friend_id) WHERE state IN ('open', 'completed')",
    "CREATE INDEX ix_referral_open_friend ON referral (friend_id) WHERE state = 'open'",
    "CREATE INDEX ix_referral_referrer ON referral (referrer_id, number)",
    "CREATE UNIQUE INDEX uq_referral_lucky_code ON referral (lucky_code) WHERE lucky_code <> ''",
    # A range of one number stands for equality, which an exclusion could else not compare beside a range of time.
    f"""
    CREATE TABLE subsidy (
        id uuid NOT NULL,
        subscriber_id bigint NOT NULL,
        campaign_id text NOT NULL,
        device text NOT NULL,
        subsidy_fen bigint NOT NULL,
        monthly_spend_fen bigint NOT NULL,
        months integer NOT NULL,
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        owed_fen bigint NOT NULL,
        ended_by text NOT NULL,
        end_reason text NOT NULL,
        CONSTRAINT pk_subsidy PRIMARY KEY (id),
        CONSTRAINT ck_subsidy_subscriber_id CHECK (subscriber_id {SUBSCRIBER}),
        CONSTRAINT ck_subsidy_amounts CHECK (
            subsidy_fen BETWEEN 1 AND 2000000 AND monthly_spend_fen BETWEEN 1 AND 1000000 AND months BETWEEN 1 AND 48),
        CONSTRAINT ck_subsidy_ends CHECK (ends_at >= starts_at),
        CONSTRAINT ck_subsidy_owed CHECK (
            owed_fen BETWEEN 0 AND subsidy_fen AND (ended_by <> '') = (owed_fen > 0)
            AND (ended_by <> '') = (end_reason <> '')),
        CONSTRAINT ex_subsidy_one_at_a_time EXCLUDE USING gist (
            int8range(subscriber_id, subscriber_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&)
    )
    """,
    f"""
    CREATE TABLE gift (
        id uuid NOT NULL,
        giver_id bigint NOT NULL,
        friend_id bigint NOT NULL,
        currency text NOT NULL,
        amount bigint NOT NULL,
        given_at timestamptz NOT NULL,
        CONSTRAINT pk_gift PRIMARY KEY (id),
        CONSTRAINT ck_gift_people CHECK (giver_id {SUBSCRIBER} AND friend_id {SUBSCRIBER} AND giver_id <> friend_id),
        CONSTRAINT ck_gift_amount CHECK (amount BETWEEN 1 AND 10000)
    )
    """,
    """
    CREATE TABLE gift_day (
        giver_id bigint NOT NULL,
        day date NOT NULL,
        gifts integer NOT NULL,
        CONSTRAINT pk_gift_day PRIMARY KEY (giver_id, day),
        CONSTRAINT ck_gift_day_gifts CHECK (gifts BETWEEN 1 AND 10)
    )
    """,
    """
    CREATE TABLE member_discount (
        number bigint GENERATED ALWAYS AS IDENTITY,
        merchant text NOT NULL,
        name text NOT NULL,
        percent_off integer NOT NULL,
        lowest_tier text NOT NULL,
        valid_from timestamptz NOT NULL,
        valid_to timestamptz NOT NULL,
        made_by text NOT NULL,
        CONSTRAINT pk_member_discount PRIMARY KEY (number),
        CONSTRAINT ck_member_discount_percent_off CHECK (percent_off BETWEEN 1 AND 100),
        CONSTRAINT ck_member_discount_lowest_tier CHECK (lowest_tier IN ('ordinary', 'premium')),
        CONSTRAINT ck_member_discount_valid CHECK (valid_to > valid_from)
    )
    """,
    "CREATE INDEX ix_member_discount_merchant ON member_discount (merchant)",
    f"""
    CREATE TABLE member_code (
        code text NOT NULL,
        subscriber_id bigint NOT NULL,
        tier text NOT NULL,
        issued_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        used_at timestamptz,
        merchant text NOT NULL,
        discount bigint,
        CONSTRAINT pk_member_code PRIMARY KEY (code),
        CONSTRAINT fk_member_code_discount FOREIGN KEY (discount) REFERENCES member_discount (number),
        CONSTRAINT ck_member_code_subscriber_id CHECK (subscriber_id {SUBSCRIBER}),
        CONSTRAINT ck_member_code_tier CHECK (tier IN ('ordinary', 'premium')),
        CONSTRAINT ck_member_code_used CHECK (
            (used_at IS NULL) = (discount IS NULL) AND (used_at IS NULL) = (merchant = ''))
    )
    """,
)

GUARDS = (
    """
    CREATE FUNCTION guard_programme() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NEW.approved_by IS NOT NULL THEN
                RAISE EXCEPTION 'a programme begins without approval' USING ERRCODE = '23514';
            END IF;
        ELSIF OLD.ended_by IS NOT NULL OR (OLD.approved_by IS NOT NULL
                AND (OLD.approved_by, OLD.approved_at) IS DISTINCT FROM (NEW.approved_by, NEW.approved_at))
            OR to_jsonb(OLD) - '{approved_by,approved_at,ended_by,ended_at}'::text[]
                IS DISTINCT FROM to_jsonb(NEW) - '{approved_by,approved_at,ended_by,ended_at}'::text[]
        THEN
            RAISE EXCEPTION 'a programme never changes; propose another' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    "CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON referral_programme FOR EACH ROW EXECUTE FUNCTION guard_programme()",
    """
    CREATE FUNCTION guard_referral() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a referral that is % can''t become %', OLD.state, NEW.state USING ERRCODE = '23514';
    END
    $$
    """,
    """
    CREATE TRIGGER guard_state BEFORE UPDATE OF state ON referral FOR EACH ROW
        WHEN (OLD.state <> NEW.state AND OLD.state <> 'open') EXECUTE FUNCTION guard_referral()
    """,
    *(
        f"CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in ("referral_programme", "referral_code", "referral", "subsidy", "gift")
    ),
    "CREATE TRIGGER append_only BEFORE UPDATE ON gift FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)

GRANTS = (
    """
    REVOKE UPDATE, DELETE ON referral_programme, referral_code, referral, service_use, first_event, subsidy, gift,
        gift_day, member_discount, member_code FROM carillon_ledger
    """,
    "GRANT UPDATE (approved_by, approved_at, ended_by, ended_at) ON referral_programme TO carillon_ledger",
    "GRANT UPDATE (state, completed_at, lucky_code, entry) ON referral TO carillon_ledger",
    "GRANT UPDATE (started_at, ended_at) ON service_use TO carillon_ledger",
    "GRANT UPDATE (first_at) ON first_event TO carillon_ledger",
    "GRANT UPDATE (ends_at, owed_fen, ended_by, end_reason) ON subsidy TO carillon_ledger",
    "GRANT UPDATE (gifts) ON gift_day TO carillon_ledger",
    "GRANT UPDATE (used_at, merchant, discount) ON member_code TO carillon_ledger",
)


def upgrade() -> None:
    """Makes everything that referrals stand on."""
    for statement in (*TABLES, *GUARDS, *GRANTS):
        op.execute(statement)
