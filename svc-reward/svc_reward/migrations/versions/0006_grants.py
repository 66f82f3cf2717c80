"""Grant rules, what subscribers did that may earn by them, and what was granted.

It must not let a maker check the own rule, nor change what a rule says once it stands.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = (
    # The terms are read whole and never searched by, so they are one document; domain/grant_rule.py says what it holds.
    """
    CREATE TABLE grant_rule (
        number bigint GENERATED ALWAYS AS IDENTITY,
        trigger text NOT NULL,
        terms jsonb NOT NULL,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL,
        approved_by text,
        approved_at timestamptz,
        ended_by text,
        ended_at timestamptz,
        CONSTRAINT pk_grant_rule PRIMARY KEY (number),
        CONSTRAINT ck_grant_rule_trigger CHECK (trigger IN ('order', 'event', 'growth', 'judged')),
        CONSTRAINT ck_grant_rule_four_eyes CHECK (
            made_by <> '' AND (approved_by IS NULL) = (approved_at IS NULL)
            AND approved_by <> '' AND approved_by <> made_by),
        CONSTRAINT ck_grant_rule_ended CHECK ((ended_by IS NULL) = (ended_at IS NULL) AND ended_by <> '')
    )
    """,
    "CREATE INDEX ix_grant_rule_live ON grant_rule (trigger) WHERE approved_by IS NOT NULL",
    # How many shares a rule has granted; kept by a trigger, so that it is what its grants sum to whoever writes them.
    """
    CREATE TABLE grant_rule_use (
        rule bigint NOT NULL,
        shares bigint NOT NULL,
        CONSTRAINT pk_grant_rule_use PRIMARY KEY (rule),
        CONSTRAINT fk_grant_rule_use_rule FOREIGN KEY (rule) REFERENCES grant_rule (number),
        CONSTRAINT ck_grant_rule_use_shares CHECK (shares >= 0)
    )
    """,
    """
    CREATE TABLE reward_activity (
        source text NOT NULL,
        kind text NOT NULL,
        subscriber_id bigint NOT NULL,
        type text NOT NULL,
        service text NOT NULL,
        amount_fen bigint NOT NULL,
        quantity bigint NOT NULL,
        order_id text NOT NULL,
        staff_id text NOT NULL,
        seller_id text NOT NULL,
        occurred_at timestamptz NOT NULL,
        CONSTRAINT pk_reward_activity PRIMARY KEY (source),
        CONSTRAINT ck_reward_activity_kind CHECK (kind IN ('order', 'event', 'growth', 'judged')),
        CONSTRAINT ck_reward_activity_amounts CHECK (amount_fen >= 0 AND quantity >= 1)
    )
    """,
    "CREATE INDEX ix_reward_activity_subscriber ON reward_activity (subscriber_id, kind, occurred_at)",
    "CREATE INDEX ix_reward_activity_staff ON reward_activity (staff_id, kind, occurred_at) WHERE staff_id <> ''",
    "CREATE INDEX ix_reward_activity_seller ON reward_activity (seller_id, kind, occurred_at) WHERE seller_id <> ''",
    # How far a rule for growth has gone through the accounts for a period.
    """
    CREATE TABLE growth_run (
        rule bigint NOT NULL,
        began_at timestamptz NOT NULL,
        account bigint NOT NULL,
        finished boolean NOT NULL,
        CONSTRAINT pk_growth_run PRIMARY KEY (rule, began_at),
        CONSTRAINT fk_growth_run_rule FOREIGN KEY (rule) REFERENCES grant_rule (number)
    )
    """,
    # An order whose end or refund was told, also before the order itself.
    """
    CREATE TABLE order_end (
        order_id text NOT NULL,
        ended_at timestamptz NOT NULL,
        CONSTRAINT pk_order_end PRIMARY KEY (order_id)
    )
    """,
    """
    CREATE TABLE reward_grant (
        id uuid NOT NULL,
        rule bigint,
        source text NOT NULL,
        part smallint NOT NULL,
        owner_kind text NOT NULL,
        owner text NOT NULL,
        order_id text NOT NULL,
        occurred_at timestamptz NOT NULL,
        once boolean NOT NULL,
        shares bigint NOT NULL,
        rewards jsonb NOT NULL,
        default_choice smallint NOT NULL,
        choose_days int NOT NULL,
        choose_by timestamptz,
        chosen smallint,
        state text NOT NULL,
        reason text NOT NULL,
        reference text NOT NULL,
        changed_at timestamptz NOT NULL,
        CONSTRAINT pk_reward_grant PRIMARY KEY (id),
        CONSTRAINT fk_reward_grant_rule FOREIGN KEY (rule) REFERENCES grant_rule (number),
        CONSTRAINT ck_reward_grant_owner_kind CHECK (
            owner_kind IN ('subscriber', 'staff', 'outlet', 'affiliate', 'partner')),
        CONSTRAINT ck_reward_grant_state CHECK (
            state IN ('offered', 'given', 'refused', 'waiting', 'reversed', 'forfeited')),
        CONSTRAINT ck_reward_grant_shares CHECK (shares >= 1),
        CONSTRAINT ck_reward_grant_chosen CHECK (chosen BETWEEN 0 AND jsonb_array_length(rewards) - 1),
        CONSTRAINT ck_reward_grant_open CHECK ((state = 'offered') <= (chosen IS NULL AND choose_by IS NOT NULL)),
        CONSTRAINT ck_reward_grant_given CHECK ((state IN ('given', 'reversed')) <= (chosen IS NOT NULL)),
        CONSTRAINT ck_reward_grant_refused CHECK ((state = 'refused') <= (reason <> ''))
    )
    """,
    # The words that the domain has for "once for ever"; the id says the same.
    "CREATE UNIQUE INDEX uq_reward_grant_once ON reward_grant (rule, owner_kind, owner, part) WHERE once",
    "CREATE INDEX ix_reward_grant_counted ON reward_grant (rule, owner_kind, owner, occurred_at) WHERE part = 0",
    "CREATE INDEX ix_reward_grant_owner ON reward_grant (owner_kind, owner, changed_at, id)",
    "CREATE INDEX ix_reward_grant_order ON reward_grant (order_id) WHERE order_id <> ''",
    "CREATE INDEX ix_reward_grant_refused ON reward_grant (rule, id) WHERE state = 'refused'",
    "CREATE INDEX ix_reward_grant_due ON reward_grant (choose_by) WHERE state = 'offered'",
)

GUARDS = (
    """
    CREATE FUNCTION guard_grant_rule() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NEW.approved_by IS NOT NULL OR NEW.ended_by IS NOT NULL THEN
                RAISE EXCEPTION 'a grant rule begins without approval' USING ERRCODE = '23514';
            END IF;
        ELSIF (OLD.approved_by IS NOT NULL AND (OLD.approved_by, OLD.approved_at)
                IS DISTINCT FROM (NEW.approved_by, NEW.approved_at))
            OR OLD.ended_by IS NOT NULL
            OR to_jsonb(OLD) - '{approved_by,approved_at,ended_by,ended_at}'::text[]
                IS DISTINCT FROM to_jsonb(NEW) - '{approved_by,approved_at,ended_by,ended_at}'::text[]
        THEN
            RAISE EXCEPTION 'a grant rule never changes; propose another' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    "CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON grant_rule FOR EACH ROW EXECUTE FUNCTION guard_grant_rule()",
    # Once a statement: a batch of grants moves its rule's row once, not once a grant.
    """
    CREATE FUNCTION count_grant_shares() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO grant_rule_use (rule, shares)
            SELECT DISTINCT rule, 0 FROM now_rows WHERE rule IS NOT NULL ORDER BY rule ON CONFLICT DO NOTHING;
        IF TG_OP = 'INSERT' THEN
            UPDATE grant_rule_use SET shares = grant_rule_use.shares + change.shares FROM (
                SELECT rule, sum(shares) AS shares FROM now_rows WHERE part = 0 AND state IN ('offered', 'given')
                GROUP BY rule
            ) AS change WHERE grant_rule_use.rule = change.rule;
        ELSE
            UPDATE grant_rule_use SET shares = grant_rule_use.shares + change.shares FROM (
                SELECT rule, sum(shares) AS shares FROM (
                    SELECT rule, shares FROM now_rows WHERE part = 0 AND state IN ('offered', 'given')
                    UNION ALL
                    SELECT rule, -shares FROM old_rows WHERE part = 0 AND state IN ('offered', 'given')
                ) AS moved GROUP BY rule HAVING sum(shares) <> 0
            ) AS change WHERE grant_rule_use.rule = change.rule;
        END IF;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER counted_new AFTER INSERT ON reward_grant REFERENCING NEW TABLE AS now_rows
        FOR EACH STATEMENT EXECUTE FUNCTION count_grant_shares()
    """,
    """
    CREATE TRIGGER counted AFTER UPDATE ON reward_grant REFERENCING OLD TABLE AS old_rows NEW TABLE AS now_rows
        FOR EACH STATEMENT EXECUTE FUNCTION count_grant_shares()
    """,
    *(
        f"CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in ("grant_rule", "reward_activity", "reward_grant")
    ),
)

GRANTS = (
    """
    REVOKE UPDATE, DELETE ON grant_rule, grant_rule_use, reward_activity, growth_run, order_end, reward_grant
        FROM carillon_ledger
    """,
    "GRANT UPDATE (approved_by, approved_at, ended_by, ended_at) ON grant_rule TO carillon_ledger",
    "GRANT UPDATE (shares) ON grant_rule_use TO carillon_ledger",
    "GRANT UPDATE (account, finished) ON growth_run TO carillon_ledger",
    "GRANT UPDATE (ended_at) ON order_end TO carillon_ledger",
    "GRANT UPDATE (choose_by, chosen, state, reason, reference, changed_at) ON reward_grant TO carillon_ledger",
)


def upgrade() -> None:
    """Makes everything that grants by rule stand on."""
    for statement in (*TABLES, *GUARDS, *GRANTS):
        op.execute(statement)
