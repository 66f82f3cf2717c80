"""The house rules find what they are for; a check that finds nothing is no check."""

import ast

import pytest

from tests.architecture.house_rules import Source, breaches


def found(path: str, text: str) -> set[str]:
    source = Source(path=path, text=text, tree=ast.parse(text))
    return {breach.rsplit("(", 1)[1].rstrip(")") for breach in breaches(source)}


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        ("svc-x/svc_x/app/do.py", "def f():\n    pass\n", "opens_with_a_sentence"),
        ("svc-x/svc_x/app/do.py", '"""Does."""\n' + "x = 1\n" * 400, "stays_readable"),
        ("svc-x/svc_x/app/do.py", '"""Does."""\ndef f():\n' + "    x = 1\n" * 70, "stays_readable"),
        ("svc-x/svc_x/utils.py", '"""Does."""\n', "has_a_noun_for_a_name"),
        ("svc-x/svc_x/app/do.py", '"""Does."""\nx = 1  # noqa: S101\n', "gives_reasons"),
        ("svc-x/svc_x/app/do.py", '"""Does."""\n# TODO later\n', "finishes_what_it_starts"),
        ("svc-x/svc_x/app/do.py", '"""Does."""\nunit.commit()\n', "leaves_commit_to_the_unit_of_work"),
        ("svc-x/svc_x/domain/do.py", '"""Does."""\nat = datetime.now()\n', "takes_time_as_an_argument"),
        ("svc-x/svc_x/app/do.py", '"""Does."""\nimport random\n', "takes_time_as_an_argument"),
        ("svc-x/svc_x/app/do.py", '"""Does."""\nplace = "/ro' + 'ot/x"\n', "speaks_only_of_itself"),
    ],
)
def test_a_breach_is_found(path: str, text: str, rule: str) -> None:
    assert rule in found(path, text)


def test_good_code_passes() -> None:
    text = '"""Does one thing; nothing else."""\n\n\ndef f() -> int:\n    return 1  # noqa: S101 -- its reason\n'
    assert found("svc-x/svc_x/app/do.py", text) == set()
