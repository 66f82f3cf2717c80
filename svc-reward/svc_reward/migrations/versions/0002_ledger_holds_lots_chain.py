"""The account kinds of what members of staff, outlets, affiliates, partners and merchants hold, and of what leaves.

It must not loosen what 0001 guards.
"""

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


def upgrade() -> None:
    """Widens what an account may be."""
    for statement in KINDS:
        op.execute(statement)
