"""Reads what HTTP peers answer as JSON, and why they refuse; must not trust the shape of any of it."""

import json
from collections.abc import Mapping


def read_object(body: bytes) -> Mapping[str, object]:
    """The answer's object; an empty one for whatever is none."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def named_reason(told: Mapping[str, object], *, prefix: str, most: int) -> str:
    """The reason that an answer names, prefixed and cut to ``most`` characters; empty where it is no name of a reason."""
    reason = told.get("reason")
    sound = isinstance(reason, str) and reason.isascii() and reason.replace("_", "").isalnum()
    return f"{prefix}{reason}"[:most] if sound else ""
