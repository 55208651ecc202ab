"""`fristad policy show|check`, and `--policy` on every command that reads a scenario."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Ran, files_in, run
from tests.tellings import case, facility, scenario

MARK = "zqx"


def file_of(folder: Path, tree: Any, name: str = "policy.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(tree), encoding="utf-8")
    return path


def values(done: Ran) -> dict[str, Any]:
    assert done.code == 0
    return {row["name"]: row["value"] for row in done.body}


def week(**told: Any) -> dict[str, Any]:
    """A case of Visby that one house in Umeå takes."""
    return scenario(facilities=[facility("f", "2480-umea")], cases=[case("case-1", home="0980-visby")], **told)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return file_of(tmp_path_factory.mktemp("policy"), week(), "week.json")


@pytest.fixture(scope="module")
def planned(tiny: Path) -> Path:
    path = tiny.with_name("plan.json")
    assert run("plan", tiny, "-o", path).code == 0
    return path


@pytest.fixture
def stricter(tmp_path: Path) -> Path:
    return file_of(tmp_path, {"separation_km": 40, "cool_down_days": 20, "weights": {"moves": 3}})


# -- show ------------------------------------------------------------------------------------------


def test_show_lists_the_defaults() -> None:
    done = run("policy", "show", "--json")
    rows = {row["name"]: row for row in done.body}
    assert rows["separation_km"] == {
        "name": "separation_km",
        "value": 30,
        "default": 30,
        "least": 10,
        "most": 2000,
        "choices": [],
        "sentence": "rivals are farther apart than this",
        "source": "policy; Hedlund (2023), never the same or a neighbouring ort",
        "effect": "none",
        "differs": False,
    }
    assert rows["weights.isolation"]["value"] == 4
    assert rows["same_network_apart"]["choices"] == ["facility", "locality"]
    said = run("policy", "show").said
    assert all(name in said for name in rows)
    assert "Every value is the default." in said


def test_show_marks_what_differs_and_in_which_direction(stricter: Path) -> None:
    done = run("policy", "show", "--policy", stricter)
    assert done.code == 0
    assert "separation_km = 40 (10 to 2000, default 30: tightens)" in done.said
    assert "cool_down_days = 20 (7 to 3650, default 30: LOOSENS)" in done.said
    assert "weights.moves = 3 (0 to 100000, default 1: differs)" in done.said
    known = len(run("policy", "show", "--json").body)
    assert f"3 of {known} values differ from the defaults. Looser than the default: cool_down_days." in done.said


def test_show_of_a_scenario_and_of_a_file_in_its_place(stricter: Path, tmp_path: Path) -> None:
    scenario = file_of(tmp_path, week(policy={"separation_km": 55, "exposure_months": 30}), "w.json")
    own = values(run("policy", "show", scenario, "--json"))
    assert (own["separation_km"], own["exposure_months"]) == (55, 30)
    replaced = values(run("policy", "show", scenario, "--policy", stricter, "--json"))
    assert (replaced["separation_km"], replaced["exposure_months"]) == (40, 30)  # what the file does not name stays


def test_show_refuses_a_bad_scenario_even_when_a_file_stands_in(stricter: Path, tmp_path: Path) -> None:
    scenario = file_of(tmp_path, week(policy={"separation_km": 1}), "w.json")
    done = run("policy", "show", scenario, "--policy", stricter, "--json")
    assert done.code == 2
    assert [fault["path"] for fault in done.body["faults"]] == ["policy.separation_km"]


# -- check -----------------------------------------------------------------------------------------


def test_check_says_what_a_good_file_changes(stricter: Path) -> None:
    done = run("policy", "check", stricter)
    assert done.code == 0
    known = len(run("policy", "show", "--json").body)
    assert f"The policy file is valid. 3 of {known} values differ" in done.said
    body = run("policy", "check", stricter, "--json").body
    assert body["is_valid"] is True
    assert {row["name"]: row["effect"] for row in body["changed"]} == {
        "separation_km": "tightens",
        "cool_down_days": "loosens",
        "weights.moves": "differs",
    }


def test_check_of_a_file_that_changes_nothing(tmp_path: Path) -> None:
    done = run("policy", "check", file_of(tmp_path, {}))
    assert (done.code, done.said.strip()) == (0, "The policy file is valid. Every value is the default.")


def test_check_reports_every_fault_at_once_and_repeats_no_value(tmp_path: Path) -> None:
    bad = file_of(tmp_path, {"separation_km": 9, MARK: 1, "weights": {MARK: 2, "isolation": -987}})
    done = run("policy", "check", bad)
    assert (done.code, done.out) == (2, "")
    assert MARK not in done.err
    assert "987" not in done.err
    for text in (
        "separation_km is below the least the law and the sources allow; accepted: at least 10",
        "<unknown field> is no setting",
        "weights.<unknown field> no rule of that name has a weight",
        "weights.isolation is a negative weight; accepted: at least 0",
    ):
        assert text in done.said
    assert done.err.startswith("Rejected: 4 fault(s).\n")  # a check writes nothing when all is well either
    assert len(run("policy", "check", bad, "--json").body["faults"]) == 4


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "3"])
def test_check_of_what_is_no_policy_at_all(content: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text(content, encoding="utf-8")
    done = run("policy", "check", path, "--json")
    assert (done.code, {fault["path"] for fault in done.body["faults"]}) == (2, {"the policy file"})


def test_check_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = run("policy", "check", tmp_path / "none.json", "--json")
    assert [fault["path"] for fault in done.body["faults"]] == ["the policy file"]


@pytest.mark.parametrize("name", ["zqx", "isolation", "needs_met"])
def test_a_weight_under_further_is_one_a_rule_brings(name: str, tiny: Path, tmp_path: Path) -> None:
    """Neither of a rule that is not there, nor of one whose weight is a field, nor of one without a weight."""
    bad = file_of(tmp_path, {"weights": {"further": {name: 5}}})
    here = "weights.further.<unknown field>"
    assert [fault["path"] for fault in run("policy", "check", bad, "--json").body["faults"]] == [here]
    told = file_of(tmp_path, week(policy={"weights": {"further": {name: 5}}}), "w.json")
    for command in (["plan"], ["policy", "show"], ["networks"]):
        done = run(*command, told, "--json")
        assert (done.code, [fault["path"] for fault in done.body["faults"]]) == (2, [f"policy.{here}"])
        assert "zqx" not in done.said
    assert run("plan", tiny, "--policy", bad).code == 2


# -- --policy --------------------------------------------------------------------------------------


def asked(name: str, tiny: Path, plan: Path, out: Path, policy: Path) -> Ran:
    arguments: dict[str, list[str | Path]] = {
        "plan": ["plan", tiny, "-o", out],
        "options coordinator": ["options", tiny, "--case", "case-1", "--audience", "coordinator"],
        "check": ["check", tiny, plan],
        "explain": ["explain", tiny, "--case", "case-1"],
        "report": ["report", tiny, plan, "-o", out],
    }
    return run(*arguments[name], "--policy", policy, "--json")


READERS = ("plan", "options coordinator", "check", "explain", "report")


@pytest.mark.parametrize("name", READERS)
def test_every_reader_refuses_a_bad_policy_file_and_names_it(
    name: str, tiny: Path, planned: Path, tmp_path: Path
) -> None:
    bad = file_of(tmp_path, {"separation_km": 9})
    done = asked(name, tiny, planned, tmp_path / "out", bad)
    assert (done.code, [fault["path"] for fault in done.body["faults"]]) == (2, ["separation_km"])
    assert files_in(tmp_path) == {"policy.json"}


CHANGED = ["separation_km 40 (default 30)", "cool_down_days 20 (default 30)", "weights.moves 3 (default 1)"]


@pytest.mark.parametrize("name", ["plan", "options coordinator", "check"])
def test_an_answer_lists_the_values_it_was_given(
    name: str, tiny: Path, planned: Path, stricter: Path, tmp_path: Path
) -> None:
    done = asked(name, tiny, planned, tmp_path / "out", stricter)
    assert sorted(done.body["policy_changed"]) == sorted(CHANGED)


def test_the_page_lists_them_as_well(tiny: Path, planned: Path, stricter: Path, tmp_path: Path) -> None:
    assert asked("report", tiny, planned, tmp_path / "page.html", stricter).code == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert all(text in page for text in CHANGED)


def test_a_policy_file_changes_the_answer(tiny: Path, tmp_path: Path) -> None:
    """Nobody is placed within two thousand kilometres of home."""
    far = file_of(tmp_path, {"home_radius_km": 2000})
    done = run("plan", tiny, "--policy", far, "--json")
    assert (done.code, done.body["placed"]) == (3, [])
    assert run("plan", tiny, "--json").body["placed"]


def test_a_plan_of_another_policy_is_said_to_be_one(tiny: Path, planned: Path, stricter: Path, tmp_path: Path) -> None:
    assert run("check", tiny, planned, "--json").body["is_for_this_scenario"]
    assert not run("check", tiny, planned, "--policy", stricter, "--json").body["is_for_this_scenario"]
    assert "under another policy" in run("check", tiny, planned, "--policy", stricter).said
    own = tmp_path / "own.json"
    assert run("plan", tiny, "--policy", stricter, "-o", own).code == 0
    assert run("check", tiny, own, "--policy", stricter, "--json").body["is_for_this_scenario"]
    assert not run("check", tiny, own, "--json").body["is_for_this_scenario"]
    page = tmp_path / "page.html"
    assert run("report", tiny, own, "-o", page).code == 0  # of the other policy, nothing is called proven
    assert "plan from a file" in page.read_text(encoding="utf-8")


def test_the_policy_file_is_never_written_over(tiny: Path, planned: Path, stricter: Path) -> None:
    before = stricter.read_bytes()
    assert run("plan", tiny, "--policy", stricter, "-o", stricter).code == 2
    assert run("report", tiny, planned, "--policy", stricter, "-o", stricter).code == 2
    assert stricter.read_bytes() == before


@pytest.mark.parametrize(
    "command", [("options",), ("explain", "--audience", "requester"), ("explain", "--audience", "assessor")]
)
def test_limits_of_ones_own_choice_are_for_the_coordinator(
    command: tuple[str, ...], tiny: Path, stricter: Path, tmp_path: Path
) -> None:
    """Whoever may not see places could ask the catalogue for them, limit by limit."""
    name, *more = command
    for policy in (stricter, file_of(tmp_path, {"separation_km": 9})):
        done = run(name, tiny, "--case", "case-1", *more, "--policy", policy, "--json")
        assert (done.code, [fault["path"] for fault in done.body["faults"]]) == (2, ["--policy"])
