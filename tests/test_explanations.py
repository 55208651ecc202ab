"""Explanations, one type an audience: what each can hold, what each says, and what nobody else can change."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from matching import explanations
from matching.constraints import hard, load_rule, rule_book
from matching.constraints.base import Audience, Scope
from matching.explanations import (
    MINIMAL_ONE,
    NO_FACILITY,
    NOT_PROVEN,
    NOTHING_TO_SAY,
    SOMETHING_LEFT,
    AssessorExplanation,
    AssessorRule,
    CoordinatorExplanation,
    RequesterExplanation,
    of_facility,
    to_assessor,
    to_coordinator,
    to_requester,
    told,
)
from matching.facts import FOREVER, Facts
from matching.knowledge import SENTENCES
from matching.language import translator
from matching.plans import Objection
from matching.redaction import GateCode
from matching.refusals import exclusions
from matching.solver.cpsat import Limits
from tests.builders import PASSED, TODAY, actor, area, assessment, case, facility, in_use, places, present, world

LIMITS = Limits(time_s=60.0)
ENGLISH = translator("en")
BOOK = rule_book()


def as_told(text: str) -> str:
    return text


def coordinator(facts: Facts, number: int = 0, limits: Limits = LIMITS) -> CoordinatorExplanation:
    return to_coordinator(facts, BOOK, number, limits, ENGLISH)


# -- what each type can hold -----------------------------------------------------------------------


def test_the_requesters_type_holds_a_state_sentences_and_codes_of_the_gate() -> None:
    assert set(RequesterExplanation.model_fields) == {"state", "sentences", "missing"}
    assert get_args(RequesterExplanation.model_fields["state"].annotation) == ("gate_not_passed", "in_progress")
    assert RequesterExplanation.model_fields["missing"].annotation == tuple[GateCode, ...]
    with pytest.raises(ValidationError):
        RequesterExplanation.model_validate(
            {"state": "gate_not_passed", "sentences": (), "missing": ("rival_present",)}
        )


def test_the_assessors_type_holds_no_number() -> None:
    assert set(AssessorExplanation.model_fields) == {"case", "rules"}
    assert set(AssessorRule.model_fields) == {"rule", "sentence", "how_many"}
    assert get_args(AssessorRule.model_fields["how_many"].annotation) == ("all", "most", "some")


@pytest.mark.parametrize("kind", [RequesterExplanation, AssessorExplanation, AssessorRule])
def test_nothing_can_be_added(kind: type[RequesterExplanation | AssessorExplanation | AssessorRule]) -> None:
    assert kind.model_config["extra"] == "forbid"
    assert kind.model_config["frozen"]
    assert not issubclass(kind, CoordinatorExplanation)


# -- a sentence and its values ---------------------------------------------------------------------


def lacking(*amounts: int, needs: int = 4) -> list[Objection]:
    return [Objection("lacks_interpreter", amount, (("needs", needs),)) for amount in amounts]


@pytest.mark.parametrize(
    ("amounts", "said"), [((2,), "2"), ((2, 2), "2"), ((3, 1), "1–3"), ((1, 2, 3), "1–3"), ((), "…")]
)
def test_values_of_many_facilities_are_a_span(amounts: tuple[int, ...], said: str) -> None:
    needs = "4" if amounts else "…"
    rule = load_rule("matching.constraints.needs_met")
    sentence = f"Needs of day one that the facility does not meet: {said} of {needs}."
    assert told(rule, lacking(*amounts), Audience.COORDINATOR, as_told) == sentence


def test_an_assessor_reads_values_of_the_own_case_and_the_policy_alone() -> None:
    rule = load_rule("matching.constraints.needs_met")
    leaky = {**rule.messages, Audience.ASSESSOR: "{amount} of {needs}."}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(rule), "messages", leaky)
        assert told(rule, lacking(3), Audience.ASSESSOR, as_told) == "… of 4."
        assert told(rule, lacking(3), Audience.REQUESTER, as_told) is None


# -- the coordinator -------------------------------------------------------------------------------


def test_the_coordinator_reads_what_each_rule_excludes_and_why() -> None:
    # 0 lacks both needs and is full; 1 lacks one.
    facts = world(
        facilities=[facility(1), facility(2, offers=frozenset({"women_only"}))],
        cases=[case(day_one_needs=frozenset({"women_only", "interpreter"}))],
        bed_uses=[in_use(0)],
    )
    found = coordinator(facts)
    assert (found.case, found.facilities, found.possible_alone, found.together) == ("case-0", 2, 0, 0)
    assert [(one.rule, one.excludes, one.only_it, one.reasons) for one in found.rules] == [
        ("needs_met", 2, 1, {"lacks_interpreter": 2, "lacks_women_only": 1}),
        ("place_capacity", 1, 0, {"no_free_bed": 1}),
    ]
    assert found.rules[0].sentence == "Needs of day one that the facility does not meet: 1–2 of 2."
    assert [(one.rule, one.opens_of_these, one.opens_in_fact) for one in found.minimal_set] == [("needs_met", 2, 1)]
    assert found.minimal_set[0].sentence == found.rules[0].sentence
    assert (found.is_proven, found.claim) == (True, MINIMAL_ONE)
    assert (found.minimal_set_beyond_gate, found.claim_beyond_gate) == (None, None)


def test_something_left_says_so() -> None:
    found = coordinator(world(facilities=[facility(1)], cases=[case()]))
    assert (found.possible_alone, found.minimal_set, found.claim) == (1, (), SOMETHING_LEFT)


def test_out_of_time_says_so() -> None:
    facts = world(facilities=[facility(1)], cases=[case(assessment=None)])
    found = coordinator(facts, limits=Limits(time_s=0.0))
    assert (found.is_proven, found.claim, found.claim_beyond_gate) == (False, NOT_PROVEN, explanations.LEFT_NOT_PROVEN)


def test_without_facilities_it_says_so() -> None:
    found = coordinator(world(cases=[case(assessment=None)]))
    assert (found.claim, found.minimal_set, found.rules) == (NO_FACILITY, (), ())
    assert found.minimal_set_beyond_gate is None


def test_beyond_the_gate_the_coordinator_sees_what_would_block_then() -> None:
    full = world(facilities=[facility(1)], cases=[case(assessment=None)], bed_uses=[in_use(0)])
    found = coordinator(full)
    assert [one.rule for one in found.minimal_set] == ["eligibility_gate"]
    assert found.minimal_set_beyond_gate is not None
    assert [(one.rule, one.opens_in_fact) for one in found.minimal_set_beyond_gate] == [("place_capacity", 1)]
    assert found.claim_beyond_gate == MINIMAL_ONE


def test_beyond_the_gate_something_may_be_left() -> None:
    found = coordinator(world(facilities=[facility(1)], cases=[case(assessment=None)]))
    assert (found.minimal_set_beyond_gate, found.claim_beyond_gate) == ((), SOMETHING_LEFT)


def test_a_gate_that_refuses_some_days_only_is_one_rule_of_the_set() -> None:
    waiting = case(window=(TODAY, TODAY + 2), assessment=assessment(valid_until_day=TODAY + 1))
    uses = [in_use(0, days=(TODAY - 9, TODAY + 2))]
    found = coordinator(world(facilities=[facility(1)], cases=[waiting], bed_uses=uses))
    assert {one.rule for one in found.minimal_set} == {"eligibility_gate", "place_capacity"}
    assert all("…" not in one.sentence for one in found.minimal_set)
    assert (found.together, found.rules, found.minimal_set_beyond_gate) == (1, (), None)


def test_what_several_rules_exclude_together_is_no_reason_of_one() -> None:
    """One house is full throughout, the other until the assessment ends."""
    waiting = case(window=(TODAY, TODAY + 2), assessment=assessment(valid_until_day=TODAY + 1))
    uses = [in_use(0, days=(TODAY - 9, TODAY + 2)), in_use(1)]
    found = coordinator(world(facilities=[facility(1), facility(2)], cases=[waiting], bed_uses=uses))
    (share,) = found.rules
    assert (share.rule, share.excludes, share.reasons) == ("place_capacity", 1, {"no_free_bed": 1})
    assert found.together == 1


def test_what_is_poorly_known_is_flagged() -> None:
    waiting = case(assessment=assessment(confidence="low"), unknown=True)
    found = coordinator(world(facilities=[facility(1)], cases=[waiting]))
    assert found.knowledge == (SENTENCES["low_confidence"], SENTENCES["unknown_networks"])


@pytest.mark.parametrize("number", range(4))
def test_one_facility_carries_the_sentences_that_exclude_it(number: int) -> None:
    waiting = case(day_one_needs=frozenset({"women_only"}), window=(TODAY, TODAY + 1))
    facts = world(
        facilities=[
            facility(1, offers=frozenset({"women_only"})),
            facility(2),
            facility(3, offers=frozenset({"women_only"}), max_age_years=20),
            facility(3, offers=frozenset({"women_only"})),
        ],
        cases=[waiting],
        bed_uses=[in_use(1)],
        presences=[present(3, networks=[1])],
    )
    expected = [set(), {"needs_met", "place_capacity"}, {"legal_form"}, set()][number]
    assert set(of_facility(facts, BOOK, 0, number, ENGLISH)) == expected


def test_a_facility_that_rules_exclude_on_different_days_is_told_with_values() -> None:
    waiting = case(window=(TODAY, TODAY + 2), assessment=assessment(valid_until_day=TODAY + 1))
    facts = world(facilities=[facility(1)], cases=[waiting], bed_uses=[in_use(0, days=(TODAY - 9, TODAY + 2))])
    found = of_facility(facts, BOOK, 0, 0, ENGLISH)
    assert list(found) == ["eligibility_gate"]  # that of the last day
    assert "…" not in found["eligibility_gate"]


# -- the assessor ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("lacking_there", "band"), [((0, 1, 2, 3), "all"), ((0, 1, 2), "most"), ((0, 1), "some")])
def test_the_assessor_reads_bands(lacking_there: tuple[int, ...], band: str) -> None:
    """Two of four are exactly half: not more than half."""
    offers = [frozenset[str]() if number in lacking_there else frozenset({"interpreter"}) for number in range(4)]
    facts = world(
        land=places(5),
        facilities=[facility(place, offers=offered) for place, offered in enumerate(offers, start=1)],
        cases=[case(day_one_needs=frozenset({"interpreter"}))],
        bed_uses=[in_use(0)],
    )
    (rule,) = to_assessor(facts, BOOK, 0, ENGLISH).rules
    assert (rule.rule, rule.how_many) == ("needs_met", band)


def test_the_assessor_cannot_ask_area_by_area_where_facilities_lie() -> None:
    """Every kind of area and reach an assessor can write, before facilities in every place: one answer."""
    signed = assessment(
        forbidden=(area("locality", 1), area("kommun", 102), area("circle", 3, m=9000)),
        actors=(actor("areas", areas=(area("locality", 4),)), actor("radius", 1, limit_m=5000)),
        home_radius_m=400_000,
    )
    answers = [
        to_assessor(
            world(
                land=places(5, gap_m={(0, 1): 300_000}),
                facilities=[facility(place) for place in where],
                cases=[case(assessment=signed, homes=(0,), known_places=(2,))],
                unseen_persons_milli=1000,
            ),
            BOOK,
            0,
            ENGLISH,
        )
        for where in ([1, 1], [1, 2], [3, 3], [4, 0], [2, 4])
    ]
    assert answers[0].rules == ()
    assert all(answer == answers[0] for answer in answers)


def test_the_assessor_reads_of_rules_about_the_own_case_alone() -> None:
    facts = world(facilities=[facility(1)], cases=[case(networks=[0])], bed_uses=[in_use(0)],
                  presences=[present(1, networks=[1])], rivals={(0, 1): (0, FOREVER)})  # fmt: skip
    assert exclusions(facts, 0, BOOK)[0].keys() >= {"place_capacity", "rival_separation"}
    assert to_assessor(facts, BOOK, 0, ENGLISH).rules == ()
    assert all(rule.scope is Scope.OWN_CASE for rule in hard(BOOK) if Audience.ASSESSOR in rule.messages)


def test_a_rule_withheld_from_the_assessor_is_not_counted() -> None:
    """What a provider has done, and with whom it has a contract, no assessment says."""
    facts = world(facilities=[facility(1, contracts=())], cases=[case()])
    assert "contract" in exclusions(facts, 0, BOOK)[0]
    assert to_assessor(facts, BOOK, 0, ENGLISH).rules == ()


# -- the requester ---------------------------------------------------------------------------------


def requester(facts: Facts, number: int = 0, language: str = "en") -> RequesterExplanation:
    return to_requester(facts, BOOK, number, translator(language))


@pytest.mark.parametrize("uses", [[], [in_use(0)]])
def test_past_the_gate_the_requester_reads_one_sentence_whatever_is_free(uses: list[Any]) -> None:
    facts = world(facilities=[facility(1)], cases=[case()], bed_uses=uses)
    assert requester(facts) == RequesterExplanation(state="in_progress", sentences=(NOTHING_TO_SAY,), missing=())


GATE = "The case has not passed the gate: complete its gate facts or renew its assessment."
WINDOW = "The wanted window has passed: state a new one."


@pytest.mark.parametrize("facilities", [0, 1, 3])
@pytest.mark.parametrize(
    ("waiting", "missing", "sentences"),
    [
        ({"assessment": None}, ("no_assessment",), (GATE,)),
        ({"window": (TODAY, TODAY - 1)}, ("window_passed",), (WINDOW,)),
        ({"window": (TODAY, TODAY - 1), "assessment": None}, ("no_assessment", "window_passed"), (GATE, WINDOW)),
    ],
)
def test_before_the_gate_the_requester_reads_what_the_own_case_lacks(
    facilities: int, waiting: dict[str, Any], missing: tuple[str, ...], sentences: tuple[str, ...]
) -> None:
    facts = world(facilities=[facility(1)] * facilities, cases=[case(**waiting)])
    found = requester(facts)
    assert (found.state, found.missing, found.sentences) == ("gate_not_passed", missing, sentences)


def test_what_touches_an_investigation_shows_neither_in_words_nor_by_a_number() -> None:
    one, two, both = (
        requester(world(facilities=[facility(1)], cases=[case(gate=PASSED.__class__(**{**vars(PASSED), **gate}))]))
        for gate in (
            {"is_evidence_witness": True},
            {"investigation_clearance": False},
            {"is_evidence_witness": True, "investigation_clearance": False},
        )
    )
    assert one == two == both
    assert one.missing == ("blocked",)
    assert not re.search(r"\d", one.model_dump_json())
