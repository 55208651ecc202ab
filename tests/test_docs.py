"""The documents say what is so: their scenarios parse, their tables, links and names hold."""

from __future__ import annotations

import json
import pkgutil
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from geodata.enrich import enrich, place_index
from geodata.layers import Layers
from geodata.network import TravelNetwork
from matching import domain
from matching.constraints import hard, rule_book
from matching.domain import Scenario, parse
from matching.errors import InputRejected
from matching.facts import Facts
from matching.intake import read
from matching.options import requester_options
from matching.pipeline import plan_week
from matching.policyfile import parse_policy, settings
from matching.refusals import exclusions
from matching.solver.cpsat import Limits

ROOT = Path(__file__).resolve().parent.parent
SCENARIO_GUIDE = ROOT / "docs" / "scenario.md"
GUIDES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


@cache
def layers() -> Layers:
    return Layers.load()


def on_map(scenario: Scenario) -> Facts:
    return enrich(scenario, layers(), TravelNetwork.load(layers()))


def blocks(guide: Path, language: str) -> list[str]:
    """Fenced code blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", guide.read_text(encoding="utf-8"), re.M | re.S)


def scenarios_of_the_guide() -> list[str]:
    return [text for text in blocks(SCENARIO_GUIDE, "json") if "schema_version" in json.loads(text)]


def policies_of_the_guide() -> list[str]:
    return [text for text in blocks(SCENARIO_GUIDE, "json") if "schema_version" not in json.loads(text)]


@pytest.mark.parametrize("number", range(len(scenarios_of_the_guide())))
def test_every_scenario_of_the_guide_parses(number: int) -> None:
    parse(scenarios_of_the_guide()[number].encode(), place_index(layers()))


def test_the_policy_file_of_the_guide_is_valid_and_changes_something() -> None:
    (text,) = policies_of_the_guide()
    policy = parse_policy(text.encode(), place_index(layers()).kommuner)
    effects = {row.name: row.effect for row in settings(policy) if row.value != row.default}
    assert effects == {"separation_km": "tightens", "same_network_apart": "loosens", "weights.isolation": "differs"}


@pytest.mark.parametrize("field", ["schema_version", "synthetic", "now"])
def test_the_smallest_scenario_has_nothing_to_spare(field: str) -> None:
    smallest = json.loads(scenarios_of_the_guide()[0])
    del smallest[field]
    with pytest.raises(InputRejected):
        parse(json.dumps(smallest).encode(), place_index(layers()))
    assert len(smallest) == 2


def test_the_guides_case_is_placed_where_the_guide_says() -> None:
    _, facts = read(scenarios_of_the_guide()[1].encode(), place_index(layers()), on_map)
    outcome = plan_week(facts, rule_book(), Limits(time_s=20.0))
    (placed,) = outcome.plan.placed
    assert facts.names.facilities[placed.stay.facility] == "house-umea"
    assert outcome.unplaced == ()
    answer = requester_options(facts, rule_book(), 0)
    assert answer.slots is not None  # two facilities are fewer than any card may speak of
    assert {value for card in answer.slots for key, value in card if key != "rank"} == {"withheld"}


def test_the_larger_example_says_why_each_facility_is_left_out() -> None:
    _, facts = read(scenarios_of_the_guide()[2].encode(), place_index(layers()), on_map)
    outcome = plan_week(facts, rule_book(), Limits(time_s=20.0))
    homes = {facts.names.facilities[placed.stay.facility] for placed in outcome.plan.placed}
    assert homes == {"house-karlstad"}
    assert [placed.leg for placed in outcome.plan.placed] == [0, 1]
    excluded = {facts.names.facilities[home]: set(why) for home, why in exclusions(facts, 0, rule_book()).items()}
    assert excluded == {
        "house-kiruna": {"exposed_place", "household_together"},
        "house-falun": {"provider_vetting", "household_together"},
    }
    assert not [found for rule in hard(rule_book()) for found in rule.live_violations(facts)]
    assert all(live.has_file for live in facts.live)


def test_the_larger_example_shows_every_part() -> None:
    named = set(re.findall(r'"(\w+)": ', scenarios_of_the_guide()[2]))
    lists = {
        "exposures",
        "incidents",
        "conflicts_of_interest",
        "contracts",
        "links",
        "actors",
        "case_file",
        "relations",
    }
    assert lists | {"permitted_contacts", "support_intensity", "unseen_zones", "protection_level"} <= named


def accepted(told: dict[str, Any], required: bool) -> str:
    """What a field accepts, in the words of the guide, from its JSON Schema."""
    kind = _kind(told)
    if required:
        return f"{kind}; required"
    default = told.get("default")
    if isinstance(default, list) and default:
        default = "all" if default == told["items"]["enum"] else " ".join(f"`{value}`" for value in default)
        return f"{kind}; default {default}"
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
        case "object":
            return f"object of {_kind(told['additionalProperties'])}"
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


BASES = (domain.Told, domain.Interval, domain.OpenInterval, domain.Situation)
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


UNREAD = "*no rule reads it*"


def _fields(*, unread: bool) -> list[tuple[str, str]]:
    """Fields of the guide that are said to be read by no rule, or the others."""
    return [
        (name, cells[0].strip("`"))
        for name, table in tables(SCENARIO_GUIDE).items()
        for cells in table
        if (UNREAD in cells[2]) == unread
    ]


@cache
def _engine() -> str:
    """The source from scenario to plan, without the parts that only say what a scenario is or print it."""
    declaring = {ROOT / "matching" / "domain" / f"{part.__module__.rpartition('.')[2]}.py" for part in PARTS.values()}
    files = {*(ROOT / "matching").rglob("*.py"), ROOT / "geodata" / "enrich.py"} - declaring
    return "".join(file.read_text(encoding="utf-8") for file in sorted(files) if file.parent.name != "cli")


# Fields whose name other parts share, or that are read for flags and the picture of the networks alone.
_SHARED_WORDS = {"start", "end", "kind", "role", "source", "recorded_on", "confirmed_on", "night_intake"}


@pytest.mark.parametrize(("part", "field"), _fields(unread=True))
def test_what_is_said_to_be_unread_is_read_by_no_rule(part: str, field: str) -> None:
    in_facts = {"Facility.night_intake": "Facility.has_night_intake"}
    declared = in_facts.get(f"{part}.{field}", f"{part}.{field}")
    assert all(declared not in rule.reads for rule in rule_book())
    if field not in _SHARED_WORDS:
        assert not re.search(rf"\.{field}\b", _engine()), "it is carried into the facts by now"


@pytest.mark.parametrize(("part", "field"), _fields(unread=False))
def test_what_is_not_said_to_be_unread_is_read(part: str, field: str) -> None:
    if (part, field) not in {("Scenario", "schema_version"), ("Scenario", "synthetic")}:
        assert re.search(rf'\.{field}\b|\b{field}=|"{field}"', _engine())


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"`((?:matching|geodata)(?:\.\w+)+)`", "".join(_prose(guide) for guide in GUIDES))))
)
def test_named_functions_exist(name: str) -> None:
    assert pkgutil.resolve_name(name) is not None
