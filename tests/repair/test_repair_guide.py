"""docs/repair.md says what is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

from matching.constraints import rule_book
from matching.repair.alerts import insist_on_no_loosening, live_findings
from matching.repair.changes import KINDS, applied, read_changes
from matching.repair.harm import MoveHarm
from tests.cli.running import run
from tests.cli.weeks import facts_of, week

GUIDE = (Path(__file__).parents[2] / "docs" / "repair.md").read_text(encoding="utf-8")
WORDS = " ".join(GUIDE.split())


def test_the_example_is_well_formed_and_shows_every_kind() -> None:
    (text,) = re.findall(r"^```json\n(.*?)^```", GUIDE, re.M | re.S)
    assert {change["kind"] for change in read_changes(text.encode())} == set(KINDS)


def test_the_example_works_on_the_week_of_the_demo() -> None:
    (text,) = re.findall(r"^```json\n(.*?)^```", GUIDE, re.M | re.S)
    raw = week("demo", 1)
    after = json.loads(applied(read_changes(text.encode()), json.dumps(raw).encode()).content)
    before, now = facts_of(raw), facts_of(after)
    assert len(now.names.presences) == len(before.names.presences)
    insist_on_no_loosening(live_findings(before, rule_book()), live_findings(now, rule_book()))


def test_every_kind_and_every_option_is_told() -> None:
    assert all(f"| `{kind}` |" in GUIDE for kind in KINDS)
    options = re.findall(r"`(--[a-z-]+)", GUIDE)
    help_text = run("repair", "-h").out
    assert {"--changes", "--plan", "--with-waiting", "--only-new", "--time-s", "--json"} == set(options)
    assert all(option in help_text for option in options)


def test_the_points_of_harm_are_those_of_the_code() -> None:
    harm = MoveHarm()
    assert (harm.per_week_stayed, harm.not_begun, harm.another_room) == (2, 1, 1)
    assert f"two points a week already stayed there ({harm.most_weeks} at most)" in WORDS
    assert f"{harm.per_child} a child, {harm.per_need} a need" in WORDS
