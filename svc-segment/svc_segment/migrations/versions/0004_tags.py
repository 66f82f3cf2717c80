"""Makes the tables of scenes, of who was in them and of tags; it tags nobody.

There is no table of cell events: of who was seen where only scene and day are ever written (SEG-29).
"""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = (
    """
    CREATE TABLE scene (
        code text PRIMARY KEY CONSTRAINT scene_code CHECK (code ~ '^[A-Z][A-Z0-9_]{0,39}$'),
        path text NOT NULL,
        confidence double precision NOT NULL CONSTRAINT scene_confidence CHECK (confidence > 0 AND confidence < 1),
        window_days integer NOT NULL CONSTRAINT scene_window CHECK (window_days BETWEEN 1 AND 62),
        least_days integer NOT NULL CONSTRAINT scene_days CHECK (least_days BETWEEN 1 AND window_days),
        from_hour integer NOT NULL,
        to_hour integer NOT NULL,
        weekdays integer[] NOT NULL,
        changed_by text NOT NULL,
        changed_at timestamptz NOT NULL
    )
    """,
    "CREATE TABLE cell (cell text PRIMARY KEY, scenes text[] NOT NULL)",
    # Sightings of the last seconds, until they are folded into a day's set.
    """
    CREATE TABLE sighting_inbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        scene text NOT NULL,
        day date NOT NULL,
        subscriber_id integer NOT NULL
    )
    """,
    """
    CREATE TABLE sighting (
        scene text NOT NULL,
        day date NOT NULL,
        subscribers bytea NOT NULL,
        PRIMARY KEY (scene, day)
    )
    """,
    """
    CREATE TABLE tag_observation (
        path text NOT NULL,
        source text NOT NULL,
        observed_on date NOT NULL,
        expires_on date,
        confidence double precision NOT NULL CONSTRAINT tag_confidence CHECK (confidence > 0 AND confidence < 1),
        count bigint NOT NULL,
        subscribers bytea NOT NULL,
        PRIMARY KEY (path, source)
    )
    """,
    # Which file holds the tags for rules; the highest version is the current one.
    """
    CREATE TABLE tag_file (
        version bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        file text NOT NULL,
        as_of date NOT NULL
    )
    """,
)


def upgrade() -> None:
    """Makes everything that tags stand on."""
    for statement in TABLES:
        op.execute(statement)
