"""What a command tells a person when it cannot go on; it must not stand for a mistake in our own code."""


class CommandError(Exception):
    """The command failed; the text says what, why and which log to read, and is shown without a traceback."""
