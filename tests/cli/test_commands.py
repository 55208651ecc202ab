"""Every command: what it prints for people and for programs, and its exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.generate import SIZES
from matching.constraints import rule_book
from matching.constraints.base import Level
from matching.solver.program import LEVELS
from tests.cli.running import SCRIPT, Ran, run, run_script
from tests.cli.weeks import week

COMMANDS = (
    "demo", "generate", "plan", "options", "check", "explain", "report", "networks", "rules", "schema", "geodata",
    "policy", "repair",
)  # fmt: skip


def test_help_lists_commands_and_exit_codes() -> None:
    done = run("--help")
    assert done.code == 0
    assert all(name in done.out for name in COMMANDS)
    text = done.said.replace("│", "")
    for code in ("0 done", "1 the plan breaks a hard rule", "2 input rejected or wrong", "3 nobody can be placed",
                 "4 out of time", "5 solver and rules disagree, or"):  # fmt: skip
        assert code in text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    done = run(name, "-h")
    assert (done.code, done.err) == (0, "")
    assert "Usage" in done.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("nosuch",),
        ("plan",),
        ("options", "week.json"),
        ("options", "week.json", "--case", "c", "--audience", "press"),
        ("plan", "week.json", "--time-s", "0"),
        ("plan", "week.json", "--workers", "0"),
        ("generate",),
        ("generate", "-o", "x.json", "--seed", "-1"),
    ],
)
def test_wrong_usage_is_2_and_nothing_on_standard_output(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "Usage" in done.err


# -- --json: one document and nothing else ---------------------------------------------------------


def every_command(tiny: Path, planned: Path, folder: Path) -> dict[str, tuple[str | Path, ...]]:
    return {
        "generate": ("generate", "-o", folder / "w.json", "--size", "tiny"),
        "plan": ("plan", tiny),
        "plan -o": ("plan", tiny, "-o", folder / "p.json"),
        "options requester": ("options", tiny, "--case", "alone"),
        "options gate": ("options", tiny, "--case", "no-consent"),
        "options coordinator": ("options", tiny, "--case", "alone", "--audience", "coordinator"),
        "check": ("check", tiny, planned),
        "explain": ("explain", tiny, "--case", "needy"),
        "explain gate": ("explain", tiny, "--case", "no-consent"),
        "explain assessor": ("explain", tiny, "--case", "needy", "--audience", "assessor"),
        "explain requester": ("explain", tiny, "--case", "no-consent", "--audience", "requester"),
        "explain facility": ("explain", tiny, "--case", "needy", "--facility", "gavle"),
        "networks": ("networks", tiny, "-o", folder / "n.svg"),
        "policy show": ("policy", "show"),
        "report": ("report", tiny, planned, "-o", folder / "r.html"),
        "rules": ("rules",),
        "schema": ("schema",),
        "geodata show": ("geodata", "show", "Gävle"),
    }


NAMES = tuple(every_command(Path(), Path(), Path()))


@pytest.mark.parametrize("name", NAMES)
def test_json_is_one_document_and_nothing_else(name: str, tiny: Path, planned: Path, tmp_path: Path) -> None:
    done = run(*every_command(tiny, planned, tmp_path)[name], "--json")
    assert (done.code, done.err) == (0, "")
    assert isinstance(done.body, dict | list)
    assert done.out.endswith("\n")


@pytest.mark.parametrize("name", NAMES)
def test_for_people(name: str, tiny: Path, planned: Path, tmp_path: Path) -> None:
    done = run(*every_command(tiny, planned, tmp_path)[name])
    assert (done.code, done.err) == (0, "")
    assert done.out.strip()


@pytest.mark.parametrize("name", ["plan -o", "options coordinator", "check"])
def test_the_script_says_what_the_function_says(name: str, tiny: Path, planned: Path, tmp_path: Path) -> None:
    arguments = (*every_command(tiny, planned, tmp_path)[name], "--json")
    assert run_script(*arguments) == run(*arguments)


def test_the_script_is_installed() -> None:
    assert SCRIPT.is_file()
    assert run_script("--help").code == 0


# -- generate --------------------------------------------------------------------------------------


def test_generate_is_repeatable_and_seeded(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        assert run("generate", "-o", tmp_path / name, "--size", "tiny", "--seed", str(seed)).code == 0
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c
    assert json.loads(a) == week("tiny", 7)


def test_generate_quietly_says_nothing(tmp_path: Path) -> None:
    assert run("generate", "-o", tmp_path / "w.json", "--size", "tiny", "--quiet") == Ran(0, "", "")


def test_generate_lists_the_sizes_when_asked_for_another(tmp_path: Path) -> None:
    done = run("generate", "-o", tmp_path / "w.json", "--size", "huge")
    assert done.code == 2
    assert all(name in done.err for name in SIZES)
    assert not (tmp_path / "w.json").exists()


# -- plan ------------------------------------------------------------------------------------------


def test_the_plan_tells_levels_who_is_placed_and_who_is_not(tiny: Path) -> None:
    body = run("plan", tiny, "--json").body
    assert [level["name"] for level in body["levels"]] == list(LEVELS)
    assert body["is_proven"] is True
    cases = [one["case"] for one in (*body["placed"], *body["unplaced"])]
    assert sorted(cases) == sorted(case["id"] for case in json.loads(tiny.read_bytes())["cases"])
    assert {one["case"] for one in body["placed"]} == {"alone", "late", "linked"}
    hard = {rule.name for rule in rule_book() if rule.level is Level.HARD}
    assert all(set(one["excluded_by"]) == hard for one in body["unplaced"])


def test_the_same_scenario_gives_the_same_bytes(tiny: Path, tmp_path: Path) -> None:
    """In processes of their own, with other hash seeds."""
    for name, seed in (("a", "1"), ("b", "2")):
        done = run_script("plan", tiny, "-o", tmp_path / name, env={"PYTHONHASHSEED": seed})
        assert done.code == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_file_is_what_json_prints(tiny: Path, tmp_path: Path) -> None:
    printed = run("plan", tiny, "-o", tmp_path / "p.json", "--json").out
    assert (tmp_path / "p.json").read_text(encoding="utf-8") == printed


def test_nobody_can_be_placed_is_3_and_an_answer(tiny: Path, tmp_path: Path) -> None:
    raw = json.loads(tiny.read_bytes())
    for case in raw["cases"]:
        case["gate"]["written_consent"] = False
    scenario, plan = tmp_path / "w.json", tmp_path / "p.json"
    scenario.write_text(json.dumps(raw), encoding="utf-8")
    done = run("plan", scenario, "-o", plan, "--json")
    assert done.code == 3
    assert done.body["state"] == "nobody_can_be_placed"
    assert len(done.body["unplaced"]) == 5
    assert run("check", scenario, plan).code == 0


# -- options and explain ---------------------------------------------------------------------------


def test_the_requester_is_the_default_audience(tiny: Path) -> None:
    asked = run("options", tiny, "--case", "alone", "--json")
    assert asked == run("options", tiny, "--case", "alone", "--audience", "requester", "--json")
    assert set(asked.body) == {"state", "missing", "slots"}


def test_the_coordinator_sees_places_and_costs(tiny: Path) -> None:
    body = run("options", tiny, "--case", "alone", "--audience", "coordinator", "--json").body
    assert body["state"] == "options"
    assert body["claim"] == "exact for the current queue"
    first = body["options"][0]
    assert first["locality"]
    assert set(first["marginal_cost"]) == set(LEVELS)
    assert all(cost == [0, 0] for cost in first["marginal_cost"].values())
    assert [one["rank"] for one in body["options"]] == list(range(1, len(body["options"]) + 1))


def test_the_coordinator_sees_why_nothing_is_possible(tiny: Path) -> None:
    body = run("options", tiny, "--case", "no-consent", "--audience", "coordinator", "--json").body
    assert (body["state"], body["possible"], body["options"]) == ("no_option", 0, [])
    assert body["excluded_by"]["eligibility_gate"] == body["facilities"]


@pytest.mark.parametrize(
    "command", [("options",), ("options", "--audience", "coordinator"), ("explain",)], ids=lambda told: told[-1]
)
@pytest.mark.parametrize("case", ["case-999", "", "alone ", "[red]alone", "zqxsecret"])
def test_an_unknown_case_is_2_and_not_repeated(command: tuple[str, ...], case: str, tiny: Path) -> None:
    done = run(command[0], tiny, *command[1:], "--case", case)
    assert done == Ran(2, "", "The scenario has no waiting case of that id.\n")
    as_json = run(command[0], tiny, *command[1:], "--case", case, "--json")
    assert (as_json.code, as_json.err, as_json.body["exit_code"]) == (2, "", 2)


@pytest.mark.parametrize("case", ["alone", "late", "linked", "needy", "no-consent"])
def test_explain_counts_what_the_coordinator_sees(case: str, tiny: Path) -> None:
    told = run("explain", tiny, "--case", case, "--json").body
    options = run("options", tiny, "--case", case, "--audience", "coordinator", "--json").body
    assert (told["facilities"], told["possible_alone"]) == (options["facilities"], options["possible"])
    assert told["together"] == options["together"]
    for key, mine in (("excludes", "excluded_by"), ("only_it", "only_by")):
        counted = {one["rule"]: one[key] for one in told["rules"]}
        assert counted == {rule: n for rule, n in options[mine].items() if options["excluded_by"][rule]}


# -- report, rules, geodata ------------------------------------------------------------------------


def test_the_report_is_one_page_that_needs_no_network(tiny: Path, planned: Path, tmp_path: Path) -> None:
    page = tmp_path / "r.html"
    assert run("report", tiny, planned, "-o", page).code == 0
    text = page.read_text(encoding="utf-8")
    assert text.lstrip().lower().startswith("<!doctype html")
    assert "<svg" in text
    assert not any(f'{where}="{scheme}' in text for where in ("src", "href") for scheme in ("http", "//"))


def test_rules_prints_the_table_of_the_readme() -> None:
    assert run("rules").out.count("\n") == len(rule_book()) + 2
    assert [row["name"] for row in run("rules", "--json").body] == [rule.name for rule in rule_book()]


@pytest.mark.parametrize("name", ["Gävle", "2180-gavle", "gävle kommun", "21"])
def test_geodata_show(name: str) -> None:
    assert run("geodata", "show", name).code == 0
    assert run("geodata", "show", name, "--json").body["source"]


def test_geodata_show_of_nowhere_is_2() -> None:
    assert run("geodata", "show", "Atlantis").code == 2


# -- demo ------------------------------------------------------------------------------------------


@pytest.fixture
def small_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.generate.SIZES", {"demo": SIZES["small"]})


def test_the_demo_shows_every_view_and_writes_three_files(small_demo: None, tmp_path: Path) -> None:
    done = run("demo", "--to", tmp_path / "out")
    assert (done.code, done.err) == (0, "")
    for title in (
        "Levels, in order",
        "breaks no hard rule",
        "Three slots, in order",
        "coordinator's view",
        "Whole demo",
    ):
        assert title in done.out
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"week.json", "plan.json", "report.html"}


def test_the_demo_as_json_is_one_document(small_demo: None, tmp_path: Path) -> None:
    done = run("demo", "--to", tmp_path / "out", "--json")
    assert done.code == 0
    assert isinstance(done.body, dict)


def test_the_demo_into_a_file_is_2(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    done = run("demo", "--to", tmp_path / "taken")
    assert (done.code, done.out) == (2, "")
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.long
def test_the_whole_demo_as_a_process(tmp_path: Path) -> None:
    done = run_script("demo", "--to", tmp_path / "out")
    assert (done.code, done.err) == (0, "")
    assert json.loads((tmp_path / "out" / "plan.json").read_bytes())["is_proven"] is True


# -- schema ----------------------------------------------------------------------------------------

TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda one: isinstance(one, dict),
    "array": lambda one: isinstance(one, list),
    "string": lambda one: isinstance(one, str),
    "integer": lambda one: isinstance(one, int) and not isinstance(one, bool),
    "number": lambda one: isinstance(one, int | float) and not isinstance(one, bool),
    "boolean": lambda one: isinstance(one, bool),
    "null": lambda one: one is None,
}


def fits(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """Whether a value fits a JSON Schema, by the keywords that decide about its shape."""
    if "$ref" in schema:
        return fits(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root)
    for key, enough in (("anyOf", any), ("oneOf", any), ("allOf", all)):
        if key in schema and not enough(fits(value, one, root) for one in schema[key]):
            return False
    if "type" in schema and not TYPES[schema["type"]](value):
        return False
    if ("const" in schema and value != schema["const"]) or ("enum" in schema and value not in schema["enum"]):
        return False
    if isinstance(value, dict) and "properties" in schema:
        own = schema["properties"]
        return (
            set(schema.get("required", ())) <= set(value) <= set(own)
            and schema["additionalProperties"] is False
            and all(fits(inner, own[key], root) for key, inner in value.items())
        )
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return len(value) >= schema.get("minItems", 0) and all(fits(one, schema["items"], root) for one in value)
    return True


def test_the_demo_fits_the_published_schema() -> None:
    root = run("schema").body
    assert root["type"] == "object"
    raw = week("demo", 1)
    assert fits(raw, root, root)
    raw["cases"][3]["household"][0]["surname"] = "x"
    assert not fits(raw, root, root)


def test_every_reference_of_the_schema_resolves() -> None:
    text = run("schema").out
    root = json.loads(text)
    told = {line.split('"')[3].removeprefix("#/$defs/") for line in text.splitlines() if '"$ref"' in line}
    assert told
    assert told <= set(root["$defs"])
