"""docs/privacy.md: every setting with its default, every channel with its test, and all it names exists."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from matching.domain import Policy
from service.inference import Reason
from service.schemas.front_queries import QueryOut
from service.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
ACCEPTED = "**accepted risk**"
_FILE = re.compile(r"`((?:tests|benchmarks|service|matching)/[A-Za-z0-9_/]+(?:\.py)?)(?:::\w+)?`")
_TEST = re.compile(r"^ {0,4}(?:async )?def test_", re.M)

ELSEWHERE = frozenset(
    {
        "emergency_nights",
        "emergency_facts_h",
        "emergency_cap",
        "reveal_token_s",
        "standing_access_days",
        "judgement_wait_s",
        "claim_cap",
        "unsigned_cases",
        "unsigned_case_days",
        "clock_skew_s",
        "idempotency_life_h",
        "body_limit_bytes",
        "page_limit",
        "municipality_units",
        "issuer",
        "audience",
        "front_port",
        "back_port",
        "host",
    }
)
"""Settings that say nothing of what answers tell: docs/operations.md has them all."""
OF_CARDS = frozenset({"card_share_percent", "card_least_facilities"})
"""Of the policy, what inference control reads."""


def _rows() -> list[tuple[str, list[str]]]:
    """Chapter and cells of every row of every table; header and rule are no rows."""
    found, chapter = [], ""
    for before, line in pairwise(["", *PAGE.splitlines(), ""]):
        if line.startswith("## "):
            chapter = line.removeprefix("## ")
        elif line.startswith("|") and before.startswith("|") and not line.startswith("|---"):
            found.append((chapter, [cell.strip() for cell in line.strip().strip("|").split("|")]))
    return found


CHANNELS = [cells for chapter, cells in _rows() if chapter == "The channels"]
SETTINGS = {cells[0].strip("`"): cells for chapter, cells in _rows() if chapter == "The settings"}


def _of(model: Any, names: frozenset[str]) -> Mapping[str, Any]:
    schema = model.model_json_schema()["properties"]
    return {name: schema[name]["default"] for name in names}


DEFAULTS = {**_of(Settings, frozenset(Settings.model_fields) - ELSEWHERE), **_of(Policy, OF_CARDS)}


def test_every_setting_of_inference_is_explained_and_no_other() -> None:
    assert set(Settings.model_fields) >= ELSEWHERE, "a setting that is gone"
    assert set(SETTINGS) == set(DEFAULTS), "a new setting is explained in docs/privacy.md, or named here as none of its"


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_a_setting_has_its_default_its_meaning_and_both_prices(name: str) -> None:
    _, default, *told = SETTINGS[name]
    assert default.strip("`") == json.dumps(DEFAULTS[name])
    assert len(told) == 3
    assert all(len(cell) > 20 for cell in told), "meaning, price in use, price in leakage"


@pytest.mark.parametrize("cells", CHANNELS, ids=lambda cells: cells[0][:40])
def test_a_channel_names_its_test_or_is_accepted(cells: list[str]) -> None:
    _, defence, where, shown_by, attack = cells
    assert defence
    assert _FILE.search(where) or ACCEPTED in shown_by
    tests = [name for name in _FILE.findall(shown_by) if name.startswith("tests/")]
    assert tests or ACCEPTED in shown_by
    assert re.fullmatch(r"–|[a-h](, [a-h])*", attack)


def test_every_attack_of_the_bench_has_its_channel() -> None:
    used = {letter for cells in CHANNELS for letter in cells[-1].split(", ") if letter != "–"}
    assert used == set("abcdefgh")


@pytest.mark.parametrize("name", sorted(set(_FILE.findall(PAGE))))
def test_what_it_names_exists_and_tests_hold_tests(name: str) -> None:
    path = ROOT / name
    assert path.exists()
    if name.startswith("tests/"):
        files = [path] if path.is_file() else sorted(path.rglob("test_*.py"))
        assert any(_TEST.search(file.read_text(encoding="utf-8")) for file in files)


def test_every_reason_of_the_queue_and_every_state_of_an_answer_is_explained() -> None:
    told = set(re.findall(r"`(\w+)`", PAGE))
    assert {reason.value for reason in Reason} <= told
    states = QueryOut.model_json_schema()["properties"]["state"]["enum"]
    assert set(states) <= told


@pytest.mark.parametrize("block", ["leakage-short", "utility", "curve"])
def test_the_figures_are_written_between_marks(block: str) -> None:
    begin, end = f"<!-- {block}: begin -->", f"<!-- {block}: end -->"
    assert (PAGE.count(begin), PAGE.count(end)) == (1, 1)
    assert PAGE.index(begin) < PAGE.index(end)
    assert PAGE.partition(begin)[2].partition(end)[0].strip(), "figures, or a sentence that there are none"
