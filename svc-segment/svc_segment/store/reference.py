"""Reads the classifications and the match library that the product ships beside its code; it must not change them."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import yaml

from svc_segment.domain.classification import Classification, ClassLabel, Step
from svc_segment.domain.match_library import MatchLibrary
from svc_segment.store.match_library import library_from_json


def shipped_classifications() -> Sequence[Classification]:
    """The six Fetion classes and the life cycle of music customers; raises InvalidInput for a failed build."""
    return [
        Classification(
            code=row["code"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            classes=tuple(ClassLabel(**label) for label in row["classes"]),
            steps=tuple(Step(**step) for step in row["steps"]),
        )
        for row in _read("classifications.yaml")["classifications"]
    ]


def shipped_library() -> MatchLibrary:
    """The library to start from, over the attributes of a synthetic population (SEG-17 to SEG-23)."""
    return library_from_json(_read("match_library.yaml"))


def _read(name: str) -> dict[str, Any]:
    text = (files("svc_segment") / "reference" / name).read_text(encoding="utf-8")
    read: dict[str, Any] = yaml.safe_load(text)
    return read
