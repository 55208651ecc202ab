"""What the coordinator is shown: sentences with their values, the kommun's code, and the right claim."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from matching.constraints import rule_book
from matching.explanations import to_assessor, to_coordinator, to_requester
from matching.facts import Contract, Facility, Facts
from matching.language import translator
from matching.options import coordinator_options, requester_options
from matching.overrides import NEVER
from matching.refusals import refusals
from matching.remedies import (
    NONE_ALONE,
    NONE_IN_TIME,
    NOT_CROWDED,
    OF_THE_CASE,
    OF_THE_QUEUE,
    Remedies,
    remedies,
)
from matching.solver.cpsat import Limits
from tests.builders import ALWAYS, PASSED, TODAY, assessment, case, facility, in_use, person, places, present, world

LIMITS = Limits(time_s=60.0)
BOOK = rule_book()


def shown(facts: Facts, number: int = 0, language: str = "en", time_s: float = 60.0) -> Remedies:
    limits = Limits(time_s=time_s)
    return remedies(facts, BOOK, refusals(facts, number, BOOK), limits, translator(language))


def test_the_sentence_tells_the_day_and_the_stay_its_kommun() -> None:
    facts = world(
        facilities=[facility(1, contracts=(Contract(180, TODAY - 9, TODAY + 60),))],
        cases=[case(window=(TODAY, TODAY))],
    )
    award, longer = shown(facts).changes[:2]
    assert award.sentence == "A direct award to the provider, where the law allows one."
    end = date.fromordinal(TODAY + 61).isoformat()
    assert longer.sentence == (
        f"The contract with the provider prolonged: its `end` set to {end}, the first day it no longer runs."
    )
    (stay,) = longer.stays
    assert stay.facility == "facility-0"
    assert stay.zone == f"{int(facts.places.kommun[1]):04d}"
    assert (stay.start, stay.end) == (date.fromordinal(TODAY).isoformat(), date.fromordinal(TODAY + 10).isoformat())


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("sv", "Stöd som ordnas på boendet före start: tolk."),
        ("en", "Support brought to the facility before the start: interpreter."),
    ],
)
def test_in_either_language(language: str, words: str) -> None:
    facts = world(facilities=[facility(1)], cases=[case(day_one_needs=frozenset({"interpreter"}))])
    assert [one.sentence for one in shown(facts, language=language).changes] == [words]


@pytest.mark.parametrize(
    ("facts", "claim"),
    [
        (world(facilities=[facility(1, contracts=())], cases=[case()]), OF_THE_CASE),
        (
            world(facilities=[facility(1)], cases=[case(assessment=assessment(protection_level=3))]),
            NONE_ALONE.format(kinds=10),
        ),
        (world(facilities=[facility(1)], cases=[case()]), NOT_CROWDED),
        (world(facilities=[facility(1)], cases=[case(nights=90), case(nights=90)]), OF_THE_QUEUE),
    ],
)
def test_the_claim_says_what_was_asked(facts: Facts, claim: str) -> None:
    found = shown(facts)
    assert found.claim == claim
    assert bool(found.changes) == (claim in (OF_THE_CASE, OF_THE_QUEUE))
    assert found.unexamined == 0


def lacking_consent(*houses: Facility) -> Facts:
    return world(facilities=houses, cases=[case(gate=replace(PASSED, written_consent=False))])


@pytest.mark.parametrize(
    ("houses", "then"),
    [
        ([facility(1), facility(2), facility(3, contracts=())], "then 2 facilities are open."),
        ([facility(1), facility(3, contracts=())], "then one facility is open."),
        ([facility(3, contracts=())], "then other rules still leave no facility."),
    ],
)
def test_the_gate_comes_first(houses: list[Facility], then: str) -> None:
    facts = lacking_consent(*houses)
    assert shown(facts).claim == f"First the gate: no written consent; {then}"
    assert shown(facts, language="sv").claim.startswith("Först måste förutsättningarna uppfyllas: ")


def test_a_case_that_lacks_at_the_gate_has_no_unsafe_options_to_weigh() -> None:
    facts = lacking_consent(facility(1))
    assert to_coordinator(facts, BOOK, 0, LIMITS, translator("en")).overrides is None
    assert coordinator_options(facts, BOOK, 0, LIMITS).overrides is None


@pytest.mark.parametrize("language", ["en", "sv"])
def test_that_nothing_helps_is_not_said_when_time_ran_out(language: str) -> None:
    facts = world(facilities=[facility(1, contracts=())], cases=[case()])
    found = shown(facts, language=language, time_s=0.001)
    assert (found.changes, found.unexamined) == ((), 3)
    told = translator(language)(NONE_IN_TIME)
    assert found.claim == told.format(unexamined=3)
    assert (told == NONE_IN_TIME) == (language == "en")


def test_who_is_in_the_way_and_how_near_is_told_in_words() -> None:
    facts = world(
        land=places(gap_m={(1, 2): 20_999}),
        facilities=[facility(1)],
        cases=[case(networks=[0])],
        presences=[present(2, networks=[1])],
        rivals={(0, 1): ALWAYS},
        separation_km=30,
    )
    told = to_coordinator(facts, BOOK, 0, LIMITS, translator("en"))
    assert told.overrides is not None
    (breach,) = told.overrides.options[0].breaches
    assert (breach.reason, breach.unit, breach.amount) == ("rival_present", "households too near", 1)
    assert (breach.nearness, breach.nearest_m, breach.nearest) == ("farther", 20_999, "the nearest 20 km away")


def test_the_coordinator_reads_changes_and_unsafe_options_under_their_warning() -> None:
    facts = world(facilities=[facility(1, contracts=())], cases=[case()])
    told = to_coordinator(facts, BOOK, 0, LIMITS, translator("en"))
    assert [one.kind for one in told.remedies.changes] == ["direct_award", "new_contract"]
    assert told.overrides is not None
    assert told.overrides.warning.startswith("None of these is a safe placement.")
    assert told.overrides.never_overridden == tuple(sorted(NEVER))
    (option,) = told.overrides.options
    (breach,) = option.breaches
    assert (breach.rule, breach.amount, breach.unit, breach.is_threat) == ("contract", 1, "breaches", False)
    answer = coordinator_options(facts, BOOK, 0, LIMITS)
    assert answer.state == "no_option"
    assert answer.overrides == told.overrides


def test_without_any_option_the_warning_says_so() -> None:
    facts = world(facilities=[facility(1)], cases=[case(person(12))])
    told = to_coordinator(facts, BOOK, 0, LIMITS, translator("en"))
    assert told.overrides is not None
    assert told.overrides.options == ()
    assert told.overrides.warning.startswith("No facility remains even with an override")


def test_a_case_with_a_place_has_no_unsafe_options() -> None:
    told = to_coordinator(world(facilities=[facility(1)], cases=[case()]), BOOK, 0, LIMITS, translator("en"))
    assert told.overrides is None


def test_nothing_of_it_reaches_requester_or_assessor() -> None:
    """Their types have no field for it, and what it could change changes nothing they read."""
    facts = world(facilities=[facility(n, contracts=()) for n in (1, 2, 3)], cases=[case()])
    full = world(
        facilities=[facility(n, contracts=()) for n in (1, 2, 3)],
        cases=[case()],
        bed_uses=[in_use(n) for n in range(3)],
        presences=[present(1), present(2)],
    )
    say = translator("en")
    for one, other in (
        (to_requester(facts, BOOK, 0, say), to_requester(full, BOOK, 0, say)),
        (to_assessor(facts, BOOK, 0, say), to_assessor(full, BOOK, 0, say)),
        (requester_options(facts, BOOK, 0), requester_options(full, BOOK, 0)),
    ):
        assert one == other
        text = one.model_dump_json()
        assert not any(word in text for word in ("remed", "overrid", "facility-", "place-", "award"))
