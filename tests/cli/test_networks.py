"""`fristad networks`: tables, JSON and drawing; nothing of a placement; bad input is refused."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import files_in, run, run_script
from tests.cli.weeks import Raw, week
from tests.tellings import member, network, on, placement, relation, scenario

TITLES = (
    "Disagreements: the more dangerous statement counts",
    "Not confirmed for more than 180 days",
    "Networks: ",
    "Presence across cities",
    "Relations, merged by pair",
    "Derived: what follows for other pairs",
    "Conflicts between persons: ",
    "Persons in several networks: ",
)


def written(tmp_path: Path, raw: Raw) -> Path:
    path = tmp_path / "week.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    return path


def quarrel(**more: Any) -> Raw:
    """Two sources that disagree about one pair, an ally of one of them, and an old rumour."""
    told: dict[str, Any] = {"provenance": {"source": "interview", "recorded_on": on(-20), "confirmed_on": on(-2)}}
    return scenario(
        networks=[network(name) for name in ("blue", "green", "red")],
        relations=[
            relation("red", "blue", id="r-says", **told),
            relation("red", "blue", "allied", id="r-denies", start=on(-60), probability_percent=55),
            relation("green", "red", "allied", id="r-ally", **told),
        ],
        **more,
    )


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return written(tmp_path, quarrel())


def test_every_table_is_printed(tiny: Path) -> None:
    done = run("networks", tiny)
    assert (done.code, done.err) == (0, "")
    places = [done.out.index(title) for title in TITLES]
    assert places == sorted(places)


def test_a_pair_is_printed_with_window_probability_source_and_confirmation(told: Path) -> None:
    said = run("networks", told).said
    for words in (
        f"blue – red │ rival │ {on(-500)} – open │ 90 │ interview, {on(-20)}, {on(-2)} │ kept apart",
        f"blue – red │ allied │ {on(-60)} – open │ 55 │ police intelligence, 2026-01-01, never │ kept apart",
        "blue – green │ rival",
        "red is an ally of green │ r-ally r-says",
        f"interview: rival {on(-500)} – open, 90 %",
        "hostile: kept apart",
        "Rivals are kept apart as if certain, from 20 % on",
    ):
        assert words in said, words
    stale = said[said.index("Not confirmed") : said.index("Networks: ")]
    assert "police intelligence, 2026-01-01, never │ 323" in stale
    assert "interview" not in stale


def test_one_network_has_its_own_part(tmp_path: Path) -> None:
    raw = quarrel()
    raw["networks"].append(network("white"))
    raw["relations"].append(relation("white", "green", id="r-far"))
    path = written(tmp_path, raw)
    body = run("networks", path, "--network", "blue", "-o", tmp_path / "n.svg", "--json").body
    assert [one["id"] for one in body["networks"]] == ["blue"]
    assert [(one["a"], one["b"]) for one in body["relations"]] == [("blue", "red")]
    assert {(one["a"], one["b"]) for one in body["derived"]} == {("blue", "green")}
    assert [(one["a"], one["b"]) for one in body["disagreements"]] == [("blue", "red")]
    assert [one["record"] for one in body["stale"]] == ["r-denies"]
    assert not {"persons", "person_conflicts"} & set(body)
    drawing = (tmp_path / "n.svg").read_text(encoding="utf-8")
    assert all(f">{name}<" in drawing for name in ("blue", "green", "red"))
    assert ">white<" not in drawing
    said = run("networks", path, "--network", "blue").said
    assert "blue – red" in said
    assert "white" not in said
    assert "Persons in several networks" not in said
    whole = run("networks", path, "--json").body
    assert {"persons", "person_conflicts"} < set(whole)
    assert [one for one in whole["disagreements"] if "blue" in (one["a"], one["b"])] == body["disagreements"]


def test_an_unknown_network_is_2_and_not_repeated(told: Path, tmp_path: Path) -> None:
    done = run("networks", told, "--network", "zqxnet", "-o", tmp_path / "n.svg")
    assert (done.code, done.out) == (2, "")
    assert "--network" in done.err
    assert "zqx" not in done.err
    assert not (tmp_path / "n.svg").exists()


def test_json_holds_the_whole_picture(told: Path) -> None:
    body = run("networks", told, "--json").body
    assert body["today"] == "2026-11-20"
    assert body["policy"] == {"certain_from_percent": 20, "rival_of_ally_counts": True, "confirmation_age_days": 180}
    (pair,) = (one for one in body["relations"] if (one["a"], one["b"]) == ("blue", "red"))
    assert pair["counts_as"] == "kept_apart"
    assert [(tie["kind"], tie["percent"], tie["days"]) for tie in pair["ties"]] == [
        ("rival", 90, [{"start": on(-500), "end": None}]),
        ("allied", 55, [{"start": on(-60), "end": None}]),
    ]
    first = pair["ties"][0]["statements"][0]
    assert (first["source"], first["recorded_on"], first["confirmed_on"]) == ("interview", on(-20), on(-2))
    derived = [(one["a"], one["b"], one["by"], one["ally_of"], one["ally"], one["records"]) for one in body["derived"]]
    assert ("blue", "green", "rival_of_ally", "green", "red", ["r-ally", "r-says"]) in derived
    abouts = {(one["a"], one["b"], one["about"], one["counts"]) for one in body["disagreements"]}
    assert abouts == {("blue", "red", "kind", "hostile: kept apart")}
    assert [(one["record"], one["age_days"]) for one in body["stale"]] == [("r-denies", 323)]
    assert body["persons"] == {"in_several_networks": "<3", "still_in_one": "<3"}
    assert "written" not in body


@pytest.mark.parametrize("persons", [0, 1, 2])
def test_a_small_count_looks_like_none(tmp_path: Path, persons: int) -> None:
    """The answer about a network is the same whether nobody, one or two of a network are placed."""
    raw = week("tiny", 1)
    facility = raw["facilities"][0]
    empty = written(tmp_path, {**raw, "networks": [*raw["networks"], network("lone")]})
    before = run("networks", empty, "--json").out
    more = [
        placement(f"new-{n}", facility["id"], member(f"new-{n}", "lone"), beds=[facility["units"][0]["id"]])
        for n in range(persons)
    ]
    told = {**raw, "networks": [*raw["networks"], network("lone")], "placements": [*raw["placements"], *more]}
    after = run("networks", written(tmp_path, told), "--json").body
    again = json.loads(before)
    assert after["networks"] == again["networks"]
    assert after["relations"] == again["relations"]


def test_no_person_case_or_placement_is_told(tmp_path: Path) -> None:
    raw = week("small", 1)
    kept = {place["locality"] for one in raw["networks"] for place in one["presence"]}
    done = run("networks", written(tmp_path, raw), "-o", tmp_path / "map.svg", "--json")
    text = done.out + (tmp_path / "map.svg").read_text(encoding="utf-8")
    secret = {
        one["id"] for name in ("cases", "placements", "residences", "facilities", "providers") for one in raw[name]
    }
    households = [one["household"] for name in ("cases", "placements", "residences") for one in raw[name]]
    secret |= {person["person_key"] for household in households for person in household}
    secret |= {one["locality"] for one in (*raw["facilities"], *raw["residences"])} - kept
    secret |= {one["id"] for one in raw["person_conflicts"]}
    assert len(secret) > 100
    assert not [word for word in secret if f'"{word}"' in text or f">{word}<" in text]
    assert not [word for word in secret if len(word) > 12 and word in text]


# -- the drawing -------------------------------------------------------------------------------------


def test_a_drawing_is_written_whole(told: Path, tmp_path: Path) -> None:
    done = run("networks", told, "-o", tmp_path / "map.svg")
    assert done.code == 0
    assert "Written: " in done.out
    root = ET.fromstring((tmp_path / "map.svg").read_text(encoding="utf-8"))
    names = [str(one.text) for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"blue", "green", "red"} <= set(names)
    assert files_in(tmp_path) >= {"map.svg", "week.json"}
    assert not [one for one in files_in(tmp_path) if ".fristad-" in one]


def test_json_says_what_was_written(told: Path, tmp_path: Path) -> None:
    target = tmp_path / "map.SVG"
    assert run("networks", told, "-o", target, "--json").body["written"] == str(target)
    assert target.exists()


def test_quiet_prints_nothing(told: Path, tmp_path: Path) -> None:
    done = run("networks", told, "-o", tmp_path / "map.svg", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert (tmp_path / "map.svg").exists()


def test_a_scenario_without_networks(tmp_path: Path) -> None:
    done = run("networks", written(tmp_path, scenario()), "-o", tmp_path / "map.svg")
    assert done.code == 0
    for title in ("Relations, merged by pair", "Disagreements: the more dangerous statement counts"):
        assert f"{title}: none" in done.out
    assert (tmp_path / "map.svg").exists()


def test_the_real_script(told: Path, tmp_path: Path) -> None:
    done = run_script("networks", told, "-o", tmp_path / "map.svg", "--json")
    assert (done.code, done.err) == (0, "")
    assert len(done.body["networks"]) == 3


# -- bad input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["map.png", "map", "map.svg.txt"])
def test_only_an_svg_is_drawn(told: Path, tmp_path: Path, name: str) -> None:
    done = run("networks", told, "-o", tmp_path / name)
    assert (done.code, done.out) == (2, "")
    assert "ends in .svg" in done.err
    assert not (tmp_path / name).exists()


def test_no_folder_for_the_drawing(told: Path, tmp_path: Path) -> None:
    assert run("networks", told, "-o", tmp_path / "nowhere" / "map.svg").code == 2


def test_the_scenario_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "week.svg"
    path.write_text(json.dumps(quarrel()), encoding="utf-8")
    before = path.read_bytes()
    assert run("networks", path, "-o", path).code == 2
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "spoilt",
    [
        {"a": "zqxghost"},
        {"b": "red"},
        {"probability_percent": 0},
        {"probability_percent": 101},
        {"kind": "zqxlove"},
        {"end": on(-900)},
        {"provenance": {"source": "zqxrumour", "recorded_on": on(-9)}},
        {"zqxfield": 1},
    ],
)
def test_a_faulty_relation_is_refused_with_its_path(tmp_path: Path, spoilt: Raw) -> None:
    raw = quarrel()
    raw["relations"][0] |= spoilt
    path = written(tmp_path, raw)
    done = run("networks", path, "-o", tmp_path / "map.svg")
    assert (done.code, done.out) == (2, "")
    assert "relations[0]" in done.err
    assert "zqx" not in done.err
    assert not (tmp_path / "map.svg").exists()
    as_json = run("networks", path, "--json")
    assert (as_json.code, as_json.body["exit_code"]) == (2, 2)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"schema_version": "1"}'])
def test_what_is_no_scenario_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    assert run("networks", path).code == 2
    assert run("networks", tmp_path / "missing.json").code == 2
