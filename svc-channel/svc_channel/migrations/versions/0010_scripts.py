"""Makes room for the operator's own scripts; touch points and outlets are svc-catalog's. It must stay as it was released."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """The shipped scripts stand in the wheel; a row takes the place of the one of its code."""
    op.execute(
        """
        CREATE TABLE script (
            code text PRIMARY KEY,
            definition text NOT NULL,
            version integer NOT NULL CONSTRAINT script_version CHECK (version >= 1),
            changed_by text NOT NULL,
            changed_at timestamptz NOT NULL
        )
        """
    )
