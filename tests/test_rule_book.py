"""The rule book: one rule a file, a test file for each, and messages that can name nobody."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from string import Formatter

import pytest

import matching.constraints
from matching.constraints import NotARule, hard, load_rule, not_judged, rule_book
from matching.constraints.base import Audience, Constraint, Level, OnLive, Origin, Scope
from tests.books import ELEVEN, book

HERE = Path(__file__).parent
NO_RULES = {"__init__", "apart", "base", "clauses", "meeting"}
SPECIFIED = {
    Level.HARD: {
        "actor_is_placed", "concentration_cap", "contract", "eligibility_gate", "exposed_place", "forbidden_locality",
        "former_network_separation", "household_together", "legal_form", "needs_met", "place_capacity",
        "protection_level", "provider_vetting", "rival_separation", "start_in_time", "threat_reach",
        "unknown_placement_margin",
    },
    Level.RISK: {"uncertain_hostility"},
    Level.MOVES: {"moves"},
    Level.SOFT: {
        "day_rate", "isolation", "municipality_fairness", "permitted_contact", "preferred_locality", "provider_share",
        "recognition_risk", "scarcity", "support_fit", "support_intensity", "unlisted_locality",
    },
}  # fmt: skip
"""Domain §4, rule by rule."""


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
    return sorted({file.stem for file in folder.glob("*.py")} - NO_RULES)


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


def test_the_book_holds_every_file_and_every_rule_of_the_specification() -> None:
    found = [rule.name for rule in rule_book()]
    assert sorted(found) == rule_files()
    for level, names in SPECIFIED.items():
        assert names <= {rule.name for rule in rule_book() if rule.level is level}
    assert not_judged(rule_book()) == ()


def test_the_book_is_in_order_of_level_then_of_name() -> None:
    order = [Level.HARD, Level.RISK, Level.MOVES, Level.SOFT]
    assert list(Level) == order
    found = [(order.index(rule.level), rule.name) for rule in rule_book()]
    assert found == sorted(found)
    assert [rule.name for rule in hard(rule_book())] == [name for level, name in found if level == 0]


def test_what_a_book_does_not_judge_is_said() -> None:
    assert set(not_judged([])) == SPECIFIED[Level.HARD]
    assert set(not_judged(ELEVEN)) == SPECIFIED[Level.HARD] - {rule.name for rule in ELEVEN}
    assert "moves" not in not_judged([])


def test_a_small_book_is_part_of_the_whole_in_its_order() -> None:
    names = [rule.name for rule in ELEVEN]
    assert names == [rule.name for rule in rule_book() if rule.name in names]
    assert [rule.name for rule in book("moves", "day_rate", "uncertain_hostility", "needs_met")] == [
        "needs_met", "uncertain_hostility", "moves", "day_rate",
    ]  # fmt: skip


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


def parameters_of(message: str) -> set[str]:
    """What a message names in braces."""
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


@pytest.mark.parametrize("rule", rule_book(), ids=lambda rule: rule.name)
def test_messages_have_no_value_and_name_declared_parameters_only(rule: Constraint) -> None:
    assert rule.messages
    for audience, message in rule.messages.items():
        assert audience in set(Audience)
        words = re.sub(r"\{[a-z_]+\}", "", message)
        assert not re.search(r"[{}%$<>]|\d", words), "a message is one fixed sentence"
        assert message.endswith(".")
        assert parameters_of(message) <= set(rule.parameters)
        assert rule.sentence(audience) == message.format(**dict.fromkeys(rule.parameters, "…"))
    for audience in set(Audience) - set(rule.messages):
        assert rule.sentence(audience) is None
        assert not rule.speaks_to(audience)


@pytest.mark.parametrize("rule", rule_book(), ids=lambda rule: rule.name)
def test_parameters_have_an_origin_and_are_used(rule: Constraint) -> None:
    assert all(origin in set(Origin) for origin in rule.parameters.values())
    assert set(rule.parameters) == {name for message in rule.messages.values() for name in parameters_of(message)}


OWN = {Origin.OWN_CASE, Origin.POLICY}


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("rule", rule_book(), ids=lambda rule: rule.name)
def test_a_value_is_told_to_whom_it_may_be_told(rule: Constraint, audience: Audience) -> None:
    """Each rule, audience and parameter: with values that give themselves away, none comes out that may not."""
    values = {name: 7_000_000 + number for number, name in enumerate(sorted({*rule.parameters, "undeclared"}))}
    said = rule.sentence(audience, {"amount": 7_999_999, **values})
    if not rule.speaks_to(audience):
        assert said is None
        return
    named = parameters_of(rule.messages[audience])
    for name, value in values.items():
        may_be_told = name in named and (audience is Audience.COORDINATOR or rule.parameters[name] in OWN)
        assert (str(value) in str(said)) == may_be_told
    assert "7999999" not in str(said)


@pytest.mark.parametrize("rule", rule_book(), ids=lambda rule: rule.name)
def test_a_requester_reads_of_the_own_case_only(rule: Constraint) -> None:
    message = rule.sentence(Audience.REQUESTER)
    if message is not None:
        assert rule.scope is Scope.OWN_CASE
        assert {rule.parameters[name] for name in parameters_of(rule.messages[Audience.REQUESTER])} <= OWN
        words = set(re.findall(r"[a-z]+", message.lower()))
        places = {"place", "locality", "kommun", "county", "facility", "provider", "town", "near", "distance", "rival"}
        people = {"network", "networks", "rivals", "exposure", "person", "people", "somebody", "household", "others"}
        assert not words & (places | people)


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


def saying(message: str, audience: str = "COORDINATOR", **parameters: str) -> str:
    """The rule with another message, and its parameters with their origins."""
    told = ", ".join(f"{name!r}: Origin.{origin}" for name, origin in parameters.items())
    return (
        GOOD.replace('Audience.COORDINATOR: "No."', f"Audience.{audience}: {message!r}")
        .replace("    messages =", f"    parameters = {{{told}}}\n    messages =")
        .replace("OnLive, PairRule", "OnLive, Origin, PairRule")
        .replace('{"Stay.facility"}', '{"Case.gate"}' if audience == "REQUESTER" else '{"Stay.facility"}')
    )


SOFT = GOOD.replace("PairRule)", "CostRule)").replace("objection", "cost").replace("return None", "return 0")
COSTLY = SOFT.replace("    on_live = OnLive.TASK\n", "    default_weight = 5\n").replace(
    '{"Stay.facility"}', '{"Facts.policy", "Policy.weights", "Weights.further"}'
)


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file `planted.py` that can be imported, and is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "planted", raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return tmp_path / "planted.py"


@pytest.mark.parametrize("text", [GOOD, COSTLY])
def test_a_well_formed_rule_is_loaded(planted: Path, text: str) -> None:
    planted.write_text(text, encoding="utf-8")
    assert load_rule("planted").name == "planted"
    sys.modules.pop("planted")


@pytest.mark.parametrize(
    "text",
    [
        saying("No {amount}.", amount="OTHERS"),
        saying("No {amount}, {limit_km}.", "ASSESSOR", amount="CATALOGUE", limit_km="POLICY"),
        saying("No {amount}, {limit_km}.", "REQUESTER", amount="OWN_CASE", limit_km="POLICY"),
    ],
)
def test_a_message_with_declared_parameters_is_loaded(planted: Path, text: str) -> None:
    planted.write_text(text, encoding="utf-8")
    assert load_rule("planted").parameters
    sys.modules.pop("planted")


@pytest.mark.parametrize(
    ("text", "why"),
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
        *((COSTLY.replace("= 5", f"= {bad}"), "whole number") for bad in ("-1", "100_001", "True", "2.5", "'5'")),
        (COSTLY.replace(', "Weights.further"', ""), "reads holds"),
        (GOOD.replace("Scope.OWN_CASE", "'somewhere'"), "scope"),
        (saying("No {amount}."), "declared"),
        (saying("No {}.", amount="OWN_CASE"), "declared"),
        (saying("No {amount:d}.", amount="OWN_CASE"), "declared"),
        (saying("No {amount!r}.", amount="OWN_CASE"), "declared"),
        (saying("No {amount.real}.", amount="OWN_CASE"), "declared"),
        (saying("No {amount.", amount="OWN_CASE"), "brace"),
        (saying("No {other}.", amount="OWN_CASE"), "declared"),
        (saying("No {amount}.").replace("messages =", "parameters = {'amount': 'own'}; messages ="), "declared"),
        (saying("No {amount}.", "REQUESTER", amount="CATALOGUE"), "requester"),
        (saying("No {amount}.", "REQUESTER", amount="OTHERS"), "requester"),
        (saying("No.", "REQUESTER").replace("Scope.OWN_CASE", "Scope.EVERYBODY"), "requester"),
        *(
            (saying("No.", "REQUESTER").replace("Case.gate", read), "facilities or places")
            for read in (
                *("Stay.facility", "Facts.facilities", "Facts.places", "Facts.providers", "Facility.offers"),
                *("Unit.beds", "Provider.conflicts", "Places.root", "Contract.end_day", "Area.kind"),
            )
        ),
        (GOOD.replace("Audience.COORDINATOR", "'somebody'"), "nobody"),
    ],
)
def test_what_is_not_exactly_one_rule_is_refused(planted: Path, text: str, why: str) -> None:
    planted.write_text(text, encoding="utf-8")
    with pytest.raises(NotARule, match=why):
        load_rule("planted")
    sys.modules.pop("planted", None)


def test_a_weight_that_has_a_field_is_not_brought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "day_rate.py").write_text(COSTLY.replace('"planted"', '"day_rate"'), encoding="utf-8")
    with pytest.raises(NotARule, match="has a field"):
        load_rule("day_rate")
    sys.modules.pop("day_rate", None)


def test_a_rule_that_lacks_its_half_is_no_rule(planted: Path) -> None:
    planted.write_text(GOOD.replace("def objection", "def objects"), encoding="utf-8")
    with pytest.raises(NotARule, match="0 rules"):
        load_rule("planted")
    sys.modules.pop("planted", None)
