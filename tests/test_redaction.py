"""One type per audience: what the requester's type can hold at all, and what each view is made of."""

from __future__ import annotations

import inspect
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Literal, get_args, get_type_hints

import pytest
from pydantic import BaseModel, ValidationError, create_model

from matching import domain, redaction
from matching.constraints import rule_book
from matching.constraints.base import Audience, Level, Scope
from matching.constraints.eligibility_gate import EligibilityGate
from matching.facts import Gate, Stay
from matching.plans import Objection
from matching.redaction import Card, CoordinatorAnswer, RequesterAnswer, for_requester
from matching.refusals import exclusion_counts
from matching.requester import LADDER, Slots, attributes
from matching.requester import Card as Shown
from tests.builders import TODAY, assessment, case, facility, unit, world

BLANK = Shown(("withheld",) * len(LADDER))
FULL = Shown(("protected_housing", "daily_contact", "own_units", "4000_to_4999"))

# -- what the requester's type may not have ---------------------------------------------------------

_FORBIDDEN = """locality localities place places kommun kommuner municipality lan county region area zone district city
    town
    address street post zip distance km metres meters m radius near far minutes min hours travel road drive rail
    facility facilities house provider unit id ids key number name phone photo text note reason comment
    coordinate coordinates latitude longitude lat lon x y map point location
    price sek kronor rate amount date day days start end first last from until nights vacancy free beds count total
    person network case rival actor presence"""
FORBIDDEN = frozenset(_FORBIDDEN.split())
_PLANTED = """locality kommun lan police_region distance_km travel_minutes facility provider unit_id latitude longitude
    day_rate_sek price first_day start until free_beds reason case person_key network"""


def words_of(schema: Any) -> Iterator[str]:
    """Names of all properties, and all enumerated values, anywhere in a JSON Schema."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield from schema["properties"]
        for key in ("enum", "const"):
            values = schema.get(key, [])
            yield from (str(value) for value in (values if isinstance(values, list) else [values]))
        for value in schema.values():
            yield from words_of(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from words_of(value)


def objects_of(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for value in schema.values():
            yield from objects_of(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects_of(value)


def forbidden_words(model: type[BaseModel]) -> set[str]:
    words = set(words_of(model.model_json_schema()))
    return {word for word in words if set(re.split(r"[^a-z]+", word.lower())) & FORBIDDEN}


def test_no_field_and_no_value_speaks_of_a_place_a_price_or_a_day() -> None:
    # "own_units", "4000_to_4999" and "assessment_expires_before_start" hold none of them but for `start`,
    # which is the wanted start of the own case.
    assert forbidden_words(RequesterAnswer) == {"assessment_expires_before_start"}


@pytest.mark.parametrize("planted", _PLANTED.split())
def test_a_planted_field_is_found(planted: str) -> None:
    inner = create_model("Inner", __base__=Card, **{planted: (str, "")})  # type: ignore[call-overload]
    outer = create_model("Outer", __base__=RequesterAnswer, slots=(tuple[inner, inner], ...))
    assert planted in forbidden_words(outer)


def test_the_coordinators_type_does_speak_of_places() -> None:
    assert {"locality", "facility", "case", "start"} <= forbidden_words(CoordinatorAnswer)


def test_no_text_and_no_number_is_free() -> None:
    """Every leaf is enumerated: no string, number or list of any length can carry something else."""

    def leaves(schema: Any) -> Iterator[dict[str, Any]]:
        if isinstance(schema, dict):
            if schema.get("type") in ("string", "integer", "number", "boolean"):
                yield schema
            for value in schema.values():
                yield from leaves(value)
        elif isinstance(schema, list):
            for value in schema:
                yield from leaves(value)

    found = list(leaves(RequesterAnswer.model_json_schema()))
    assert found
    assert all("enum" in leaf or "const" in leaf for leaf in found)


def test_every_object_is_closed() -> None:
    schema = RequesterAnswer.model_json_schema()
    found = list(objects_of(schema))
    assert {one["title"] for one in found} == {"RequesterAnswer", "Card"}
    assert all(one["additionalProperties"] is False for one in found)


def test_exactly_these_fields() -> None:
    assert set(RequesterAnswer.model_fields) == {"state", "missing", "slots"}
    assert set(Card.model_fields) == {"rank", *LADDER}


@pytest.mark.parametrize("model", [RequesterAnswer, Card])
def test_a_field_too_many_is_refused(model: type[BaseModel]) -> None:
    told = json.loads(for_requester(Slots((), (FULL,) * 3, (0, 1, 2))).model_dump_json())
    body = told if model is RequesterAnswer else told["slots"][0]
    with pytest.raises(ValidationError):
        model.model_validate({**body, "locality": "x"})


def test_an_answer_cannot_be_changed() -> None:
    answer = for_requester(Slots((), (FULL,) * 3, (0, 1, 2)))
    with pytest.raises(ValidationError):
        answer.state = "gate_not_passed"  # type: ignore[misc]


@pytest.mark.parametrize("field", LADDER)
def test_a_value_outside_the_vocabulary_is_refused(field: str) -> None:
    card = {"rank": 1, **dict.fromkeys(LADDER, "withheld")}
    Card.model_validate(card)
    for bad in ("zqxsecret", "", None, 3, "4100", ["withheld"]):
        with pytest.raises(ValidationError):
            Card.model_validate({**card, field: bad})


@pytest.mark.parametrize("model", [RequesterAnswer, Card, CoordinatorAnswer, redaction.CoordinatorOption])
def test_a_refused_value_is_not_echoed(model: type[BaseModel]) -> None:
    """Such an error would carry the very value that must not come out into a traceback or a log."""
    body = dict.fromkeys(model.model_fields, "zqxsecret")
    with pytest.raises(ValidationError) as refused:
        model.model_validate(body)
    assert "zqxsecret" not in str(refused.value)
    assert "zqxsecret" not in repr(refused.value)


# -- the vocabulary and where it comes from ---------------------------------------------------------


def values_of(field: str) -> set[Any]:
    def inner(hint: Any) -> Iterator[Any]:
        for one in get_args(hint):
            yield from inner(one) if get_args(one) else [one]

    return set(inner(get_type_hints(Card)[field]))


def test_every_form_of_the_scenario_has_a_word() -> None:
    assert values_of("form") - {"withheld"} == set(get_args(domain.Facility.model_fields["form"].annotation))


def test_every_attribute_a_facility_can_have_is_in_the_vocabulary() -> None:
    forms = get_args(domain.Facility.model_fields["form"].annotation)
    offers = ((), ("daily_contact",), ("round_the_clock_staff",), ("women_only",))
    units = ((False,), (True,), (True, False))
    rates = (0, 3999, 4000, 4999, 5000, 50_000)
    met: list[set[str]] = [set(), set(), set(), set()]
    for form, offered, shared, rate in itertools.product(forms, offers, units, rates):
        told = facility(
            form=form, offers=frozenset(offered), units=[unit(shared=one) for one in shared], day_rate_sek=rate
        )
        for values, value in zip(met, attributes(told), strict=True):
            values.add(value)
    assert met == [values_of(field) - {"withheld"} for field in LADDER]


def test_every_code_of_the_gate_is_in_the_vocabulary() -> None:
    """Whatever the gate objects with can be answered; and no code is there that is never given."""
    gates = [Gate(*(value,) * 6, False, value, False) for value in (True, False, None)]
    versions = [
        None,
        assessment(),
        assessment(is_withdrawn=True, threat_level="none"),
        assessment(valid_until_day=TODAY - 1),
        assessment(valid_until_day=TODAY),
    ]
    said: set[str] = set()
    for gate, version in itertools.product(gates, versions):
        told = case(gate=gate, assessment=version)
        found = EligibilityGate().objection(told, Stay(0, TODAY + 1, TODAY + 9), world(cases=[told]))
        if found:
            said |= set(for_requester(Slots(tuple(found.reason.split()), (), ())).missing)
    assert said | {"window_passed"} == set(get_args(redaction.GateCode))  # the window is no fact of the gate
    assert {field.name for field in fields(Gate)} >= {"written_consent", "motivated"}


def test_the_requester_reads_a_rules_message_only_where_the_rule_reads_the_own_case() -> None:
    """No rule that reads other people has a sentence for the requester: its silence is the defence."""
    for rule in rule_book():
        if rule.scope is Scope.EVERYBODY:
            assert not rule.speaks_to(Audience.REQUESTER)
    told = {rule.name for rule in rule_book() if rule.speaks_to(Audience.REQUESTER)}
    assert told == {"eligibility_gate", "start_in_time"}


# -- what the views are made of --------------------------------------------------------------------


def test_the_requesters_answer_is_made_of_slots_and_nothing_else() -> None:
    assert list(inspect.signature(for_requester).parameters) == ["found"]
    assert {field.name for field in fields(Slots)} == {"missing", "cards", "facilities"}


def test_which_facilities_stand_behind_the_slots_does_not_show() -> None:
    one = for_requester(Slots((), (FULL, BLANK, BLANK), (7, 8, 9)))
    two = for_requester(Slots((), (FULL, BLANK, BLANK), ()))
    assert one.model_dump_json() == two.model_dump_json()


def test_three_cards_in_order() -> None:
    answer = for_requester(Slots((), (FULL, BLANK, FULL), (0, 1, 2)))
    assert answer.state == "three_slots"
    assert answer.slots is not None
    assert [card.rank for card in answer.slots] == [1, 2, 3]
    assert answer.slots[0].model_dump() == {"rank": 1, **dict(zip(LADDER, FULL.values, strict=True))}
    assert answer.slots[1].form == "withheld"


@pytest.mark.parametrize("count", [1, 2, 4])
def test_another_number_of_cards_is_refused(count: int) -> None:
    with pytest.raises(ValidationError):
        for_requester(Slots((), (BLANK,) * count, ()))


def test_what_the_gate_lacks_comes_out_in_its_order() -> None:
    answer = for_requester(Slots(("no_written_consent", "threat_not_high"), (), ()))
    assert answer.missing == ("no_written_consent", "threat_not_high")
    assert answer.slots is None


@pytest.mark.parametrize(
    "codes",
    [
        ("evidence_witness_not_excluded",),
        ("no_investigation_clearance",),
        ("evidence_witness_not_excluded", "no_investigation_clearance"),
    ],
)
def test_what_touches_an_investigation_is_a_block_without_a_reason(codes: tuple[str, ...]) -> None:
    """Which of the two it is, and whether it is both, does not show."""
    assert for_requester(Slots(("not_motivated", *codes), (), ())).missing == ("not_motivated", "blocked")


def test_a_code_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError):
        for_requester(Slots(("rival_present",), (), ()))


# -- the coordinator's counts ----------------------------------------------------------------------


def test_exclusions_are_counted_by_rule_and_alone() -> None:
    # 1: by two rules; 2: by place_capacity alone; 3: by needs_met alone; 4: by several on different days
    why = Objection("because")
    excluded = {
        1: {"needs_met": why, "place_capacity": why},
        2: {"place_capacity": why},
        3: {"needs_met": why},
        4: {"place_capacity": Objection("together"), "start_in_time": Objection("together")},
    }
    by, alone, together = exclusion_counts(excluded, rule_book())
    assert set(by) == set(alone) == {rule.name for rule in rule_book() if rule.level is Level.HARD}
    assert {name: count for name, count in by.items() if count} == {"needs_met": 2, "place_capacity": 2}
    assert {name: count for name, count in alone.items() if count} == {"needs_met": 1, "place_capacity": 1}
    assert together == 1


def test_the_two_audiences_share_no_base_but_the_closed_one() -> None:
    """Nothing a coordinator may see is inherited by what the requester sees."""
    for model in (RequesterAnswer, Card):
        base = model.__bases__[0]
        assert issubclass(base, BaseModel)
        assert not base.model_fields
        assert (base.model_config["extra"], base.model_config["frozen"]) == ("forbid", True)
    assert not issubclass(RequesterAnswer, CoordinatorAnswer)
    assert get_args(get_type_hints(RequesterAnswer)["state"]) == get_args(Literal["three_slots", "gate_not_passed"])
