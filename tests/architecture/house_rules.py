"""The conventions of this house that no linter knows, as checks over the syntax trees; run by `make check`.

Each rule is a function whose docstring is its reason. It prints every breach and exits 1 when there is any.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ("proto/gen/", "proto/third_party/")
FILE_LINES = 300
FUNCTION_LINES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One tracked Python file."""

    path: str
    text: str
    tree: ast.Module

    @property
    def is_test(self) -> bool:
        """Whether it is a test or serves tests."""
        return "/tests/" in f"/{self.path}" or "/testing/" in self.path


Breach = tuple[int, str]
Rule = Callable[[Source], Iterator[Breach]]


def opens_with_a_sentence(source: Source) -> Iterator[Breach]:
    """Who opens a file must read at once what it is for and what it must not do."""
    has_code = any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in source.tree.body)
    if has_code and not ast.get_docstring(source.tree):
        yield 1, "opens without a sentence that says what the file is for"


def stays_readable(source: Source) -> Iterator[Breach]:
    """A file is split by noun before it grows past what one can hold in mind; so is a function."""
    lines = source.text.count("\n")
    if lines > FILE_LINES:
        yield 1, f"has {lines} lines, more than {FILE_LINES}: split it by noun"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES and not source.is_test:
                yield node.lineno, f"{node.name} has {length} lines, more than {FUNCTION_LINES}"


def has_a_noun_for_a_name(source: Source) -> Iterator[Breach]:
    """A drawer called utils holds what nobody finds again."""
    if re.search(r"(^|/)(utils?|helpers?|common|misc|tools?)(\.py$|/)", source.path):
        yield 1, "is named for nothing in particular"


def gives_reasons(source: Source) -> Iterator[Breach]:
    """An exception from a rule is worth its reason; without one nobody dares to take it away."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if source.path.startswith("tests/architecture/"):
            return
        match = re.search(r"#\s*(noqa|type: ignore)(.*)$", line)
        if match and not re.search(r"(\s-{1,2}\s|#)\s*\S+", match[2]):
            yield number, f"`{match[1]}` without a reason"


def finishes_what_it_starts(source: Source) -> Iterator[Breach]:
    """What isn't built is absent, not promised."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if source.path.endswith("house_rules.py"):
            return
        if re.search(r"\b(TODO|FIXME|XXX|NotImplementedError)\b", line):
            yield number, "an unfinished mark"


def leaves_commit_to_the_unit_of_work(source: Source) -> Iterator[Breach]:
    """Leaving the unit of work commits; a second commit point breaks what is all or nothing."""
    if source.path == "chassis/carillon_chassis/database.py" or source.is_test or "/simulators/" in source.path:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
            yield node.lineno, "commits by itself"


def takes_time_as_an_argument(source: Source) -> Iterator[Breach]:
    """A rule that reads the clock can't be tested at the edge of its window."""
    if "/domain/" not in source.path and "/app/" not in source.path:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}:
            named = node.value
            if isinstance(named, ast.Name) and named.id in {"datetime", "date", "time"}:
                yield node.lineno, "reads the wall clock; take a clock or a time"
        if isinstance(node, ast.Import) and any(name.name in {"random", "secrets", "uuid4"} for name in node.names):
            yield node.lineno, "makes randomness; take it as an argument"


def speaks_only_of_itself(source: Source) -> Iterator[Breach]:
    """No path of a machine and no registry host: the project stands anywhere."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if source.path.endswith("house_rules.py"):
            return
        if re.search(r"/(w[o]rk|r[o]ot|f[a]rm|h[o]me)/[a-z.]|pyth[o]nhosted|pyp[i]\.org|reg[i]stry\.npmjs", line):
            yield number, "names a machine's path or a registry"


RULES: tuple[Rule, ...] = (
    opens_with_a_sentence,
    stays_readable,
    has_a_noun_for_a_name,
    gives_reasons,
    finishes_what_it_starts,
    leaves_commit_to_the_unit_of_work,
    takes_time_as_an_argument,
    speaks_only_of_itself,
)


def sources() -> Iterator[Source]:
    """Every Python file that git tracks or would track, without generated ones."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    for path in sorted(set(listed)):
        if not path.startswith(GENERATED) and (ROOT / path).exists():
            text = (ROOT / path).read_text()
            yield Source(path=path, text=text, tree=ast.parse(text))


def breaches(source: Source) -> Iterator[str]:
    """Every breach in a file, as ``path:line: what (rule)``."""
    for rule in RULES:
        for line, what in rule(source):
            yield f"{source.path}:{line}: {what} ({rule.__name__})"


def main() -> int:
    """Prints the breaches of the tree."""
    found = [breach for source in sources() for breach in breaches(source)]
    for breach in found:
        print(breach)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
