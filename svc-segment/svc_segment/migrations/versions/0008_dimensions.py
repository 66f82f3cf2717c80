"""Gives attributes a dimension, and segments the tags that their rules ask for; it must not guess a dimension."""

from alembic import op

revision = "0008"
down_revision = "0007"

STATEMENTS = (
    """
    ALTER TABLE attribute ADD COLUMN dimension text NOT NULL DEFAULT ''
        CONSTRAINT attribute_dimension
            CHECK (dimension IN ('', 'value', 'consumption', 'preference', 'trajectory', 'terminal'))
    """,
    "ALTER TABLE segment_definition ADD COLUMN tags text[] NOT NULL DEFAULT '{}'",
    # A rule that was read and kept names its tags as has_tag('path'); a quote within is written twice.
    r"""
    UPDATE segment_definition SET tags = found.tags
    FROM (
        SELECT segment_id, number, array_agg(DISTINCT replace(parts[1], '''''', '''')) AS tags
        FROM segment_definition, regexp_matches(rule, '\mhas_tag\s*\(\s*''((?:[^'']|'''')+)''', 'gi') AS parts
        GROUP BY segment_id, number
    ) AS found
    WHERE found.segment_id = segment_definition.segment_id AND found.number = segment_definition.number
    """,
    # 0: before there were tag files, or not known; such a membership is renewed once.
    "ALTER TABLE membership ADD COLUMN tag_version bigint NOT NULL DEFAULT 0",
)


def upgrade() -> None:
    """Only additions; memberships of rules that ask for tags are behind until their next rebuild."""
    for statement in STATEMENTS:
        op.execute(statement)
