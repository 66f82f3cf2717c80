"""Clients with hashed secrets and the append-only, hash-chained audit log; the first tables, so no data moves."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE client (
        client_id text PRIMARY KEY CONSTRAINT client_id_shape CHECK (client_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
        role text NOT NULL CONSTRAINT client_role_known CHECK (role IN (
            'province_admin', 'branch_operator', 'approver', 'auditor', 'hall_terminal', 'agent', 'portal', 'affiliate',
            'partner'
        )),
        branch text NOT NULL,
        secret_hash text NOT NULL CONSTRAINT client_secret_hashed CHECK (secret_hash LIKE 'scrypt$%'),
        changed_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE audit_entry (
        sequence bigint PRIMARY KEY,
        at timestamptz NOT NULL,
        subject text NOT NULL,
        role text NOT NULL,
        branch text NOT NULL,
        action text NOT NULL,
        target text NOT NULL,
        outcome bigint NOT NULL,
        reason text NOT NULL,
        request_id text NOT NULL,
        trace_id text NOT NULL,
        previous_hash text NOT NULL,
        hash text NOT NULL
    )
    """,
    "CREATE INDEX ix_audit_entry_at ON audit_entry (at)",
    """
    CREATE TABLE audit_head (
        single boolean PRIMARY KEY DEFAULT true CONSTRAINT audit_head_single CHECK (single),
        sequence bigint NOT NULL,
        hash text NOT NULL
    )
    """,
    "INSERT INTO audit_head (sequence, hash) VALUES (0, repeat('0', 64))",
    # An honest mistake is stopped here; a dishonest owner of the table is shown by the chain.
    """
    CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the audit log is append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
    END
    $$
    """,
    """
    CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()
    """,
    """
    CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
