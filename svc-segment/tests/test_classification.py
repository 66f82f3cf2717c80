"""The six Fetion classes by the words of their source, and what a classification has to be."""

from collections.abc import Mapping
from itertools import product

import pytest

from carillon_chassis.errors import InvalidInput
from svc_segment.domain.attributes import Attribute, AttributeType, Dictionary, Value
from svc_segment.domain.classification import Classification, ClassLabel, Step, classify
from svc_segment.domain.rules.closure import compile_closure
from svc_segment.domain.rules.reader import read_rule
from svc_segment.store.reference import shipped_classifications

FLAGS = ("fetion_registered", "fetion_deregistered", "fetion_ever_active", "fetion_sms_active")
COUNTS = (
    "fetion_client_days", "fetion_friends", "fetion_volume", "fetion_client_volume",
    "fetion_active_days_m1", "fetion_active_days_m2", "crbt_downloads",
)  # fmt: skip
DICTIONARY = Dictionary(
    [
        *(Attribute(name=name, type=AttributeType.BOOLEAN) for name in FLAGS),
        *(Attribute(name=name, type=AttributeType.INTEGER) for name in COUNTS),
    ]
)
SHIPPED = {one.code: one for one in shipped_classifications()}
# client days, active by SMS, friends, volume, days in M-1 and M-2, ever active, and the class they lead to.
VECTORS = [
    (0, False, 0, 0, 0, 0, False, "CONTINUOUS_SILENT"),
    (0, True, 3, 5, 0, 0, True, "SUB_SILENT"),
    (0, True, 3, 5, 25, 0, True, "SUB_SILENT"),
    (0, False, 3, 0, 18, 0, True, "SUB_SILENT"),
    (0, False, 3, 0, 18, 19, True, "HABITUAL"),
    (0, False, 3, 0, 19, 0, True, "HABITUAL"),
    (0, False, 3, 0, 0, 0, True, "UNCLASSIFIED_LAPSED"),
    (1, False, 3, 1, 0, 0, True, "TRIAL_PROBLEM"),
    (1, False, 3, 2, 0, 0, True, "UNCLASSIFIED_LOW"),
    (5, False, 3, 9, 0, 0, True, "UNCLASSIFIED_LOW"),
    (5, False, 0, 9, 0, 0, True, "TRIAL_PROBLEM"),
    (6, False, 3, 9, 0, 0, True, "ORDINARY"),
    (10, False, 3, 9, 0, 0, True, "ORDINARY"),
    (11, False, 3, 9, 0, 0, True, "HABITUAL"),
    (18, False, 3, 9, 0, 0, True, "HABITUAL"),
    (19, False, 3, 9, 0, 0, True, "LOYAL"),
    (25, False, 0, 9, 0, 0, True, "TRIAL_PROBLEM"),
    (25, False, 3, 0, 0, 0, True, "TRIAL_PROBLEM"),
]


def row_of(days: int, sms: bool, friends: int, volume: int, m1: int, m2: int, ever: bool) -> Mapping[str, Value | None]:
    return {
        "fetion_registered": True, "fetion_deregistered": False, "fetion_ever_active": ever, "fetion_sms_active": sms,
        "fetion_client_days": days, "fetion_friends": friends, "fetion_volume": volume, "fetion_client_volume": volume,
        "fetion_active_days_m1": m1, "fetion_active_days_m2": m2,
    }  # fmt: skip


def class_of(code: str, row: Mapping[str, Value | None]) -> str:
    classification = SHIPPED[code]
    return classify(
        classification, [compile_closure(read_rule(step.test, DICTIONARY)) for step in classification.steps], row
    )


@pytest.mark.parametrize("vector", VECTORS)
def test_the_six_classes_are_those_of_the_reference(vector: tuple[int, bool, int, int, int, int, bool, str]) -> None:
    assert class_of("fetion", row_of(*vector[:-1])) == vector[-1]


def test_who_is_not_registered_or_deregistered_is_in_no_class() -> None:
    row = dict(row_of(*VECTORS[-1][:-1]))
    assert class_of("fetion", {**row, "fetion_registered": False}) == "EXCLUDED"
    assert class_of("fetion", {**row, "fetion_deregistered": True}) == "EXCLUDED"
    assert class_of("fetion", {}) == "EXCLUDED"


def test_classes_by_their_own_words_agree_with_the_steps_wherever_only_one_of_them_fits() -> None:
    # SEG-40 to SEG-46 as printed, without any order: where one class alone fits, the steps must give that one; where
    # none fits, the subscriber must be counted apart.
    days, months = (0, 1, 2, 5, 6, 10, 11, 18, 19, 31), (0, 1, 18, 19, 31)
    seen = set()
    for day, sms, friends, volume, m1, m2 in product(days, (False, True), (0, 1, 7), (0, 1, 2), months, months):
        ever = bool(day or sms or m1 or m2)
        for active in {ever, True}:
            row = row_of(day, sms, friends, volume, m1, m2, active)
            printed = _printed_classes(day, sms, friends, volume, m1, m2, active)
            got = class_of("fetion", row)
            assert got in printed if printed else got.startswith("UNCLASSIFIED"), (row, printed)
            seen.add(got)
    assert seen == {label.result for label in SHIPPED["fetion"].classes} - {"EXCLUDED"}


def _printed_classes(day: int, sms: bool, friends: int, volume: int, m1: int, m2: int, ever: bool) -> set[str]:
    silent = day == 0 and not sms
    fits = {
        "CONTINUOUS_SILENT": not ever,
        "SUB_SILENT": (day == 0 and sms) or (silent and bool(m1 or m2) and m1 < 19 and m2 < 19),
        "TRIAL_PROBLEM": (day >= 1 and (friends == 0 or volume == 0)) or (day == 1 and volume == 1),
        "ORDINARY": 6 <= day <= 10,
        "HABITUAL": (silent and max(m1, m2) >= 19) or 11 <= day <= 18,
        "LOYAL": day >= 19,
    }
    return {name for name, holds in fits.items() if holds}


@pytest.mark.parametrize(
    ("downloads", "expected"), [(None, "SILENT"), (0, "SILENT"), (1, "TRIAL"), (3, "ACTIVE"), (9, "LOYAL")]
)
def test_music_customers_have_a_life_cycle_of_four_groups(downloads: int | None, expected: str) -> None:
    # SEG-61 to SEG-65
    assert class_of("music", {"crbt_downloads": downloads}) == expected


def test_sub_silent_and_ordinary_users_are_the_ones_to_reach_first() -> None:
    """SEG-48: the answer's own flag, so that whoever plans a Fetion campaign needs no list of their own."""
    labels = SHIPPED["fetion"].classes
    assert {label.result for label in labels if label.priority_target} == {"SUB_SILENT", "ORDINARY"}


def test_each_group_of_music_customers_is_told_with_what_to_do_for_it() -> None:
    """SEG-62, SEG-63, SEG-64: what is offered is a campaign's; the group's text says which kind."""
    told = {label.result: label.text_en for label in SHIPPED["music"].classes}
    for group, words in {
        "SILENT": ("activate", "campaigns", "promotional prices"),
        "TRIAL": ("free experience", "trials"),
        "ACTIVE": ("new services", "fresh"),
    }.items():
        assert all(word in told[group] for word in words)


LABELS = (ClassLabel(result="A", text_zh="甲", text_en="A"),)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"code": "Six Classes"}, "CLASSIFICATION_CODE"),
        ({"steps": ()}, "CLASSIFICATION_STEPS"),
        ({"steps": (Step(test="true", result="B"),)}, "CLASSIFICATION_CLASS"),
        ({"classes": LABELS * 2}, "CLASSIFICATION_CLASS"),
        ({"steps": (Step(test="arpu > 60", result="A"),)}, "CLASSIFICATION_OPEN"),
    ],
)
def test_a_classification_that_leaves_somebody_without_an_answer_is_refused(
    change: dict[str, object], reason: str
) -> None:
    values = {
        "code": "a", "name_zh": "", "name_en": "", "classes": LABELS, "steps": (Step(test="true", result="A"),), **change,
    }  # fmt: skip
    with pytest.raises(InvalidInput) as refusal:
        Classification(**values)  # type: ignore[arg-type]  # one of them is wrong on purpose
    assert refusal.value.reason == reason
