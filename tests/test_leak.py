"""The requester's answer shows no place, no name and no number, and nothing of anybody else moves it.

Two tests of one kind each: *canaries* (every id of a week is a unique marker; none may come out)
and *paired worlds* (only other people differ; the answer must be the same to the byte). Each is
shown to turn red when a leak is planted.
"""

import json
import random
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching import options
from matching.candidates import public_facilities
from matching.cli import common
from matching.constraints import rule_book
from matching.constraints.day_rate import DayRate
from matching.constraints.place_capacity import PlaceCapacity
from matching.facts import Case, Facts, Stay
from matching.options import case_number
from matching.redaction import RequesterAnswer
from matching.refusals import exclusions
from matching.requester import LADDER, Card, Slots, attributes, own_view, slots
from tests.cli import weeks
from tests.cli.weeks import WORLDS, Marks, Raw, facts_of, land, said, week

# 6 x 40 cases of the demo's size, 40 of a dense week and 12 of a small one: 292.
WEEKS = [*(("demo", seed) for seed in range(1, 7)), ("dense", 1), ("small", 1)]
CARD_VALUES = {
    "form": {"protected_housing", "supported_housing", "foster_home", "residential_care_home", "withheld"},
    "staffing": {"round_the_clock_staff", "daily_contact", "contact_as_agreed", "withheld"},
    "privacy": {"own_units", "shared_units", "mixed_units", "withheld"},
    "cost_band": {"below_4000", "4000_to_4999", "5000_or_more", "withheld"},
}
GATE_CODES = {
    *("definition_not_met", "not_motivated", "no_written_consent", "conditions_not_signed"),
    *("no_measure_decision", "blocked", "no_assessment", "window_passed"),
    *("assessment_withdrawn", "assessment_not_valid_today", "assessment_expires_before_start", "threat_not_high"),
}
FRAME = """Three slots, in order slot form staffing units cost a night, SEK 1 2 3
    The slots look alike on purpose: they show what suitable facilities share, and point at none.
    Next: send all three to the coordinator, who finds the place and answers.
    A slot is a request in order of preference, never a promise; it shows no place and counts nothing.
    The case has not passed the gate. Missing:"""
WORDS = {
    word.lower()
    for text in (FRAME, *GATE_CODES, *(value for values in CARD_VALUES.values() for value in values))
    for word in re.findall(r"[^\W_]+", text)
}


@pytest.fixture(autouse=True)
def wide_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """No word of a table is broken, whatever the terminal of whoever runs this."""
    monkeypatch.setattr(common.out, "_width", 160)


# -- what every answer must be ---------------------------------------------------------------------


def check_json(text: str) -> dict[str, Any]:
    """One answer of the only shape there is, each value from its closed vocabulary."""
    answer: dict[str, Any] = json.loads(text)
    assert set(answer) == {"state", "missing", "slots"}
    if answer["state"] == "gate_not_passed":
        assert answer["slots"] is None
        assert answer["missing"]
        assert set(answer["missing"]) <= GATE_CODES
        return answer
    assert answer["state"] == "three_slots"
    assert answer["missing"] == []
    assert [card["rank"] for card in answer["slots"]] == [1, 2, 3]
    for card in answer["slots"]:
        assert set(card) == {"rank", *LADDER}
        assert all(card[name] in CARD_VALUES[name] for name in LADDER)
    return answer


def check_text(text: str) -> None:
    """Not a word, and not a number, that is not in the frame or the vocabulary."""
    assert {word.lower() for word in re.findall(r"[^\W_]+", text)} <= WORDS


def check_markers(text: str, marks: Marks) -> None:
    assert "zqx" not in text.lower()
    assert not any(real in text for real in marks.all if len(real) > 3)  # the real names and ids neither
    layers, _ = land()
    assert not set(re.findall(r"\d+", text)) & (set(layers.kommuner) | set(layers.lan))


def check_answers(raw: Raw, folder: Path, marks: Marks) -> int:
    """Every case of a week asked for, in both forms; how many."""
    facts = facts_of(marks.week(raw), folder)
    assert all(name.startswith("zqx") for name in (*facts.names.cases, *facts.names.facilities, *facts.names.places))
    for case in facts.names.cases:
        as_json, as_text = said(facts, case)
        for text in (as_json, as_text):
            check_markers(text, marks)
        check_json(as_json)
        check_text(as_text)
    return len(facts.names.cases)


@pytest.fixture(scope="session")
def marks() -> Marks:
    return Marks()


@pytest.fixture(scope="session")
def marked_map(marks: Marks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return marks.map(tmp_path_factory.mktemp("marked") / "map")


@pytest.mark.parametrize(("size", "seed"), WEEKS)
def test_no_marker_in_any_answer(size: str, seed: int, marks: Marks, marked_map: Path) -> None:
    assert check_answers(week(size, seed), marked_map, marks) == len(week(size, seed)["cases"])


def test_at_least_two_hundred_cases_are_asked_for() -> None:
    assert sum(len(week(size, seed)["cases"]) for size, seed in WEEKS) >= 200


def test_both_kinds_of_answer_occur() -> None:
    facts = facts_of(week("demo", 1))
    states = {check_json(said(facts, case)[0])["state"] for case in facts.names.cases}
    assert states == {"three_slots", "gate_not_passed"}


def test_every_id_of_a_week_becomes_a_marker() -> None:
    """The scan looks for what is really there: nothing but dates, codes and words of the format is unmarked."""
    marks = Marks()
    plain = set(re.findall(r'"([^"]*)"', json.dumps(marks.week(week("demo", 1)))))
    left = {text for text in plain if not text.startswith("zqx")}
    assert all(re.fullmatch(r"[a-z0-9_]*|[\d\-T:+]+", text) for text in left)
    assert not any(text in left for text in marks.all if not re.fullmatch(r"[a-z_]+|\d+", text))


@pytest.mark.parametrize(("size", "seed"), WEEKS[:3])
def test_cards_point_at_no_facility(size: str, seed: int) -> None:
    """Whoever knows the catalogue and the case's public choice learns at most log2(100/75) = 0.42 bit of each slot.

    All three cards are the same, and at least the policy's share of the publicly eligible facilities,
    those behind the slots among them, would have shown it.
    """
    facts, rules = facts_of(week(size, seed)), rule_book()
    for number in range(len(facts.cases)):
        own = own_view(facts, number)
        found = slots(own, rules)
        if found.missing:
            continue
        (values,) = {card.values for card in found.cards}
        public = [attributes(own.facilities[one]) for one in public_facilities(own, 0, rules)]
        alike = [one for one in public if all(v in ("withheld", a) for v, a in zip(values, one, strict=True))]
        assert len(alike) * 100 >= own.policy.card_share_percent * len(public)
        assert all(attributes(own.facilities[one]) in alike for one in found.facilities)


# -- planted leaks: the scan turns red -------------------------------------------------------------


def plant_place(monkeypatch: pytest.MonkeyPatch, raw: Raw, folder: Path, marks: Marks) -> None:
    """`slots` puts the id of the locality on the card."""
    facts = facts_of(marks.week(raw), folder)
    place_of = [facts.names.places[facility.place] for facility in facts.facilities]

    def leaking(own: Facts, rules: Any) -> Slots:
        found = slots(own, rules)
        shown = [
            Card((place_of[place], *card.values[1:]))
            for card, place in zip(found.cards, found.facilities, strict=False)
        ]
        return replace(found, cards=(*shown, *found.cards[len(shown) :]))

    monkeypatch.setattr("matching.options.slots", leaking)


def test_the_type_refuses_a_planted_place(marks: Marks, marked_map: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant_place(monkeypatch, week("small", 1), marked_map, marks)
    with pytest.raises(ValueError, match=r"RequesterAnswer|Card"):
        check_answers(week("small", 1), marked_map, marks)


def test_the_scan_finds_a_planted_place(marks: Marks, marked_map: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the type loosened as well, so that the place comes out."""

    def unchecked(found: Slots) -> Any:
        class Loose(RequesterAnswer):
            def model_dump(self, **_: Any) -> dict[str, Any]:
                cards = [{"rank": n, **dict(zip(LADDER, c.values, strict=True))} for n, c in enumerate(found.cards, 1)]
                return {"state": self.state, "missing": list(self.missing), "slots": cards or None}

        missing: Any = found.missing
        return Loose.model_construct(state="three_slots" if found.cards else "gate_not_passed", missing=missing)

    plant_place(monkeypatch, week("small", 1), marked_map, marks)
    monkeypatch.setattr("matching.options.for_requester", unchecked)
    monkeypatch.setattr(weeks, "print_requester", lambda answer: print(answer.model_dump()))
    with pytest.raises(AssertionError):
        check_answers(week("small", 1), marked_map, marks)


@pytest.mark.parametrize("planted", ["4100", "0180", "zqxaaaaaaaa", "Kista", "12 min", "3 km"])
def test_the_scan_finds_a_planted_word(planted: str, marks: Marks) -> None:
    with pytest.raises(AssertionError):
        check_text(f"slot 1 {planted}")


# -- paired worlds ---------------------------------------------------------------------------------


def order_of(facts: Facts, case_id: str) -> tuple[str, ...]:
    """Which facilities stand behind the slots: nobody sees it, but a moved order is a leak all the same."""
    used = vars(options)  # as the command calls them, planted or not
    found = used["slots"](used["own_view"](facts, case_number(facts, case_id)), rule_book())
    return tuple(facts.names.facilities[facility] for facility in found.facilities)


Answer = tuple[str, str, tuple[str, ...]]


def answers(raw: Raw, case_ids: list[str]) -> dict[str, Answer]:
    facts = facts_of(raw)
    return {one: (*said(facts, one), order_of(facts, one)) for one in case_ids}


@cache
def answers_of(size: str, seed: int) -> dict[str, Answer]:
    """The answers of a week as it was generated."""
    return answers(week(size, seed), ids_of(week(size, seed)))


def ids_of(raw: Raw) -> list[str]:
    return [case["id"] for case in raw["cases"]]


def told_otherwise(size: str, seed: int, world: str) -> Raw:
    """The week with other people elsewhere."""
    raw = week(size, seed)
    WORLDS[world](raw, random.Random(seed))
    assert raw != week(size, seed)
    return raw


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(("size", "seed"), [("demo", 1), ("small", 3), ("small", 4)])
def test_other_people_elsewhere_change_no_answer(size: str, seed: int, world: str) -> None:
    told = answers_of(size, seed)
    assert answers(told_otherwise(size, seed, world), list(told)) == told


@pytest.mark.parametrize("world", sorted(set(WORLDS) - {"relations_of_others"}))
def test_each_world_is_another_one_to_the_coordinator(world: str) -> None:
    """So the test above compares what does differ."""
    one, two, rules = facts_of(week("demo", 1)), facts_of(told_otherwise("demo", 1, world)), rule_book()
    numbers = range(0, len(one.cases), 3)
    assert any(exclusions(one, number, rules) != exclusions(two, number, rules) for number in numbers)


@pytest.mark.parametrize("seed", range(6))
def test_other_waiting_cases_change_no_answer(seed: int) -> None:
    raw, dice = week("demo", 1 + seed % 2), random.Random(seed)
    case_id = dice.choice(ids_of(raw))
    weeks.others_wait_differently(raw, case_id, dice)
    assert answers(raw, [case_id])[case_id] == answers_of("demo", 1 + seed % 2)[case_id]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chosen=st.lists(st.sampled_from(sorted(WORLDS)), max_size=4, unique=True), seed=st.integers(0, 10**6))
def test_no_mixture_of_worlds_changes_an_answer(chosen: list[str], seed: int) -> None:
    raw, dice = week("tiny", 1 + seed % 3), random.Random(seed)
    case_id = dice.choice(ids_of(raw))
    for world in chosen:
        WORLDS[world](raw, dice)
    weeks.others_wait_differently(raw, case_id, dice)
    assert answers(raw, [case_id])[case_id] == answers_of("tiny", 1 + seed % 3)[case_id]


def test_other_names_change_no_answer() -> None:
    """Numbers follow the order of ids: renaming persons, networks, places of others renumbers everything."""
    raw, marks = week("demo", 2), Marks()
    marks.keep(*ids_of(raw), *(one["id"] for one in raw["facilities"]), *land()[0].localities, "stockholm")
    marks.keep(*land()[0].police_regions)
    renamed = marks.week(raw)
    assert renamed["networks"] != raw["networks"]
    assert answers(renamed, ids_of(raw)) == answers_of("demo", 2)


def test_the_own_case_and_the_catalogue_do_change_answers() -> None:
    """The answers above are not all alike: an area forbidden to the own case moves its slots."""
    raw = week("demo", 1)
    for case in raw["cases"]:
        for one in case["assessments"]:
            one["forbidden"] = [{"kind": "lan", "lan": lan} for lan in ("01", "12", "14", "05", "08")]
    one, two = answers_of("demo", 1), answers(raw, ids_of(raw))
    assert sum(one[case][2] != two[case][2] for case in one) > len(one) / 4
    assert any(one[case][0] != two[case][0] for case in one)


def housed(raw: Raw) -> tuple[str, Raw]:
    """A waiting case with somebody who still fills a bed, and that placement."""
    for case in raw["cases"]:
        keys = {member["person_key"] for member in case["household"]}
        for one in raw["placements"]:
            if keys & {member["person_key"] for member in one["household"]} and one["end"] > "2026-11-20":
                return case["id"], one
    raise AssertionError("nobody waits who is housed")


def a_week_with_somebody_housed() -> Raw:
    for seed in range(1, 7):
        raw = week("demo", seed)
        try:
            housed(raw)
        except AssertionError:
            continue
        return raw
    raise AssertionError("no week with somebody housed")


def test_where_the_own_person_lives_now_changes_no_answer() -> None:
    raw, other = a_week_with_somebody_housed(), a_week_with_somebody_housed()
    case_id, placement = housed(other)
    free = next(one for one in other["facilities"] if one["id"] != placement["facility"])
    placement["facility"] = free["id"]
    placement["units"] = [{"unit": free["units"][0]["id"], "beds": len(placement["household"])}]
    assert answers(raw, [case_id]) == answers(other, [case_id])


def test_how_long_somebody_of_the_household_is_housed_changes_no_answer() -> None:
    """Else a sham household with a stranger's key would tell whether, and until when, that stranger is placed."""
    raw, other = a_week_with_somebody_housed(), a_week_with_somebody_housed()
    case_id, placement = housed(other)
    placement["end"] = "2030-01-01"
    assert answers(raw, [case_id]) == answers(other, [case_id])


# -- planted leaks: paired worlds turn red ---------------------------------------------------------


def still_the_same(world: str) -> bool:
    raw = week("small", 1)
    return answers(raw, ids_of(raw)) == answers(told_otherwise("small", 1, world), ids_of(raw))


def everything(facts: Facts, case: int) -> Facts:
    """A view of one case that forgot to take the others' placements out."""
    return replace(own_view(facts, case), presences=facts.presences, bed_uses=facts.bed_uses)


def costs_by_occupancy(self: DayRate, case: Case, stay: Stay, facts: Facts) -> int:
    """More than all other costs together can outweigh."""
    return 10_000 * sum(bed.beds for use in facts.bed_uses_at[stay.facility] for bed in use.beds)


def test_a_rule_that_looks_at_occupancy_finds_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The view is what protects: even an order by occupancy has nothing to read."""
    monkeypatch.setattr(DayRate, "cost", costs_by_occupancy)
    assert still_the_same("nobody_is_placed")


def test_an_order_by_occupancy_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DayRate, "cost", costs_by_occupancy)
    monkeypatch.setattr("matching.options.own_view", everything)
    assert not still_the_same("nobody_is_placed")


def test_leaving_full_facilities_out_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlaceCapacity, "public_objection", PlaceCapacity.objection)
    monkeypatch.setattr("matching.options.own_view", everything)
    assert not still_the_same("every_bed_is_taken_by_rivals")


def test_fewer_cards_for_fewer_free_beds_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def counting(own: Facts, rules: Any) -> Slots:
        found = slots(replace(own, presences=(), bed_uses=()), rules)
        free = sum(1 for uses in own.bed_uses_at if not uses)
        blank = Card(("withheld",) * len(LADDER))
        return replace(found, cards=tuple(c if n < free else blank for n, c in enumerate(found.cards)))

    monkeypatch.setattr("matching.options.own_view", everything)
    monkeypatch.setattr("matching.options.slots", counting)
    assert not still_the_same("every_bed_is_taken_by_rivals")
