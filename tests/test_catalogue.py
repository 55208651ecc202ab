"""The catalogues are current, whole, and hold what is shown and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from hypothesis import HealthCheck, given, settings

from matching import relaxations
from matching.cli import catalogue
from matching.cli.reason_codes import reason_codes
from matching.constraints import hard, not_judged, rule_book
from matching.constraints.base import Constraint
from matching.knowledge import SENTENCES
from matching.language import DOMAIN, LANGUAGES, LOCALE, in_words, translator
from matching.redaction import GateCode
from matching.refusals import refusals
from tests.strategies import scenarios
from tests.tellings import Land, Raw, facts_of

SWEDISH = LOCALE / "sv" / "LC_MESSAGES" / f"{DOMAIN}.po"
RULES = Path(catalogue.__file__).parents[1] / "constraints"
SPECIFIED = {
    *not_judged([]),
    *("uncertain_hostility", "moves", "day_rate", "isolation", "municipality_fairness", "permitted_contact"),
    *("preferred_locality", "provider_share", "recognition_risk", "scarcity", "support_fit", "support_intensity"),
    "unlisted_locality",
}
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


def read() -> Catalog:
    with SWEDISH.open("rb") as file:
        return read_po(file, locale="sv")


def entries() -> list[Message]:
    """All but what a rule beyond the domain specification brings: that is shown in English until it is translated."""
    return [message for message in read() if message.id and not (_is_new(message) and not message.string)]


def _is_new(message: Message) -> bool:
    places = {Path(path) for path, _ in message.locations}
    return all(path.parent.name == "constraints" and path.stem not in SPECIFIED for path in places)


# -- current ---------------------------------------------------------------------------------------


def test_every_catalogue_file_is_current() -> None:
    made = catalogue.files()
    assert {path.suffix for path in made} == {".pot", ".po", ".mo"}
    assert {path for path in LOCALE.rglob("*") if path.is_file()} == set(made)
    for path, content in made.items():
        assert path.read_bytes() == content, f"run `make docs`: {path.name} is stale"


def test_making_them_again_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = catalogue.files()
    monkeypatch.setattr(catalogue, "LOCALE", tmp_path)
    folder = tmp_path / "sv" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / SWEDISH.name).write_bytes(SWEDISH.read_bytes())
    for _ in range(2):
        catalogue.main()
        assert sorted(path.read_bytes() for path in tmp_path.rglob("fristad.*")) == sorted(before.values())


def test_without_a_catalogue_all_is_collected_and_nothing_translated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "LOCALE", tmp_path)
    catalogue.main()
    with (tmp_path / "sv" / "LC_MESSAGES" / SWEDISH.name).open("rb") as file:
        made = read_po(file, locale="sv")
    assert {message.id for message in made} == {message.id for message in read()}
    assert not any(message.string for message in made if message.id)


def test_a_stale_catalogue_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = rule_book()[0]
    monkeypatch.setattr(type(rule), "summary", "something else")
    made = catalogue.files()
    assert all(path.read_bytes() != made[path] for path in (SWEDISH, LOCALE / f"{DOMAIN}.pot"))


def test_the_head_names_the_project_and_no_time() -> None:
    for path in (SWEDISH, LOCALE / f"{DOMAIN}.pot"):
        head, _, _ = path.read_text(encoding="utf-8").partition("\n\n")
        assert '"Project-Id-Version: fristad 1\\n"' in head
        assert '"Content-Type: text/plain; charset=utf-8\\n"' in head
        assert not re.search(r"PROJECT|FULL NAME|EMAIL|ORGANIZATION|YEAR|LANGUAGE|Babel|Date|fuzzy|\b20\d\d\b", head)
    assert '"Language: sv\\n"' in SWEDISH.read_text(encoding="utf-8")


# -- whole -----------------------------------------------------------------------------------------


def test_every_entry_is_translated() -> None:
    for message in entries():
        assert message.string, f"not translated: {message.id}"
        assert not message.fuzzy
        assert isinstance(message.string, str)
        assert message.string == message.string.strip()


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def test_both_languages_name_the_same_values() -> None:
    for message in entries():
        assert isinstance(message.id, str)
        assert isinstance(message.string, str)
        assert placeholders(message.id) == placeholders(message.string), message.id
        assert (message.id[-1] in ".:") == (message.string[-1] in ".:"), message.id


ENGLISH = {"the", "and", "of", "is", "not", "with", "facility", "locality", "assessment", "placement", "threat",
           "network", "rules", "rule", "household", "provider", "contract", "bed", "window", "gate"}  # fmt: skip


def test_the_swedish_is_swedish() -> None:
    for message in entries():
        words = set(re.findall(r"[a-zåäöé]+", re.sub(r"\{\w+\}", "", str(message.string).lower())))
        assert not words & ENGLISH, message.string
        assert message.id != message.string


def test_the_compiled_catalogue_says_what_the_text_says() -> None:
    say = translator("sv")
    for message in entries():
        assert say(str(message.id)) == message.string
    assert translator("en")("Missing:") == "Missing:"
    assert say("a sentence nobody has translated") == "a sentence nobody has translated"
    assert set(LANGUAGES) == {"sv", "en"}


@pytest.mark.parametrize(
    ("english", "swedish"),
    [
        ("rival present", "en rival finns där"),
        ("conflict of interest", "jäv"),
        ("no contract", "avtal saknas"),
        ("within national", "hotaktör med nationell räckvidd: skyddsnivån räcker inte"),
        ("The wanted window has passed: state a new one.", "Det önskade tidsfönstret har passerat: ange ett nytt."),
    ],
)
def test_words_of_the_field(english: str, swedish: str) -> None:
    assert translator("sv")(english) == swedish


# -- what is shown, and nothing else ---------------------------------------------------------------


def shown() -> Iterator[str]:
    for rule in rule_book():
        yield rule.summary
        yield from rule.messages.values()
    for rule in hard(rule_book()):
        yield from map(in_words, reason_codes(rule))
    yield from map(in_words, get_args(GateCode))
    yield from SENTENCES.values()


def test_it_holds_the_rules_the_codes_and_what_the_code_marks() -> None:
    held = {str(message.id) for message in catalogue.collected() if message.id}
    assert set(shown()) <= held
    marked = {str(message.id): [path for path, _ in message.locations] for message in catalogue.collected()}
    rest = held - set(shown())
    assert rest
    places = {path for text in rest for path in marked[text]}
    kinds = {path for path in places if path.startswith("matching/relaxations/")}
    assert kinds == {f"matching/relaxations/{kind.name}.py" for kind in relaxations.kinds()}
    assert places - kinds == {
        "matching/explanations.py",
        "matching/remedies.py",
        "matching/cli/explaining.py",
        "matching/cli/slots.py",
        "matching/cli/ways_out.py",
        "matching/steps.py",
    }


@pytest.mark.parametrize(
    "junk",
    ["more than", "fixed starts", "uncertain neighbours", "bed night taken twice",
     "rivals live too near", "days ahead", "left waiting", "vetting expires later"],
)  # fmt: skip
def test_what_is_no_reason_of_a_refused_stay_is_not_in_it(junk: str) -> None:
    assert junk not in {message.id for message in entries()}


@pytest.mark.parametrize("rule", hard(rule_book()), ids=lambda rule: rule.name)
def test_no_reason_is_put_together(rule: Constraint) -> None:
    """A code made from parts is in no catalogue: it is written out, or stands in a table."""
    assert reason_codes(rule)
    tree = ast.parse((RULES / f"{rule.name}.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    made = [node for node in calls if isinstance(node.func, ast.Name) and node.func.id in ("Objection", "Violation")]
    assert not any(isinstance(part, ast.JoinedStr) for node in made for part in ast.walk(node))


@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
@given(drawn=scenarios())
def test_every_reason_a_rule_gives_is_known(drawn: tuple[Raw, Land]) -> None:
    facts = facts_of(*drawn)
    known = {rule.name: set(reason_codes(rule)) for rule in hard(rule_book())}
    for number in range(len(facts.cases)):
        for objections in refusals(facts, number, rule_book()).by_option.values():
            for name, objection in objections.items():
                assert set(objection.reason.split()) <= known[name]


def test_every_code_of_the_gate_is_a_reason_or_of_the_requesters_answer() -> None:
    (gate,) = (rule for rule in rule_book() if rule.name == "eligibility_gate")
    assert set(get_args(GateCode)) - set(reason_codes(gate)) == {"blocked", "window_passed"}
