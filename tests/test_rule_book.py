"""The rule book: one rule a file, a test file for each, and messages that can name nobody."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

import matching.constraints
from matching.constraints import NotARule, load_rule, rule_book
from matching.constraints.base import Audience, Constraint, Level, OnLive, Scope

HERE = Path(__file__).parent
RULES = {
    "eligibility_gate", "forbidden_locality", "threat_reach", "rival_separation", "place_capacity", "legal_form",
    "needs_met", "start_in_time", "preferred_locality", "isolation", "day_rate",
}  # fmt: skip


def untested(rules: Iterable[str], folder: Path) -> list[str]:
    """Rules without a test file of their own, or with one that has no test or never names the rule's file."""
    missing = []
    for rule in sorted(rules):
        file = folder / f"test_{rule}.py"
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        if not re.search(r"^def test_", text, re.MULTILINE) or f"matching.constraints.{rule} import" not in text:
            missing.append(rule)
    return missing


def rule_files() -> list[str]:
    """Names of the files of the rule book, found on disk and not by the code under test."""
    folder = Path(matching.constraints.__file__).parent
    return sorted({file.stem for file in folder.glob("*.py")} - {"__init__", "base", "clauses"})


def test_every_rule_file_has_a_test_file() -> None:
    assert untested(rule_files(), HERE / "constraints") == []


def test_a_rule_without_a_test_file_fails(tmp_path: Path) -> None:
    (tmp_path / "test_needs_met.py").write_text(
        "from matching.constraints.needs_met import NeedsMet\n\ndef test_it(): ...\n", encoding="utf-8"
    )
    (tmp_path / "test_isolation.py").write_text("from matching.constraints.isolation import Isolation\n", "utf-8")
    (tmp_path / "test_day_rate.py").write_text("def test_nothing(): ...\n", "utf-8")
    rules = ["needs_met", "isolation", "day_rate", "brand_new"]
    assert untested(rules, tmp_path) == ["brand_new", "day_rate", "isolation"]


def test_the_book_holds_every_file_and_every_rule_asked_for() -> None:
    found = [rule.name for rule in rule_book()]
    assert sorted(found) == rule_files()
    assert set(found) >= RULES
    levels = [rule.level for rule in rule_book()]
    assert levels == sorted(levels, key=[Level.HARD, Level.SOFT].index)


@pytest.mark.parametrize("rule", rule_book(), ids=lambda rule: rule.name)
def test_declarations(rule: Constraint) -> None:
    assert rule.summary
    assert rule.source
    assert "domain §4" in rule.source
    assert rule.level in set(Level)
    assert rule.scope in set(Scope)
    assert (rule.on_live in set(OnLive)) == (rule.level is Level.HARD)
    assert type(rule).__doc__
    assert rule.reads


@pytest.mark.parametrize("rule", rule_book(), ids=lambda rule: rule.name)
def test_messages_have_no_place_for_a_value(rule: Constraint) -> None:
    assert rule.messages
    for audience, message in rule.messages.items():
        assert audience in set(Audience)
        assert not re.search(r"[{}%$<>]|\d", message), "a message is one fixed sentence"
        assert message.endswith(".")
        assert rule.explain(audience) == message
    for audience in set(Audience) - set(rule.messages):
        assert rule.explain(audience) is None


@pytest.mark.parametrize("rule", rule_book(), ids=lambda rule: rule.name)
def test_a_requester_reads_of_the_own_case_only(rule: Constraint) -> None:
    message = rule.explain(Audience.REQUESTER)
    if message is not None:
        assert rule.scope is Scope.OWN_CASE
        words = set(re.findall(r"[a-z]+", message.lower()))
        places = {"place", "locality", "kommun", "county", "facility", "provider", "town", "near", "distance", "rival"}
        assert not words & places


# Discovery

HEAD = """
from matching.constraints.base import Audience, CostRule, OnLive, PairRule, Scope

class {name}(PairRule):
    '''A rule.'''
    name = "{rule}"
    summary = "a rule"
    scope = Scope.OWN_CASE
    source = "domain §4"
    reads = frozenset({{"Stay.facility"}})
    messages = {{Audience.COORDINATOR: "No."}}
    on_live = OnLive.TASK

    def objection(self, case, stay, facts):
        return None
"""

GOOD = HEAD.format(name="Planted", rule="planted")
SOFT = GOOD.replace("PairRule)", "CostRule)").replace("objection", "cost").replace("return None", "return 0")


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file `planted.py` that can be imported, and is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "planted", raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return tmp_path / "planted.py"


def test_a_well_formed_rule_is_loaded(planted: Path) -> None:
    planted.write_text(GOOD, encoding="utf-8")
    assert load_rule("planted").name == "planted"
    sys.modules.pop("planted")


@pytest.mark.parametrize(
    ("text", "saying"),
    [
        ("", "0 rules"),
        ("from matching.constraints.needs_met import NeedsMet\n", "0 rules"),  # an imported rule is not its own
        (GOOD + HEAD.format(name="Second", rule="planted"), "2 rules"),
        (HEAD.format(name="Planted", rule="other"), "another name"),
        *((re.sub(rf"(?m)^    {word} = .*\n", "", GOOD), word) for word in ("summary", "scope", "source", "reads")),
        (re.sub(r"(?m)^    messages = .*\n", "", GOOD), "messages"),
        (re.sub(r"(?m)^    name = .*\n", "", GOOD), "name"),
        (re.sub(r"(?m)^    on_live = .*\n", "", GOOD), "on_live"),  # a hard rule without
        (SOFT, "on_live"),  # a soft rule with
        (GOOD.replace("Scope.OWN_CASE", "'somewhere'"), "scope"),
    ],
)
def test_what_is_not_exactly_one_rule_is_refused(planted: Path, text: str, saying: str) -> None:
    planted.write_text(text, encoding="utf-8")
    with pytest.raises(NotARule, match=saying):
        load_rule("planted")
    sys.modules.pop("planted", None)


def test_a_rule_that_lacks_its_half_is_no_rule(planted: Path) -> None:
    planted.write_text(GOOD.replace("def objection", "def objects"), encoding="utf-8")
    with pytest.raises(NotARule, match="0 rules"):
        load_rule("planted")
    sys.modules.pop("planted", None)
