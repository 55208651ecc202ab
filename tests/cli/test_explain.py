"""`fristad explain`: three audiences, two languages, one facility, JSON, exit codes, and no word of anybody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests import tellings as t
from tests.cli.running import Ran, run, run_script
from tests.tellings import Raw

GAVLE, UMEA, LULEA, HOME = "2180-gavle", "2480-umea", "2580-lulea", "1280-malmo"
AUDIENCES = ("coordinator", "assessor", "requester")
NEED = {"tag": "interpreter", "timing": "day_one"}


def told(*, strangers: bool = False, **more: Any) -> Raw:
    """Three houses, one of them with an interpreter and full; with strangers, rivals of everybody in the others."""
    gang, rival = t.member("c", "gang"), t.member("r", "rivals")
    placements = [t.placement("p", "umea", t.member("p"))]
    residences = []
    if strangers:
        placements = [t.placement("zqx-p", "umea", t.member("p", "rivals"), days=(-9, 300))]
        placements += [t.placement("zqx-q", "gavle", t.member("zqx-q", "rivals"))]
        residences = [t.residence("zqx-r", LULEA, rival)]
    return t.scenario(
        networks=[t.network("gang"), t.network("rivals")],
        relations=[t.relation("gang", "rivals")],
        facilities=[
            t.facility("gavle", GAVLE),
            t.facility("umea", UMEA, offers=["interpreter"]),
            t.facility("lulea", LULEA),
        ],
        cases=[
            t.case("needy", gang, home=HOME, needs=[NEED]),
            t.case("no-consent", home=HOME, gate={**t.PASSED, "written_consent": False}, needs=[NEED]),
            t.case("late", home=HOME, days=(-9, -2)),
            t.case("free", home=HOME, days=(0, 20)),
        ],
        placements=placements,
        residences=residences,
        **more,
    )


def written(folder: Path, raw: Raw, name: str = "week.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(raw), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("explain"), told())


def explained(scenario: Path, case: str, *more: str) -> Ran:
    done = run("explain", scenario, "--case", case, *more)
    assert (done.code, done.err) == (0, "")
    return done


# -- the coordinator -------------------------------------------------------------------------------


def test_the_coordinator_is_the_default_audience_and_reads_the_minimal_set(scenario: Path) -> None:
    done = explained(scenario, "needy", "--json")
    assert done == explained(scenario, "needy", "--json", "--audience", "coordinator")
    body = done.body
    assert (body["case"], body["facilities"], body["possible_alone"], body["is_proven"]) == ("needy", 3, 0, True)
    opens = {one["rule"]: (one["opens_of_these"], one["opens_in_fact"]) for one in body["minimal_set"]}
    assert opens == {"needs_met": (2, 2), "place_capacity": (1, 1)}
    assert [one["rule"] for one in body["rules"]] == ["needs_met", "place_capacity"]
    assert body["rules"][0]["reasons"] == {"lacks_interpreter": 2}
    assert body["minimal_set_beyond_gate"] is None


def test_beyond_the_gate(scenario: Path) -> None:
    body = explained(scenario, "no-consent", "--json").body
    assert [one["rule"] for one in body["minimal_set"]] == ["eligibility_gate"]
    assert [one["rule"] for one in body["minimal_set_beyond_gate"]] == ["needs_met", "place_capacity"]
    said = explained(scenario, "no-consent", "--language", "en").said
    assert "What would be left if the gate were passed" in said
    assert said.index("(eligibility_gate)") < said.index("(needs_met)")
    assert "no written consent: 3" in said


def test_something_left_and_a_window_that_has_passed(scenario: Path) -> None:
    left = explained(scenario, "free", "--json").body
    assert (left["possible_alone"], left["minimal_set"]) == (2, [])
    late = explained(scenario, "late", "--json").body
    assert [one["rule"] for one in late["minimal_set"]] == ["start_in_time"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("sv", ("0 av 3 boenden är möjliga om ärendet prövas ensamt.", "ingen ledig bädd: 1", "1 av 1", "nödvändig")),
        ("en", ("Possible for this case alone: 0 of 3 facilities.", "no free bed: 1", "1 of 1", "necessary")),
    ],
)
def test_in_either_language(language: str, words: tuple[str, ...], scenario: Path) -> None:
    done = explained(scenario, "needy", "--language", language)
    assert all(word in done.said for word in words)
    if language == "sv":
        assert done == explained(scenario, "needy")


def test_one_facility(scenario: Path) -> None:
    assert set(explained(scenario, "needy", "--facility", "gavle", "--json").body["rules"]) == {"needs_met"}
    text = explained(scenario, "needy", "--facility", "gavle", "--language", "en").out
    assert text == "Needs of day one that the facility does not meet: 1 of 1. (needs_met)\n"
    free = explained(scenario, "free", "--facility", "gavle").out
    assert free == "Inget utesluter detta boende om ärendet prövas ensamt.\n"


def test_a_tiny_time_limit_is_an_answer(scenario: Path) -> None:
    assert explained(scenario, "needy", "--time-s", "0.1", "--json").body["claim"]


# -- the assessor ----------------------------------------------------------------------------------


def test_the_assessor_reads_bands_of_the_own_case(scenario: Path) -> None:
    body = explained(scenario, "needy", "--audience", "assessor", "--language", "en", "--json").body
    sentence = "Not everything the household needs from day one is offered; needs stated: 1."
    assert body == {"case": "needy", "rules": [{"rule": "needs_met", "how_many": "most", "sentence": sentence}]}
    text = explained(scenario, "needy", "--audience", "assessor").said
    assert "mer än hälften" in text
    assert "needs_met" not in text


def test_the_assessor_of_a_case_that_nothing_excludes(scenario: Path) -> None:
    done = explained(scenario, "free", "--audience", "assessor", "--language", "en")
    assert done.out.startswith("Nothing else of the case or its assessment excludes any facility of the catalogue.\n")
    assert "it would say where facilities lie" in " ".join(done.out.split())


# -- the requester ---------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["needy", "free"])
def test_past_the_gate_the_requester_reads_one_sentence(case: str, scenario: Path) -> None:
    said = explained(scenario, case, "--audience", "requester").out
    assert said == "Förfrågan behandlas. Mer kan inte sägas om den.\n"
    body = explained(scenario, case, "--audience", "requester", "--language", "en", "--json").body
    sentence = "The query is in progress. Nothing more can be said about it."
    assert body == {"state": "in_progress", "sentences": [sentence], "missing": []}


@pytest.mark.parametrize(
    ("case", "code", "words"),
    [
        ("no-consent", "no_written_consent", ("komplettera uppgifterna", "skriftligt samtycke saknas")),
        ("late", "window_passed", ("ange ett nytt", "tidsfönstret har passerat")),
    ],
)
def test_before_the_gate_what_the_own_case_lacks(case: str, code: str, words: tuple[str, ...], scenario: Path) -> None:
    body = explained(scenario, case, "--audience", "requester", "--json").body
    assert (body["state"], body["missing"], len(body["sentences"])) == ("gate_not_passed", [code], 1)
    text = explained(scenario, case, "--audience", "requester").said
    assert all(word in text for word in words)


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("case", ["nobody", "", "needy ", "[red]needy"])
def test_an_unknown_case_is_2_and_not_repeated(audience: str, case: str, scenario: Path) -> None:
    done = run("explain", scenario, "--case", case, "--audience", audience)
    assert done == Ran(2, "", "The scenario has no waiting case of that id.\n")


def test_an_unknown_facility_is_2_and_not_repeated(scenario: Path) -> None:
    done = run("explain", scenario, "--case", "needy", "--facility", "zqxsecret")
    assert done == Ran(2, "", "The scenario has no facility of that id.\n")


@pytest.mark.parametrize("audience", ["assessor", "requester"])
@pytest.mark.parametrize("facility", ["gavle", "nowhere"])
def test_a_facility_is_for_the_coordinator_alone(audience: str, facility: str, scenario: Path) -> None:
    """Whether there is such a facility does not show."""
    done = run("explain", scenario, "--case", "needy", "--audience", audience, "--facility", facility, "--json")
    assert done.code == 2
    assert done.body["faults"][0]["path"] == "--facility"
    assert facility not in done.out.replace("--facility", "")


@pytest.mark.parametrize("words", [("--audience", "everybody"), ("--language", "de"), ("--time-s", "0")])
def test_what_is_no_choice_is_2(words: tuple[str, ...], scenario: Path) -> None:
    assert run("explain", scenario, "--case", "needy", *words).code == 2


def test_a_broken_scenario_is_told_in_full_to_the_coordinator_alone(tmp_path: Path) -> None:
    raw = told()
    raw["placements"][0]["facility"] = "nowhere"
    path = written(tmp_path, raw)
    assert "placements[0]" in run("explain", path, "--case", "needy").err
    for audience in ("assessor", "requester"):
        done = run("explain", path, "--case", "needy", "--audience", audience)
        assert done.code == 2
        assert "placements" not in done.said
        assert "the scenario file" in done.said


# -- strangers -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("worlds")
    return written(folder, told(), "a.json"), written(folder, told(strangers=True), "b.json")


@pytest.mark.parametrize("form", [(), ("--json",), ("--language", "en")])
@pytest.mark.parametrize("audience", ["requester", "assessor"])
@pytest.mark.parametrize("case", ["needy", "no-consent", "late", "free", "nobody"])
def test_strangers_change_not_a_byte(case: str, audience: str, form: tuple[str, ...], worlds: tuple[Path, ...]) -> None:
    one, two = (run("explain", path, "--case", case, "--audience", audience, *form) for path in worlds)
    assert one == two
    assert one.code == (2 if case == "nobody" else 0)
    assert "zqx" not in one.said


def test_nor_with_the_real_script(worlds: tuple[Path, ...]) -> None:
    arguments = ("--case", "needy", "--audience", "requester")
    one, two = (run_script("explain", path, *arguments) for path in worlds)
    assert one == two
    assert one.code == 0


@pytest.mark.parametrize("case", ["needy", "free"])
def test_the_coordinator_does_see_them(case: str, worlds: tuple[Path, ...]) -> None:
    """So what is compared above differs; ids come out for nobody."""
    one, two = (explained(path, case, "--json") for path in worlds)
    assert one.body["rules"] != two.body["rules"]
    assert "zqx" not in two.said
