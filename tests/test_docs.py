"""The documents say what is so: their scenarios parse, their rule works, their tables and links hold."""

from __future__ import annotations

import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from geodata.enrich import enrich, place_index
from geodata.layers import Layers
from geodata.network import TravelNetwork
from matching import domain
from matching.constraints import rule_book
from matching.constraints.base import OnLive, PairRule, Scope
from matching.constraints.start_in_time import StartInTime
from matching.domain import Scenario, parse
from matching.errors import InputRejected, SolverFault
from matching.facts import Case, Facts, Stay
from matching.intake import read
from matching.options import requester_options
from matching.pipeline import plan_week
from matching.plans import Objection
from matching.solver.cpsat import Limits
from tests.builders import TODAY, case, facility, present, world

ROOT = Path(__file__).resolve().parent.parent
SCENARIO_GUIDE = ROOT / "docs" / "scenario.md"
RULE_GUIDE = ROOT / "docs" / "add-a-rule.md"
GUIDES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


@cache
def layers() -> Layers:
    return Layers.load()


def on_map(scenario: Scenario) -> Facts:
    return enrich(scenario, layers(), TravelNetwork.load(layers()))


def blocks(guide: Path, language: str) -> list[str]:
    """Fenced code blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", guide.read_text(encoding="utf-8"), re.M | re.S)


@pytest.mark.parametrize("number", range(len(blocks(SCENARIO_GUIDE, "json"))))
def test_every_scenario_of_the_guide_parses(number: int) -> None:
    parse(blocks(SCENARIO_GUIDE, "json")[number].encode(), place_index(layers()))


@pytest.mark.parametrize("field", ["schema_version", "synthetic", "now"])
def test_the_smallest_scenario_has_nothing_to_spare(field: str) -> None:
    smallest = json.loads(blocks(SCENARIO_GUIDE, "json")[0])
    del smallest[field]
    with pytest.raises(InputRejected):
        parse(json.dumps(smallest).encode(), place_index(layers()))
    assert len(smallest) == 2


def test_the_guides_case_is_placed_where_the_guide_says() -> None:
    _, facts = read(blocks(SCENARIO_GUIDE, "json")[1].encode(), place_index(layers()), on_map)
    outcome = plan_week(facts, rule_book(), Limits(time_s=20.0))
    (placed,) = outcome.plan.placed
    assert facts.names.facilities[placed.stay.facility] == "house-umea"
    assert outcome.unplaced == ()
    answer = requester_options(facts, rule_book(), 0)
    assert answer.slots is not None  # two facilities are fewer than any card may speak of
    assert {value for card in answer.slots for key, value in card if key != "rank"} == {"withheld"}


def accepted(told: dict[str, Any], required: bool) -> str:
    """What a field accepts, in the words of the guide, from its JSON Schema."""
    kind = _kind(told)
    if required:
        return f"{kind}; required"
    default = told.get("default")
    if isinstance(default, list) and default:
        default = "all"
    return (
        f"{kind}; optional"
        if default in (None, []) or isinstance(default, dict)
        else f"{kind}; default {str(default).lower()}"
    )


def _kind(told: dict[str, Any]) -> str:
    if "anyOf" in told:
        return " or ".join(_kind(one) for one in told["anyOf"] if one.get("type") != "null")
    if "oneOf" in told:
        names = " ".join(one["$ref"] for one in told["oneOf"])
        return next(word for word in ("Reach", "Area", "persistence") if word in names or word.islower()).lower()
    if "$ref" in told:
        return f"`{told['$ref'].rpartition('/')[2]}`"
    if "const" in told:
        return f"`{json.dumps(told['const'])}`"
    if "enum" in told:
        return " ".join(f"`{value}`" for value in told["enum"])
    match told["type"]:
        case "array":
            most, least = told.get("maxItems"), told.get("minItems", 0)
            length = f" ({least}–{most})" if most else f" ({least} or more)" if least else ""
            return f"list{length} of {_kind(told['items'])}"
        case "integer":
            limits = told.get("minimum"), told.get("maximum")
            return f"{limits[0]}–{limits[1]}" if None not in limits else f"{limits[0]} or more"
        case "number":
            return f"{told['minimum']:g}–{told['maximum']:g}"
        case "boolean":
            return "true or false"
        case _:
            return _TEXTS[told["format"] if "format" in told else told["pattern"]]


_TEXTS = {
    "date": "date",
    "date-time": "time with zone",
    "^[0-9]{4}$": "four digits",
    "^[0-9]{2}$": "two digits",
    "^[a-z]{3,12}$": "lower-case word",
    r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$": "id",
    r"^[a-z0-9][a-z0-9_-]{7,63}$": "person key",
}


def rows(model: type[BaseModel]) -> dict[str, str]:
    """Field -> what it accepts."""
    schema = model.model_json_schema()
    required = set(schema.get("required", ()))
    return {name: accepted(told, name in required) for name, told in schema["properties"].items()}


def tables(guide: Path) -> dict[str, list[list[str]]]:
    """Cells of the table after each `<!-- fields: Model -->`."""
    found = re.findall(r"^<!-- fields: (\w+) -->\n((?:\|.*\n)+)", guide.read_text(encoding="utf-8"), re.M)
    return {
        name: [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines()[2:]]
        for name, table in found
    }


BASES = (domain.Told, domain.Interval, domain.OpenInterval)
PARTS: dict[str, type[BaseModel]] = {
    name: part
    for name, part in vars(domain).items()
    if isinstance(part, type) and issubclass(part, BaseModel) and part not in BASES
}


def test_every_part_of_a_scenario_has_a_table() -> None:
    assert set(tables(SCENARIO_GUIDE)) == set(PARTS)


@pytest.mark.parametrize("name", sorted(PARTS))
def test_a_table_says_what_the_model_accepts(name: str) -> None:
    told = tables(SCENARIO_GUIDE)[name]
    assert {cells[0].strip("`"): cells[1] for cells in told} == rows(PARTS[name])
    assert all(len(cells) == 3 and cells[2] for cells in told), "every field is explained"


@pytest.mark.parametrize("name", ["Policy", "Weights"])
def test_the_policy_table_speaks_with_the_models_own_words(name: str) -> None:
    told = {cells[0].strip("`"): cells[2] for cells in tables(SCENARIO_GUIDE)[name]}
    described = {field: info.description for field, info in PARTS[name].model_fields.items() if info.description}
    assert {field: text for field, text in told.items() if field in described} == described


def _example() -> tuple[str, str, str]:
    """Name, rule file and test file of the worked example."""
    rule, test = blocks(RULE_GUIDE, "python")[:2]
    (name,) = re.findall(r'^    name = "(\w+)"', rule, re.M)
    return name, rule, test


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine, the tests' helpers, and the two files of the guide where the guide puts them."""
    root = tmp_path_factory.mktemp("copy")
    name, rule, test = _example()
    shutil.copytree(ROOT / "matching", root / "matching", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "tests" / "constraints").mkdir(parents=True)
    suite = [ROOT / "tests" / "test_rule_book.py", ROOT / "tests" / "test_reads.py"]
    helpers = [file for file in (ROOT / "tests").glob("*.py") if not file.name.startswith("test_")]
    for file in (*suite, *helpers, *(ROOT / "tests" / "constraints").glob("*.py")):
        shutil.copy(file, root / file.relative_to(ROOT))
    shutil.copy(ROOT / "pyproject.toml", root)
    (root / "matching" / "constraints" / f"{name}.py").write_text(rule, encoding="utf-8")
    (root / "tests" / "constraints" / f"test_{name}.py").write_text(test, encoding="utf-8")
    return root


def run_in(copy: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_guides_rule_is_found_in_the_rule_book(copy: Path) -> None:
    name, _, _ = _example()
    said = run_in(
        copy,
        "-c",
        "import matching, matching.constraints as c; print(matching.__file__);"
        f"print(c.load_rule('matching.constraints.{name}').name);"
        "print(*[rule.name for rule in c.rule_book()])",
    ).splitlines()
    assert said[0].startswith(str(copy))
    assert said[1] == name
    assert name in said[2].split()


def test_the_guides_test_passes(copy: Path) -> None:
    name, _, _ = _example()
    said = run_in(copy, "-m", "pytest", "-p", "no:cacheprovider", f"tests/constraints/test_{name}.py")
    assert " passed" in said
    assert "skipped" not in said


def test_the_guides_rule_stands_up_to_the_suite(copy: Path) -> None:
    name, _, _ = _example()
    tests = ["tests/test_rule_book.py", "tests/test_reads.py"]
    said = run_in(
        copy, "-m", "pytest", "-p", "no:cacheprovider", *tests, "-k", f"{name} or test_every_rule_file", "-vv"
    )
    assert f"test_a_rule_reads_only_what_it_declares[{name}] PASSED" in said
    assert "test_every_rule_file_has_a_test_file PASSED" in said


def test_the_guides_test_sees_a_loosened_rule(copy: Path, tmp_path: Path) -> None:
    name, rule, _ = _example()
    loosened = tmp_path / "loosened"
    shutil.copytree(copy, loosened)
    assert rule.count(">= needed") == 1
    file = loosened / "matching" / "constraints" / f"{name}.py"
    file.write_text(rule.replace(">= needed", ">= needed - 1"), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"\d failed"):
        run_in(loosened, "-m", "pytest", "-p", "no:cacheprovider", f"tests/constraints/test_{name}.py")


def test_the_guides_files_are_as_make_check_wants_them(copy: Path) -> None:
    name, _, _ = _example()
    files = [f"matching/constraints/{name}.py", f"tests/constraints/test_{name}.py"]
    run_in(copy, "-m", "ruff", "check", "--no-cache", *files)
    run_in(copy, "-m", "ruff", "format", "--check", "--no-cache", *files)


each_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: str(guide.relative_to(ROOT)))


def _prose(guide: Path) -> str:
    return re.sub(r"^```.*?^```", "", guide.read_text(encoding="utf-8"), flags=re.M | re.S)


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@each_guide
def test_links_lead_somewhere(guide: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(guide)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = guide.parent / file if file else guide
        assert there.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.M)
            assert anchor in {_anchor(heading) for heading in headings}, target


TOP = tuple(sorted(path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")))
MADE_BY_RUNNING = ("out/",)  # what the commands write


@each_guide
def test_paths_in_backticks_exist(guide: Path) -> None:
    for told in re.findall(r"`([^`\n]+)`", _prose(guide)):
        path = re.split(r"[:#]", told)[0]
        if not re.fullmatch(r"[\w.-]+(/[\w.*-]+)*/?", path) or path.startswith(MADE_BY_RUNNING):
            continue
        if path.startswith(tuple(f"{name}/" for name in TOP)):
            assert list(ROOT.glob(path.rstrip("/"))), told
        elif path.startswith("test_") and path.endswith(".py"):
            assert list((ROOT / "tests").rglob(path)), told


@cache
def _all_tests() -> frozenset[str]:
    files = (ROOT / "tests").rglob("test_*.py")
    return frozenset(
        n for file in files for n in re.findall(r"^def (test_\w+)\(", file.read_text(encoding="utf-8"), re.M)
    )


@each_guide
def test_named_tests_exist(guide: Path) -> None:
    for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", _prose(guide)):
        assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.M), name
    for name in re.findall(r"`(test_\w+)`", _prose(guide)):
        assert name in _all_tests(), name


@pytest.mark.parametrize("record", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda record: record.stem)
def test_a_decision_has_the_form_of_the_first(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    assert re.match(rf"# {record.stem[:4]} ", text)
    assert re.search(r"^Status: (accepted|replaced by \d{4})$", text, re.M)
    assert re.findall(r"^## (.*)$", text, re.M)[:4] == ["Context", "Decision", "Consequence", "What enforces it"]


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


def test_a_rule_that_claims_to_read_the_own_case_learns_nothing_of_others() -> None:
    alone = world(facilities=[facility()] * 3, cases=[case()])
    crowded = world(facilities=[facility()] * 3, cases=[case()], presences=[present(1)])
    nosy = [_Lying(sees_others=True)]
    assert requester_options(crowded, nosy, 0) == requester_options(alone, nosy, 0)
    assert plan_week(crowded, nosy, Limits(time_s=5.0)).unplaced == (0,)


def _unread() -> list[tuple[str, str]]:
    return [
        (name, cells[0].strip("`"))
        for name, table in tables(SCENARIO_GUIDE).items()
        for cells in table
        if re.search(r"\*not read yet\*", cells[2]) and cells[0] != "`timing`"
    ]


# Other parts have a field of the same name, or the facts carry it although no rule reads it.
_SHARED_WORDS = {"start", "end", "person_key", "unit", "role", "confidence"}


@pytest.mark.parametrize(("part", "field"), _unread())
def test_what_is_said_to_be_unread_is_read_by_no_rule(part: str, field: str) -> None:
    in_facts = {"PlacementAssessment": f"Assessment.{field}", "Member": f"Person.{field}"}.get(part, f"{part}.{field}")
    assert all(in_facts not in rule.reads for rule in rule_book())
    if field not in _SHARED_WORDS:
        engine = "".join((ROOT / "matching" / f"{name}.py").read_text() for name in ("assemble", "networks"))
        assert not re.search(rf"\.{field}\b", engine), "it is carried into the facts by now"


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"`((?:matching|geodata)(?:\.\w+)+)`", "".join(_prose(guide) for guide in GUIDES))))
)
def test_named_functions_exist(name: str) -> None:
    assert pkgutil.resolve_name(name) is not None
