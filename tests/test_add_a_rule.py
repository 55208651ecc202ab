"""The guide to adding a rule, followed to the letter: two files are new, what else changes is generated.

Its two examples, a hard rule and a soft one with a weight of its own, are each added to a project without the other.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from matching.candidates import generate
from matching.constraints.base import OnLive, PairRule, Scope
from matching.constraints.start_in_time import StartInTime
from matching.errors import SolverFault
from matching.facts import Case, Facts, Stay
from matching.options import requester_options
from matching.pipeline import plan_week
from matching.plans import Objection
from matching.solver.cpsat import Limits
from tests.builders import TODAY, case, facility, present, world

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs" / "add-a-rule.md"
KEPT = (
    "matching", "geodata", "service", "benchmarks", "tests", "docs", "README.md", "CONTRIBUTING.md", "CHANGELOG.md",
    "Makefile", "pyproject.toml",
)  # fmt: skip
MADE = {
    "README.md",
    "docs/rules.md",
    "matching/locale/fristad.pot",
    "matching/locale/sv/LC_MESSAGES/fristad.po",
}
"""What `make docs` writes for a rule; the compiled catalogue changes only once its sentences are translated."""


@dataclass(frozen=True)
class Example:
    """The text of a rule's two files, and the project they were put into."""

    name: str
    rule: str
    test: str
    folder: Path = ROOT

    @property
    def rule_file(self) -> str:
        return f"matching/constraints/{self.name}.py"

    @property
    def test_file(self) -> str:
        return f"tests/constraints/test_{self.name}.py"


def _examples() -> tuple[Example, ...]:
    """The worked examples, in order: rule, test, rule, test."""
    texts = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.M | re.S)
    found = []
    for rule, test in zip(texts[::2], texts[1::2], strict=True):
        (name,) = re.findall(r'^    name = "(\w+)"', rule, re.M)
        found.append(Example(name, rule, test))
    return tuple(found)


HARD, SOFT = _examples()


def run_in(folder: Path, *arguments: str) -> str:
    """What a Python command prints in a copy of the project, which must succeed."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pytest_in(folder: Path, *arguments: str) -> str:
    return run_in(folder, "-m", "pytest", "-p", "no:cacheprovider", *arguments)


def make_docs(folder: Path) -> None:
    """The recipe of `make docs`, line by line, with this Python."""
    recipe = re.search(r"^docs:.*\n((?:\t.*\n)+)", (folder / "Makefile").read_text(encoding="utf-8"), re.M)
    assert recipe is not None
    for line in recipe[1].splitlines():
        command, *arguments = line.split()
        assert command == "$(BIN)/python"
        run_in(folder, *arguments)


def status(folder: Path) -> dict[str, str]:
    """A digest of every file, by path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it is, with what is generated up to date."""
    root = tmp_path_factory.mktemp("before")
    for name in KEPT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, root)
    make_docs(root)
    return root


@pytest.fixture(scope="module", params=[HARD, SOFT], ids=lambda example: example.name)
def after(request: pytest.FixtureRequest, before: Path, tmp_path_factory: pytest.TempPathFactory) -> Example:
    """The same with the two files of an example where the guide puts them, and `make docs` run."""
    example: Example = replace(request.param, folder=tmp_path_factory.mktemp("after") / "copy")
    shutil.copytree(before, example.folder)
    (example.folder / example.rule_file).write_text(example.rule, encoding="utf-8")
    (example.folder / example.test_file).write_text(example.test, encoding="utf-8")
    make_docs(example.folder)
    return example


def test_two_files_are_new_and_what_else_changed_is_generated(before: Path, after: Example) -> None:
    was, now = status(before), status(after.folder)
    assert set(now) - set(was) == {after.rule_file, after.test_file}
    assert not set(was) - set(now)
    assert {path for path in was if was[path] != now[path]} == MADE


@pytest.mark.parametrize("example", [HARD, SOFT], ids=lambda example: example.name)
def test_it_is_no_rule_of_the_book(example: Example) -> None:
    assert not (ROOT / example.rule_file).exists(), "the guide's example is to be another"


def test_the_rule_is_found_and_listed(after: Example) -> None:
    said = run_in(
        after.folder,
        "-c",
        "import matching; print(matching.__file__);"
        f"from matching.constraints import load_rule; print(load_rule('matching.constraints.{after.name}').name);"
        "from matching.cli.rule_table import rule_rows; print(*[row['name'] for row in rule_rows()])",
    ).splitlines()
    assert said[0].startswith(str(after.folder))
    assert said[1] == after.name
    assert after.name in said[2].split()


def test_the_documents_tell_of_it(before: Path, after: Example) -> None:
    level = "hard" if after.name == HARD.name else "soft"
    assert f"| `{after.name}` | {level} |" in (after.folder / "README.md").read_text(encoding="utf-8")
    page = (after.folder / "docs" / "rules.md").read_text(encoding="utf-8")
    assert f"## `{after.name}`\n" in page
    assert (f"- Weight `weights.further.{after.name}`: " in page) == (level == "soft")
    untranslated = [
        int(re.findall(r"without a Swedish translation: (\d+)\.", text)[0])
        for text in ((before / "docs" / "rules.md").read_text(encoding="utf-8"), page)
    ]
    sentences = len(re.findall(r"Audience\.\w+: ", after.rule))
    assert untranslated[1] - untranslated[0] == sentences > 0  # shown in English until somebody translates


def test_its_test_passes(after: Example) -> None:
    said = pytest_in(after.folder, after.test_file)
    assert " passed" in said
    assert "skipped" not in said


def test_it_stands_up_to_the_tests_of_every_rule(after: Example) -> None:
    """What asks something of every rule, in seconds; the rest of it is in the long tests."""
    said = pytest_in(after.folder, "tests/test_rule_book.py", "tests/test_rules_page.py", "-vv")
    assert f"[{after.name}] PASSED" in said


@pytest.mark.long
def test_it_stands_up_to_the_suite(after: Example) -> None:
    """Whatever asks something of every rule or of every setting, generated documents included."""
    suite = [
        "test_rule_book", "test_reads", "test_messages", "test_catalogue", "test_rules_page", "test_readme",
        "test_policyfile",
    ]  # fmt: skip
    files = [f"tests/{name}.py" for name in suite if (after.folder / f"tests/{name}.py").exists()]
    said = pytest_in(after.folder, *files, "-vv")
    assert f"test_a_rule_reads_only_what_it_declares[{after.name}] PASSED" in said
    assert "test_every_rule_file_has_a_test_file PASSED" in said
    assert "test_rule_table_is_current PASSED" in said
    pytest_in(after.folder, "tests/test_differential.py", "-k", "stated_twice or kind_with_the_rule")
    pytest_in(after.folder, "tests/test_independence.py", "-k", "order")


def test_a_policy_file_changes_the_weight_a_rule_brings(after: Example, tmp_path: Path) -> None:
    """And is refused a weight for a rule that brings none."""
    name = f"weights.further.{after.name}"
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"weights": {"further": {after.name: 11}}}), encoding="utf-8")
    command = ("-c", "from matching.cli import app; app()", "policy")
    rows = {row["name"]: row for row in json.loads(run_in(after.folder, *command, "show", "--json"))}
    if after.name == HARD.name:
        assert name not in rows
        with pytest.raises(AssertionError, match="no rule of that name has a weight"):
            run_in(after.folder, *command, "check", str(file))
        return
    assert (rows[name]["default"], rows[name]["least"], rows[name]["most"]) == (2, 0, 100_000)
    assert rows[name]["sentence"] in after.rule
    assert rows[name]["source"] in after.rule
    assert f"{name} = 11 (0 to 100000, default 2: differs)" in run_in(after.folder, *command, "check", str(file))


FAULTS = [
    *(
        (HARD, *texts)
        for texts in [
            ("has_guardian or ", ""),
            ("age_years >= adult", "age_years > adult"),
            ("age_years >= adult", "age_years >= -1 + adult"),
            (" or all(", " or any("),
            (" = facts.policy.adult_age_years", " = 18"),
            ("sum(unit.is_shared", "any(unit.is_shared"),
            ("sum(unit.is_shared", "sum(not unit.is_shared"),
            ("shared, (", "1, ("),
            (" if live.is_housed else None", ""),
            ("OnLive.MOVE_BY", "OnLive.TASK"),
            ("OnLive.MOVE_BY", "OnLive.IGNORE"),
        ]
    ),
    *(
        (SOFT, *texts)
        for texts in [
            ("default_weight = 2", "default_weight = 3"),
            ("self.weight(facts) *", "self.default_weight *"),
            ("max(0, beds", "max(1, beds"),
            (" - len(case.household)", " - 1"),
            ("sum(unit.beds", "max(unit.beds"),
        ]
    ),
]


@pytest.mark.parametrize(("example", "exact", "loosened"), FAULTS)
def test_its_test_sees_a_planted_fault(
    before: Path, tmp_path: Path, example: Example, exact: str, loosened: str
) -> None:
    assert example.rule.count(exact) == 1
    for file in ("matching", "tests"):
        shutil.copytree(before / file, tmp_path / file)
    shutil.copy(before / "pyproject.toml", tmp_path)
    (tmp_path / example.rule_file).write_text(example.rule.replace(exact, loosened), encoding="utf-8")
    (tmp_path / example.test_file).write_text(example.test, encoding="utf-8")
    with pytest.raises(AssertionError, match=r"\d failed"):
        pytest_in(tmp_path, example.test_file)


def test_its_files_are_as_make_check_wants_them(after: Example) -> None:
    files = (after.rule_file, after.test_file)
    run_in(after.folder, "-m", "ruff", "check", "--no-cache", *files)
    run_in(after.folder, "-m", "ruff", "format", "--check", "--no-cache", *files)


# What the guide says of declarations that lie


class _Lying(PairRule):
    """Objects by the start, or by who is there, and declares neither."""

    name = "lying"
    summary = "nothing true"
    scope = Scope.OWN_CASE
    source = "docs/add-a-rule.md"
    reads = frozenset({"Facts.presences"})
    messages = {}
    on_live = OnLive.IGNORE

    def __init__(self, forbidden_days: range = range(0), *, sees_others: bool = False) -> None:
        self.forbidden_days = forbidden_days
        self.sees_others = sees_others

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        is_refused = stay.start_day in self.forbidden_days or (self.sees_others and facts.presences)
        return Objection("refused") if is_refused else None


def test_an_undeclared_start_loses_a_place_or_stops_everything() -> None:
    facts = world(facilities=[facility()], cases=[case(housed_until_day=TODAY + 2)])
    only_first_day = [StartInTime(), _Lying(range(TODAY, TODAY + 1))]
    assert plan_week(facts, only_first_day, Limits(time_s=5.0)).unplaced == (0,)
    only_later = [StartInTime(), _Lying(range(TODAY + 1, TODAY + 9))]
    with pytest.raises(SolverFault):
        plan_week(facts, only_later, Limits(time_s=5.0))


class _Honest(_Lying):
    """The same, with the start declared."""

    reads = frozenset({"Facts.presences", "Stay.start_day"})


@pytest.mark.parametrize(("kind", "legs_left"), [(_Honest, {0}), (_Lying, set())])
def test_an_undeclared_start_loses_a_facility_for_both_of_two_linked_stays(
    kind: type[_Lying], legs_left: set[int]
) -> None:
    facts = world(facilities=[facility()], cases=[case(nights=(2, 9), window=(TODAY, TODAY))])
    only_the_second = kind(range(TODAY + 2, TODAY + 3))
    assert {candidate.leg for candidate in generate(facts, [only_the_second]).items} == legs_left


def test_a_rule_that_claims_to_read_the_own_case_learns_nothing_of_others() -> None:
    alone = world(facilities=[facility()] * 3, cases=[case()])
    crowded = world(facilities=[facility()] * 3, cases=[case()], presences=[present(1)])
    nosy = [_Lying(sees_others=True)]
    assert requester_options(crowded, nosy, 0) == requester_options(alone, nosy, 0)
    assert plan_week(crowded, nosy, Limits(time_s=5.0)).unplaced == (0,)
