"""Makes room for consent, opt-outs, quiet hours, keywords, templates and fallbacks; must stay as it was released.

The ledger of consents is only ever added to; a trigger refuses the owner too. The words by which people opt out are
data, and come with the table that keeps them.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

CONSENTS = (
    """
    CREATE TABLE consent_entry (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        subscriber_id bigint NOT NULL,
        scope text NOT NULL,
        state text NOT NULL,
        at timestamptz NOT NULL,
        source text NOT NULL,
        evidence text NOT NULL,
        actor text NOT NULL,
        text text NOT NULL,
        booked_at timestamptz NOT NULL,
        CONSTRAINT consent_entry_subscriber_id CHECK (subscriber_id BETWEEN 1 AND 4294967295),
        CONSTRAINT consent_entry_scope CHECK (
            scope ~ '^(all|do_not_disturb|channel:[a-z][a-z0-9_]{0,39}|category:[a-z][a-z0-9_]{0,39})$'
        ),
        CONSTRAINT consent_entry_state CHECK (state IN ('granted', 'withdrawn')),
        CONSTRAINT consent_entry_source CHECK (source IN ('inbound', 'operator')),
        CONSTRAINT consent_entry_evidence CHECK (evidence <> '')
    )
    """,
    "CREATE INDEX consent_entry_subscriber ON consent_entry (subscriber_id, number)",
    """
    CREATE FUNCTION refuse_consent_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% of % is refused: consents are only ever added to', TG_OP, TG_TABLE_NAME
            USING ERRCODE = '23001', HINT = 'book what the subscriber says now';
    END
    $$
    """,
    """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON consent_entry
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_consent_change()
    """,
    """
    CREATE TABLE consent (
        subscriber_id bigint NOT NULL,
        scope text NOT NULL,
        state text NOT NULL,
        entry bigint NOT NULL REFERENCES consent_entry (number),
        since timestamptz NOT NULL,
        PRIMARY KEY (subscriber_id, scope),
        CONSTRAINT consent_state CHECK (state IN ('granted', 'withdrawn'))
    )
    """,
)

RULES = (
    """
    CREATE TABLE quiet_hours (
        channel text NOT NULL,
        message_class text NOT NULL,
        starts time NOT NULL,
        ends time NOT NULL,
        changed_by text NOT NULL,
        changed_at timestamptz NOT NULL,
        PRIMARY KEY (channel, message_class),
        CONSTRAINT quiet_hours_class CHECK (message_class IN ('marketing', 'service')),
        CONSTRAINT quiet_hours_length CHECK (starts <> ends)
    )
    """,
    """
    CREATE TABLE keyword (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL,
        match text NOT NULL,
        word text NOT NULL,
        recipient text NOT NULL,
        action text NOT NULL,
        threshold smallint NOT NULL,
        answer text NOT NULL,
        changed_by text NOT NULL,
        changed_at timestamptz NOT NULL,
        CONSTRAINT keyword_match CHECK (match IN ('exact', 'prefix', 'fuzzy', 'any')),
        CONSTRAINT keyword_action CHECK (action IN ('opt_out', 'opt_in', 'tell')),
        CONSTRAINT keyword_word CHECK ((match = 'any') = (word = '')),
        CONSTRAINT keyword_once UNIQUE (match, word, recipient)
    )
    """,
    """
    CREATE TABLE keyword_answer (
        subscriber_id bigint NOT NULL,
        name text NOT NULL,
        answered_at timestamptz NOT NULL,
        PRIMARY KEY (subscriber_id, name)
    )
    """,
    "ALTER TABLE inbound ADD COLUMN keyword text NOT NULL DEFAULT ''",
    """
    CREATE TABLE forbidden_word (
        word text PRIMARY KEY,
        reason text NOT NULL,
        changed_by text NOT NULL,
        changed_at timestamptz NOT NULL
    )
    """,
)

# The words that an opt-out is written in here, and how one comes back; 12520 and more digits is one number (SEG-54).
KEYWORDS = """
INSERT INTO keyword (name, match, word, recipient, action, threshold, answer, changed_by, changed_at)
SELECT name, match, word, recipient, action, 85, answer, 'carillon', timestamptz '2026-11-22 00:00+00' FROM (
    SELECT 'opt-out' AS name, 'exact' AS match, word, '' AS recipient, 'opt_out' AS action,
           '您已退订推广信息，不再向您发送。回复START可恢复。' AS answer
    FROM unnest(ARRAY['td', 't', '退订', '退定', 'stop', '0000']) AS word
    UNION ALL
    SELECT 'opt-in', 'exact', word, '', 'opt_in', '您已恢复接收推广信息。回复TD可退订。'
    FROM unnest(ARRAY['start', '恢复']) AS word
    UNION ALL
    SELECT 'uplink-12520', 'any', '', '12520*', 'tell', ''
) AS words
"""  # noqa: RUF001 -- Chinese punctuation in Chinese sentences

TEMPLATES = (
    """
    CREATE TABLE template (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        version integer NOT NULL,
        purpose text NOT NULL,
        text text NOT NULL,
        state text NOT NULL,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL,
        judged_by text NOT NULL DEFAULT '',
        judged_at timestamptz,
        judgement text NOT NULL DEFAULT '',
        CONSTRAINT template_version UNIQUE (name, version),
        CONSTRAINT template_purpose CHECK (purpose IN ('general', 'price_confirmation')),
        CONSTRAINT template_state CHECK (state IN ('draft', 'approved', 'rejected')),
        CONSTRAINT template_judged CHECK ((state = 'draft') = (judged_at IS NULL)),
        CONSTRAINT template_four_eyes CHECK (judged_by <> made_by)
    )
    """,
    # CHN-33: premium, ordinary and no member, before a download or a subscription.
    """
    INSERT INTO template (id, name, version, purpose, text, state, made_by, made_at, judged_by, judged_at)
    VALUES (
        '7b7ac6a0-33c3-4f0e-8a4b-0c5e6f330033', 'price-confirmation', 1, 'price_confirmation',
        '您将订购{service:text}，资费：高级会员{premium_price:money}元，普通会员{ordinary_price:money}元，'
        '非会员{non_member_price:money}元。回复Y确认，24小时内有效。',
        'approved', 'carillon', timestamptz '2026-11-22 00:00+00', 'release', timestamptz '2026-11-22 00:00+00'
    )
    """,  # noqa: RUF001 -- Chinese punctuation in a Chinese sentence
)

# What a message is about, the JSON of what may follow it by other channels, and how many ways it has tried before.
MESSAGES = (
    """
    ALTER TABLE message
        ADD category text NOT NULL DEFAULT '',
        ADD fallback jsonb,
        ADD step smallint NOT NULL DEFAULT 0
    """,
    """
    CREATE TABLE failed_step (
        message_id bigint NOT NULL REFERENCES message (id),
        step smallint NOT NULL,
        channel text NOT NULL,
        reason text NOT NULL,
        ended_at timestamptz NOT NULL,
        PRIMARY KEY (message_id, step)
    )
    """,
)

SINGLES = (
    "CREATE SEQUENCE single_batch",
    """
    CREATE TABLE single (
        id uuid PRIMARY KEY,
        message_id bigint NOT NULL UNIQUE REFERENCES message (id),
        caller text NOT NULL,
        branch text NOT NULL,
        created_at timestamptz NOT NULL
    )
    """,
)

STATEMENTS: tuple[str, ...] = (*CONSENTS, *RULES, KEYWORDS, *TEMPLATES, *MESSAGES, *SINGLES)


def upgrade() -> None:
    """Nothing to lose: only additions."""
    for statement in STATEMENTS:
        op.execute(statement)
