"""What can be wrong with octets or documents of a push; must not know sockets, lines or who asked."""


class MalformedPush(Exception):
    """Octets that are no sound push. ``reason`` is stable, ``field`` names what is at fault."""

    def __init__(self, *, reason: str, field: str, detail: str) -> None:
        super().__init__(f"{reason} ({field}): {detail}")
        self.reason = reason
        self.field = field
        self.detail = detail
