"""The verifier: accepts the engine's plans, sees what is wrong with others, and takes nothing from the engine."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.verification.land import MapLand, sweref
from benchmarks.verification.solutions import Unreadable
from benchmarks.verify import MAP_DATA, Scenario, main, verified
from geodata.crs import to_grid
from geodata.enrich import whole_minutes
from geodata.layers import Layers
from geodata.network import TravelNetwork
from tests.verifying import week

Plan = dict[str, Any]


@pytest.mark.parametrize(
    ("size", "seed"), [("tiny", 1), ("tiny", 2), ("tiny", 3), ("small", 1), ("small", 2), ("N", 1)]
)
def test_it_accepts_what_the_engine_plans_and_counts_the_same(size: str, seed: int) -> None:
    """Accepted says: no rule is broken, and the value of each level is the one the engine claims."""
    told = week(size, seed)
    verdict = verified(told.scenario, told.solution)
    assert (verdict.breaches, verdict.false_claims) == ((), ())
    assert verdict.levels == {level["name"]: level["value"] for level in told.plan()["levels"]}


@pytest.mark.long
@pytest.mark.parametrize("size", ["tiny", "small", "N", "surge", "demo"])
@pytest.mark.parametrize("seed", range(1, 6))
def test_it_accepts_what_the_engine_plans_at_length(size: str, seed: int) -> None:
    told = week(size, seed)
    verdict = verified(told.scenario, told.solution)
    assert (verdict.breaches, verdict.false_claims) == ((), ())


# What a plan claims


def better(plan: Plan) -> None:
    plan["levels"][-1].update(value=plan["levels"][-1]["value"] - 1, bound=0, is_proven=False)
    plan["is_proven"] = False


def above(plan: Plan) -> None:
    plan["levels"][3].update(bound=plan["levels"][3]["value"] + 1, is_proven=False)
    plan["is_proven"] = False


def unproven(plan: Plan) -> None:
    plan["levels"][4].update(bound=plan["levels"][4]["value"] - 1, is_proven=True)


def silent(plan: Plan) -> None:
    del plan["levels"][2]


def other(plan: Plan) -> None:
    plan["scenario_sha256"] = "0" * 64


def hidden(plan: Plan) -> None:
    plan["unplaced"].pop()


@pytest.mark.parametrize(
    ("damage", "claims"),
    [
        (better, {"soft"}),
        (above, {"late_days"}),
        (unproven, {"risk", "proven, but a level is not"}),
        (silent, {"unplaced_green"}),
        (other, {"it answers another scenario"}),
        (hidden, {"which cases are unplaced"}),
    ],
)
def test_a_false_claim_is_rejected(damage: Callable[[Plan], None], claims: set[str]) -> None:
    told = week("small", 1)
    plan = told.plan()
    damage(plan)
    assert told.found_in(plan) == (set(), claims, False)


# Other forms of a solution, and what is none


def as_list(plan: Plan) -> Plan:
    stays = [
        {"case": one["case"], "leg": leg, "facility": stay["facility"], "start": stay["start"], "units": stay["units"]}
        for one in plan["placed"]
        for leg, stay in enumerate(one["stays"])
    ]
    levels = {level["name"]: level["value"] for level in plan["levels"]}
    return {"scenario_sha256": plan["scenario_sha256"], "stays": stays, "levels": levels}


def test_a_bare_list_of_stays_is_judged_as_the_plan_file_is() -> None:
    told = week("small", 1)
    bare = as_list(told.plan())
    assert told.found_in(bare) == (set(), set(), True)
    del bare["stays"][0]["units"]
    assert told.found_in(bare) == ({"place_capacity"}, set(), False)
    bare["stays"][0]["facility"] = "nowhere"
    assert "plan" in told.found_in(bare)[0]


@pytest.mark.parametrize("content", [b"", b"[]", b"3", b'{"placed": 3}', b'{"a": 1, "a": 2}', b'{"placed": []}'])
def test_what_is_no_solution_is_no_verdict(content: bytes) -> None:
    with pytest.raises(Unreadable, match="solution"):
        verified(week("tiny", 1).scenario, content)


def test_what_is_no_scenario_is_refused() -> None:
    for content in (b"", b"[]", b"{}", b'{"now": "today"}', b'{"now": "2026-11-20T08:00:00+01:00", "cases": [3]}'):
        with pytest.raises(Unreadable, match="scenario"):
            Scenario(content)


def test_the_command_says_it_by_its_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = week("tiny", 1)
    week_path, good, bad = tmp_path / "week.json", tmp_path / "plan.json", tmp_path / "bad.json"
    week_path.write_bytes(told.content)
    good.write_bytes(told.solution)
    plan = told.plan()
    better(plan)
    bad.write_text(json.dumps(plan))
    assert main([str(week_path), str(good)]) == 0
    assert capsys.readouterr().out.endswith("accepted\n")
    assert main([str(week_path), str(bad), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["accepted"] is False
    assert main([str(week_path), str(tmp_path / "none.json")]) == 2
    assert main([str(week_path), str(good), "--map-data", str(tmp_path)]) == 2
    assert "map data" in capsys.readouterr().err


# The land


def test_its_own_map_measures_what_the_engine_s_measures() -> None:
    """Every pair from every twentieth locality: kilometres, minutes of both kinds, zones."""
    layers = Layers.load()
    network, land = TravelNetwork.load(layers), MapLand(MAP_DATA)
    ids = sorted(layers.localities)
    some = ids[::20]
    safe = whole_minutes(network.minutes(some, ids, "safe"), up=False)
    road = whole_minutes(network.minutes(some, ids, "road"), up=True)
    assert safe.tolist() == [[land.minutes(a, b) for b in ids] for a in some]
    assert road.tolist() == [[land.by_road(a, b) for b in ids] for a in some]
    for one in ids:
        place = layers.localities[one]
        assert (land.kommun_of(one), land.lan_of(one), land.region_of(one), land.root(one)) == (
            place.kommun,
            place.lan,
            place.police_region,
            layers.root(one),
        )


def test_metres_are_rounded_down_to_keep_apart_and_up_to_reach() -> None:
    land = MapLand(MAP_DATA)
    ids = list(land.ids)[::50]
    for a in ids:
        for b in ids:
            way = math.dist((land.towns[a].x_m, land.towns[a].y_m), (land.towns[b].x_m, land.towns[b].y_m))
            assert (land.metres(a, b), land.metres_up(a, b)) == (math.floor(way), math.ceil(way))


def test_its_projection_is_the_library_s_to_a_millimetre() -> None:
    dice = random.Random(4)
    for _ in range(300):
        latitude, longitude = dice.uniform(55, 69.5), dice.uniform(10.5, 24.5)
        assert np.allclose(sweref(latitude, longitude), [float(one) for one in to_grid(longitude, latitude)], atol=1e-3)


def test_it_loads_nothing_of_what_it_verifies() -> None:
    code = "import sys, benchmarks.verify; print(sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    for package in ("matching", "geodata", "service", "ortools", "pyproj"):
        assert f"'{package}'" not in loaded
