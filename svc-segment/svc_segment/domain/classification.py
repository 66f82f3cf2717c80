"""Says what a classification is: ordered tests, of which the first that holds gives the class; it must not read data.

Six Fetion classes (SEG-39 to SEG-46) and the life cycle of music customers (SEG-61) are classifications; which tests
they have is data, so an operator can set thresholds that no source names.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from carillon_chassis.errors import InvalidInput
from svc_segment.domain.rules.closure import Row, RowRule

CODE_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,39}")
RESULT_PATTERN = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
# The finest reading of the six classes needs twelve.
MAX_STEPS = 60
# Everyone else: the test that a last step has, so that nobody is left without an answer.
EVERYONE = "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A test, a rule over the attribute dictionary, and the class of those whom it is the first to fit."""

    test: str
    result: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassLabel:
    """A class in words; ``listed`` ones get monthly lists, the others are only counted (what falls in no class)."""

    result: str
    text_zh: str
    text_en: str
    listed: bool = True
    priority_target: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """Steps in order and the classes they lead to; the last step holds for everyone, so that the counts add up.

    Raises InvalidInput CLASSIFICATION_* that names the step.
    """

    code: str
    name_zh: str
    name_en: str
    classes: tuple[ClassLabel, ...]
    steps: tuple[Step, ...]
    version: int = 1

    def __post_init__(self) -> None:
        if not CODE_PATTERN.fullmatch(self.code):
            raise _refusal("code", "CLASSIFICATION_CODE", "small letters, digits and _, a letter first, 40 at most")
        if not 1 <= len(self.steps) <= MAX_STEPS:
            raise _refusal("steps", "CLASSIFICATION_STEPS", f"1 to {MAX_STEPS} steps, not {len(self.steps)}")
        labels = [label.result for label in self.classes]
        for label in labels:
            if not RESULT_PATTERN.fullmatch(label) or labels.count(label) > 1:
                raise _refusal("classes", "CLASSIFICATION_CLASS", f"'{label}' is no class name or comes twice")
        for number, step in enumerate(self.steps, start=1):
            if step.result not in labels:
                raise _refusal(
                    f"steps[{number}].result",
                    "CLASSIFICATION_CLASS",
                    f"step {number} leads to '{step.result}', which is no class",
                )
        if self.steps[-1].test.strip().lower() != EVERYONE:
            raise _refusal(
                f"steps[{len(self.steps)}].test",
                "CLASSIFICATION_OPEN",
                "the last step has to hold for everyone: write the test 'true'",
            )

    def label(self, result: str) -> ClassLabel:
        """The class of a name."""
        return next(label for label in self.classes if label.result == result)


def classify(classification: Classification, tests: Sequence[RowRule], row: Row) -> str:
    """One subscriber's class; ``tests`` are the steps compiled for one row. An unknown test does not fit."""
    return next(step.result for step, test in zip(classification.steps, tests, strict=True) if test(row) is True)


def _refusal(field: str, reason: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field=field, detail=detail)
