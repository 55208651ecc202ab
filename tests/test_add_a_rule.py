"""The guide to adding a rule, followed to the letter: two files are new, what else changes is generated."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
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


def _example() -> tuple[str, str, str]:
    """Name, rule file and test file of the worked example."""
    rule, test = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.M | re.S)
    (name,) = re.findall(r'^    name = "(\w+)"', rule, re.M)
    return name, rule, test


NAME, RULE, TEST = _example()
RULE_FILE, TEST_FILE = f"matching/constraints/{NAME}.py", f"tests/constraints/test_{NAME}.py"


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


@pytest.fixture(scope="module")
def after(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the two files of the guide where the guide puts them, and `make docs` run."""
    root = tmp_path_factory.mktemp("after") / "copy"
    shutil.copytree(before, root)
    (root / RULE_FILE).write_text(RULE, encoding="utf-8")
    (root / TEST_FILE).write_text(TEST, encoding="utf-8")
    make_docs(root)
    return root


def test_two_files_are_new_and_what_else_changed_is_generated(before: Path, after: Path) -> None:
    was, now = status(before), status(after)
    assert set(now) - set(was) == {RULE_FILE, TEST_FILE}
    assert not set(was) - set(now)
    assert {path for path in was if was[path] != now[path]} == MADE


def test_it_is_no_rule_of_the_book() -> None:
    assert not (ROOT / RULE_FILE).exists(), "the guide's example is to be another"


def test_the_rule_is_found_and_listed(after: Path) -> None:
    said = run_in(
        after,
        "-c",
        "import matching; print(matching.__file__);"
        f"from matching.constraints import load_rule; print(load_rule('matching.constraints.{NAME}').name);"
        "from matching.cli.rule_table import rule_rows; print(*[row['name'] for row in rule_rows()])",
    ).splitlines()
    assert said[0].startswith(str(after))
    assert said[1] == NAME
    assert NAME in said[2].split()


def test_the_documents_tell_of_it(before: Path, after: Path) -> None:
    assert f"| `{NAME}` | hard |" in (after / "README.md").read_text(encoding="utf-8")
    page = (after / "docs" / "rules.md").read_text(encoding="utf-8")
    assert f"## `{NAME}`\n" in page
    untranslated = [
        int(re.findall(r"without a Swedish translation: (\d+)\.", text)[0])
        for text in ((before / "docs" / "rules.md").read_text(encoding="utf-8"), page)
    ]
    sentences = len(re.findall(r"^        Audience\.\w+: ", RULE, re.M))
    assert untranslated[1] - untranslated[0] == sentences == 2  # shown in English until somebody translates


def test_its_test_passes(after: Path) -> None:
    said = pytest_in(after, TEST_FILE)
    assert " passed" in said
    assert "skipped" not in said


def test_it_stands_up_to_the_suite(after: Path) -> None:
    """Whatever asks something of every rule, generated documents included."""
    suite = ["test_rule_book", "test_reads", "test_messages", "test_catalogue", "test_rules_page", "test_readme"]
    files = [f"tests/{name}.py" for name in suite if (after / f"tests/{name}.py").exists()]
    said = pytest_in(after, *files, "-vv")
    assert f"test_a_rule_reads_only_what_it_declares[{NAME}] PASSED" in said
    assert "test_every_rule_file_has_a_test_file PASSED" in said
    assert "test_rule_table_is_current PASSED" in said
    pytest_in(after, "tests/test_differential.py", "-k", "stated_twice or kind_with_the_rule")
    pytest_in(after, "tests/test_independence.py", "-k", "order")


@pytest.mark.parametrize(
    ("exact", "loosened"),
    [
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
    ],
)
def test_its_test_sees_a_planted_fault(after: Path, tmp_path: Path, exact: str, loosened: str) -> None:
    assert RULE.count(exact) == 1
    for file in ("matching", "tests"):
        shutil.copytree(after / file, tmp_path / file)
    shutil.copy(after / "pyproject.toml", tmp_path)
    (tmp_path / RULE_FILE).write_text(RULE.replace(exact, loosened), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"\d failed"):
        pytest_in(tmp_path, TEST_FILE)


def test_its_files_are_as_make_check_wants_them(after: Path) -> None:
    run_in(after, "-m", "ruff", "check", "--no-cache", RULE_FILE, TEST_FILE)
    run_in(after, "-m", "ruff", "format", "--check", "--no-cache", RULE_FILE, TEST_FILE)


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
