"""`docs/rules.md` is current, and holds every rule with all it declares."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from matching.cli.reason_codes import reason_codes
from matching.cli.rule_pages import rule_page
from matching.constraints import hard, rule_book
from matching.constraints.base import Audience, Constraint, CostRule
from matching.domain import Policy, Weights
from matching.language import translator

PAGE = Path(__file__).parent.parent / "docs" / "rules.md"


def section(rule: Constraint) -> str:
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(f"### `{rule.name}`\n")
    return re.split(r"^##", rest, maxsplit=1, flags=re.M)[0]


def test_the_page_is_current() -> None:
    assert rule_page() == PAGE.read_text(encoding="utf-8"), "run `make docs`"


def test_a_stale_page_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(rule_book()[0]), "source", "another one")
    assert rule_page() != PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", rule_book(), ids=lambda rule: rule.name)
def test_a_section_holds_what_the_rule_declares(rule: Constraint) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.count(f"### `{rule.name}`\n") == 1
    assert text.count(f"(#{rule.name})") == 1
    own, say = section(rule), translator("sv")
    assert rule.source in own
    assert f"scope `{rule.scope}`" in own
    for audience in Audience:
        message = rule.messages.get(audience)
        if message is None:
            assert f"| {audience} | *withheld* | |\n" in own
        else:
            assert f"| {audience} | {message} | {say(message)} |\n" in own
    assert all(f"`{{{name}}}` on " in own for name in rule.parameters)
    for read in rule.reads:
        kind, _, name = read.partition(".")
        fields = {"Policy": Policy.model_fields, "Weights": Weights.model_fields}.get(kind, {})
        if read == "Weights.further":
            assert isinstance(rule, CostRule)
            assert f" `weights.further.{rule.name}`: {rule.summary} (default {rule.default_weight})" in own
        elif name in fields and name != "weights":
            assert f" `{name}`: {fields[name].description} (default " in own


@pytest.mark.parametrize("rule", hard(rule_book()), ids=lambda rule: rule.name)
def test_a_section_holds_the_reasons_and_what_a_live_breach_asks_for(rule: Constraint) -> None:
    assert all(f"- Reason `{code}`: " in section(rule) for code in reason_codes(rule))
    assert f"a live breach asks for: `{rule.on_live}`" in section(rule)


def test_its_links_lead_somewhere() -> None:
    text = PAGE.read_text(encoding="utf-8")
    files = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    assert files
    assert all((PAGE.parent / target).exists() for target in files)


def test_it_counts_what_is_not_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new rule needs no translation: it is shown in English until somebody writes one."""
    before = untranslated()
    monkeypatch.setattr(type(rule_book()[0]), "messages", {Audience.COORDINATOR: "A sentence nobody has translated."})
    assert untranslated() == before + 1


def untranslated() -> int:
    last = rule_page().splitlines()[-1]
    return int(last.removeprefix("Sentences without a Swedish translation: ").removesuffix("."))
