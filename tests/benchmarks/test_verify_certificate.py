"""The certificate checker: certifies the engine's proofs, and nothing that has been tampered with."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from benchmarks.verification.certificate import Certified, NotCertified, certified
from benchmarks.verification.solutions import Unreadable
from benchmarks.verify import main
from tests.verifying import week

Raw = dict[str, Any]
WEEK = "small", 1


@cache
def _proof() -> Raw:
    return week(*WEEK).certificate()


def proof() -> Raw:
    return copy.deepcopy(_proof())


def checked(told: Any) -> Certified:
    scenario = week(*WEEK).scenario
    return certified(told, scenario.world, scenario.sha256)


@pytest.mark.parametrize(("size", "seed"), [("tiny", 1), ("small", 1), ("small", 2)])
def test_it_certifies_that_no_plan_leaves_fewer_than_the_engine_s(size: str, seed: int) -> None:
    told = week(size, seed)
    found = certified(told.certificate(), told.scenario.world, told.scenario.sha256)
    assert found.unplaced == tuple(level["value"] for level in told.plan()["levels"][:3])


@pytest.mark.long
@pytest.mark.parametrize("size", ["N", "surge"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_certifies_larger_weeks(size: str, seed: int) -> None:
    told = week(size, seed)
    found = certified(told.certificate(), told.scenario.world, told.scenario.sha256)
    assert found.unplaced == tuple(level["value"] for level in told.plan()["levels"][:3])


def claim_more(told: Raw) -> None:
    told["claimed_bound"] += 1


def drop_a_candidate(told: Raw) -> None:
    """The only one of a case in a facility: its place is kept, so that the rows mean the same."""
    places = [(one["case"], one["leg"], one["facility"]) for one in told["candidates"]]
    alone = next(number for number, place in enumerate(places) if places.count(place) == 1)
    told["candidates"][alone] = told["candidates"][alone - 1]


def hide_a_case(told: Raw) -> None:
    """A case nobody can place, as if it were known from the objective alone."""
    told["objective"]["constant"] += 1


def free_of_charge(told: Raw) -> None:
    told["objective"]["coefficients"].pop(next(iter(told["objective"]["coefficients"])))


def turn_a_multiplier(told: Raw) -> None:
    row = next(row for row in told["rows"] if row["kind"] == "packing")
    row["multiplier"] = str(-Fraction(row["multiplier"]))


def mix_two_cases(told: Raw) -> None:
    """All candidates of all cases in one packing, which would mean that one case is placed at most."""
    terms = [[number, 1] for number in range(len(told["candidates"]))]
    told["rows"] = [{"kind": "packing", "terms": terms, "bound": 1, "multiplier": "1"}]


def full_houses(told: Raw) -> None:
    """A row of the kind capacity that says: nobody anywhere."""
    terms = [[number, 1] for number in range(len(told["candidates"]))]
    told["rows"] = [{"kind": "capacity", "terms": terms, "bound": 0, "multiplier": "1000"}]


def one_full_house(told: Raw) -> None:
    """The same of the first facility."""
    home = told["candidates"][0]["facility"]
    terms = [[number, 1] for number, one in enumerate(told["candidates"]) if one["facility"] == home]
    told["rows"].append({"kind": "capacity", "terms": terms, "bound": 0, "multiplier": "1"})


def made_up_link(told: Raw) -> None:
    terms = [[number, 1] for number in range(len(told["candidates"]))]
    told["rows"].append({"kind": "link", "terms": terms, "bound": 0, "multiplier": "1"})


def made_up_premise(told: Raw) -> None:
    terms = [[number, 1] for number in range(len(told["candidates"]))]
    told["rows"].append({"kind": "premise", "terms": terms, "bound": 0, "multiplier": "1"})


def made_up_kind(told: Raw) -> None:
    told["rows"].append({"kind": "because", "terms": [[0, 1]], "bound": 0, "multiplier": "1"})


def elsewhere(told: Raw) -> None:
    told["scenario_sha256"] = "0" * 64


@pytest.mark.parametrize(
    ("tamper", "reason"),
    [
        (claim_more, "the rows show"),
        (drop_a_candidate, "no candidate"),
        (hide_a_case, "objective"),
        (free_of_charge, "objective"),
        (turn_a_multiplier, "below 0"),
        (mix_two_cases, "kind packing"),
        (full_houses, "kind capacity"),
        (one_full_house, "kind capacity"),
        (made_up_link, "kind link"),
        (made_up_premise, "kind premise"),
        (made_up_kind, "kind because"),
        (elsewhere, "another scenario"),
    ],
)
def test_what_cannot_be_shown_is_not_certified(tamper: Callable[[Raw], None], reason: str) -> None:
    told = proof()
    tamper(told)
    with pytest.raises(NotCertified, match=reason):
        checked(told)


@pytest.mark.parametrize("told", [[], {}, {"kind": "other"}, {"kind": "joint"}, 3])
def test_what_is_no_certificate_is_refused(told: Any) -> None:
    with pytest.raises(Unreadable, match="certificate"):
        checked(told)


def test_the_command_says_what_is_certified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = week(*WEEK)
    scenario, path = tmp_path / "week.json", tmp_path / "proof.json"
    scenario.write_bytes(told.content)
    path.write_text(json.dumps(proof()))
    assert main([str(scenario), "--certificate", str(path)]) == 0
    assert capsys.readouterr().out.startswith("certified: no plan leaves fewer")
    worse = proof()
    claim_more(worse)
    path.write_text(json.dumps(worse))
    assert main([str(scenario), "--certificate", str(path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["certified"] is False
    with pytest.raises(SystemExit):
        main([str(scenario)])
