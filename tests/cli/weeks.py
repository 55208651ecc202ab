"""Generated weeks for the tests: whole, with every id replaced by a marker, and with other people moved."""

from __future__ import annotations

import copy
import csv
import json
import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, Final

from benchmarks.generate import SIZES, generate, to_bytes
from geodata.enrich import enrich, place_index
from geodata.layers import Layers, embedded_folder
from geodata.network import TravelNetwork
from matching.cli.common import print_json
from matching.cli.slots import print_requester
from matching.constraints import rule_book
from matching.domain import Policy
from matching.facts import Facts
from matching.intake import read
from matching.options import case_number, requester_options

Raw = dict[str, Any]
World = Callable[[Raw, random.Random], None]

# -- weeks -----------------------------------------------------------------------------------------


@cache
def land(folder: Path | None = None) -> tuple[Layers, TravelNetwork]:
    layers = Layers.load(folder)
    return layers, TravelNetwork.load(layers, folder)


@cache
def _content(size: str, seed: int) -> bytes:
    return to_bytes(generate(replace(SIZES[size], seed=seed), *land()))


def week(size: str, seed: int) -> Raw:
    """A fresh copy of a generated week."""
    found: Raw = json.loads(_content(size, seed))
    return found


def facts_of(raw: Raw, folder: Path | None = None) -> Facts:
    """The facts of a raw week, the same way as the command reads them."""
    layers, network = land(folder)
    return read(json.dumps(raw).encode(), place_index(layers), lambda told: enrich(told, layers, network))[1]


def said(facts: Facts, case_id: str) -> tuple[str, str]:
    """What `fristad options --audience requester` prints for a case, as JSON and as text, by the functions it uses."""
    answer = requester_options(facts, rule_book(), case_number(facts, case_id))
    with redirect_stdout(StringIO()) as as_json:
        print_json(answer)
    with redirect_stdout(StringIO()) as as_text:
        print_requester(answer)
    return as_json.getvalue(), as_text.getvalue()


# -- markers ---------------------------------------------------------------------------------------

# Everything that is text and not under one of these keys is an id, so a new field is marked by itself.
_WORDS = """schema_version now kind triage received_at earliest latest role gender knowledge degree start end departed
    tag timing signed_on valid_from valid_until confidence threat_level until full_until gone_by state form offers
    genders ownership vetting vetting_valid_until source recorded_on confirmed_on
    permit_valid_until exposed_on cleared_on occurred_on lifted_on same_network_apart permit_required_for
    kommun lan responsible_municipality municipality"""
NO_IDS: Final = frozenset(_WORDS.split())


class Marks:
    """A marker of eleven letters for each text, never the same twice: ``zqx`` and eight more."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}

    def of(self, text: str) -> str:
        if text not in self._of:
            number, letters = len(self._of), ""
            for _ in range(8):
                number, letter = divmod(number, 26)
                letters += chr(ord("a") + letter)
            self._of[text] = f"zqx{letters}"
        return self._of[text]

    def keep(self, *texts: str) -> None:
        """These stay as they are."""
        self._of.update({text: text for text in texts})

    def week(self, raw: Raw) -> Raw:
        """The week with every id replaced."""

        def marked(node: Any, key: str) -> Any:
            if isinstance(node, dict):
                return {inner: marked(value, inner) for inner, value in node.items()}
            if isinstance(node, list):
                return [marked(value, key) for value in node]
            return self.of(node) if isinstance(node, str) and key not in NO_IDS else node

        found: Raw = marked(raw, "")
        return found

    def map(self, folder: Path) -> Path:
        """A copy of the embedded map with every name, locality id and police region replaced."""
        shutil.copytree(embedded_folder(), folder)
        columns = {
            "localities.csv": ("id", "name", "parent"),
            "kommuner.csv": ("name",),
            "lan.csv": ("name", "police_region"),
            "police_regions.csv": ("code", "name"),
            "edges.csv": ("from", "to"),
        }
        for name, replaced in columns.items():
            with (folder / name).open(encoding="utf-8", newline="") as told:
                rows = list(csv.DictReader(told))
            with (folder / name).open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
                writer.writeheader()
                for row in rows:
                    writer.writerow(row | {column: self.of(row[column]) for column in replaced if row[column]})
        return folder

    @property
    def all(self) -> Mapping[str, str]:
        return self._of


# -- other people, elsewhere -----------------------------------------------------------------------


def waiting_persons(raw: Raw) -> frozenset[str]:
    return frozenset(member["person_key"] for case in raw["cases"] for member in case["household"])


def linked_persons(raw: Raw) -> frozenset[str]:
    """Persons the waiting cases' assessments link to: a scenario without them is no scenario."""
    versions = (version for case in raw["cases"] for version in case["assessments"])
    return frozenset(link["person_key"] for version in versions for link in version.get("links", ()))


def _is_linked(told: Raw, raw: Raw) -> bool:
    return any(member["person_key"] in linked_persons(raw) for member in told["household"])


def strangers(raw: Raw) -> list[Raw]:
    """Placements in which nobody takes part who waits as well, or to whom somebody waiting is linked."""
    known = waiting_persons(raw) | linked_persons(raw)
    return [one for one in raw["placements"] if not any(m["person_key"] in known for m in one["household"])]


def _assessments(raw: Raw) -> Iterator[Raw]:
    for one in (*raw["cases"], *raw["placements"]):
        yield from (one if "triage" in one else one.get("case_file") or {}).get("assessments", ())


def _mend(raw: Raw) -> None:
    """Drop the conflicts with, and the links to, persons who are no longer told of."""
    told = waiting_persons(raw) | {
        member["person_key"] for one in (*raw["placements"], *raw["residences"]) for member in one["household"]
    }
    raw["person_conflicts"] = [one for one in raw["person_conflicts"] if {one["a"], one["b"]} <= told]
    for one in _assessments(raw):
        one["links"] = [link for link in one.get("links", ()) if link["person_key"] in told]


def _person(key: str, networks: list[str]) -> Raw:
    members = [{"network": one, "degree": "core", "start": "2024-01-01"} for one in networks]
    known = "established" if networks else "unknown"
    return {"person_key": key, "role": "defector", "age_years": 30, "gender": "male", "knowledge": known,
            "memberships": members}  # fmt: skip


def nobody_is_placed(raw: Raw, dice: random.Random) -> None:
    gone = {one["id"] for one in strangers(raw)}
    raw["placements"] = [one for one in raw["placements"] if one["id"] not in gone]
    raw["residences"] = [one for one in raw["residences"] if _is_linked(one, raw)]
    _mend(raw)


def some_leave(raw: Raw, dice: random.Random) -> None:
    gone = {one["id"] for one in strangers(raw) if dice.random() < 0.5}
    raw["placements"] = [one for one in raw["placements"] if one["id"] not in gone]
    _mend(raw)


def everybody_moves(raw: Raw, dice: random.Random) -> None:
    """Each placed household fills the beds of another one of its size."""
    by_size: dict[int, list[Raw]] = {}
    for one in strangers(raw):
        by_size.setdefault(len(one["household"]), []).append(one)
    for group in by_size.values():
        homes = [(one["facility"], one["units"]) for one in group]
        dice.shuffle(homes)
        for one, (facility, units) in zip(group, homes, strict=True):
            one["facility"], one["units"] = facility, units
    for one in raw["residences"]:
        one["locality"] = dice.choice(raw["facilities"])["locality"]


def placements_become_holds_and_end(raw: Raw, dice: random.Random) -> None:
    for one in strangers(raw):
        one["state"] = dice.choice(["held", "placed"])
        one["end"] = dice.choice(["2027-01-15", "2028-05-05", "2029-09-09"])
        one.pop("departed", None)
        if dice.random() < 0.3:
            one["departed"] = max(one["start"], "2026-11-19")


def every_bed_is_taken_by_rivals(raw: Raw, dice: random.Random) -> None:
    """Somebody hostile to everyone, and somebody of every network, in every facility, held and placed."""
    networks = [one["id"] for one in raw["networks"]]
    for number, facility in enumerate(raw["facilities"]):
        told = [networks if number % 2 else []]
        for unit in facility["units"]:
            raw["placements"].append(
                {"id": f"full-{number}-{unit['id']}", "state": dice.choice(["held", "placed"]),
                 "facility": facility["id"], "units": [{"unit": unit["id"], "beds": unit["beds"]}],
                 "household": [_person(f"rival-{number}-{unit['id'].lower()}-{bed}-person", *told)
                               for bed in range(unit["beds"])],
                 "start": "2026-01-01", "end": "2030-01-01", "responsible_municipality": "0180"}
            )  # fmt: skip


def residences_everywhere(raw: Raw, dice: random.Random) -> None:
    networks = [one["id"] for one in raw["networks"]]
    for number, facility in enumerate(raw["facilities"]):
        person = _person(f"hidden-person-{number}", networks)
        raw["residences"].append(
            {"id": f"hidden-{number}", "locality": facility["locality"], "household": [person], "start": "2025-01-01"}
        )


def others_are_other_people(raw: Raw, dice: random.Random) -> None:
    """Other memberships, other separations."""
    networks = [one["id"] for one in raw["networks"]]
    for one in (*strangers(raw), *raw["residences"]):
        one["separations"] = [{"km": dice.randint(0, 300), "minutes": dice.randint(0, 300)}]
        for member in one["household"]:
            chosen = dice.sample(networks, 2)
            member["knowledge"] = "established"
            member["memberships"] = [{"network": net, "degree": "active", "start": "2023-03-03"} for net in chosen]


def everybody_is_in_conflict(raw: Raw, dice: random.Random) -> None:
    """Each waiting person with each of ten placed ones, and none of the old conflicts; nobody linked to anybody."""
    linked = {link["person_key"] for told in _assessments(raw) for link in told.get("links", ())}
    placed = [
        member["person_key"]
        for one in strangers(raw)
        if not any(told.get("links") for told in one.get("case_file", {}).get("assessments", ()))
        for member in one["household"]
        if member["person_key"] not in linked
    ]
    pairs = [(a, b) for a in sorted(waiting_persons(raw)) for b in dice.sample(placed, min(10, len(placed)))]
    raw["person_conflicts"] = [
        {"id": f"feud-{number}", "a": a, "b": b, "start": "2020-01-01", "separation_km": 400, "separation_min": 300,
         "provenance": {"source": "interview", "recorded_on": "2026-01-01"}}
        for number, (a, b) in enumerate(pairs)
    ]  # fmt: skip


CERTAIN_FROM_PERCENT = Policy().certain_from_percent


def relations_of_others(raw: Raw, dice: random.Random) -> None:
    """Two networks of which nobody waiting is a member: present everywhere, rivals, with placed members."""
    everywhere = [{"locality": one["locality"], "start": "2024-01-01"} for one in raw["facilities"]]
    raw["networks"] += [{"id": f"new-{side}", "kind": "mc", "presence": everywhere} for side in "ab"]
    told = {"source": "open_source", "recorded_on": "2026-01-01"}
    raw["relations"].append(
        {"id": "new-feud", "a": "new-a", "b": "new-b", "kind": "rival", "start": "2025-01-01",
         "probability_percent": 99, "provenance": told}
    )  # fmt: skip
    for one in raw["relations"]:  # as certain as before: whether a rivalry counts makes the own case's threat actors
        is_certain = one["probability_percent"] >= CERTAIN_FROM_PERCENT
        one["probability_percent"] = dice.randint(CERTAIN_FROM_PERCENT, 100) if is_certain else 1
        one["provenance"] = told
    for one in strangers(raw)[::2]:
        membership = {"network": dice.choice(["new-a", "new-b"]), "degree": "core", "start": "2025-01-01"}
        for member in one["household"]:
            member["knowledge"], member["memberships"] = "established", [membership]


def every_place_is_known_to_everybody(raw: Raw, dice: random.Random) -> None:
    """Each facility known to some network, each locality to another."""
    networks = [one["id"] for one in raw["networks"]]
    raw["exposures"] = [
        {"id": f"known-{what}-{number}", "network": dice.choice(networks), "kind": "leak", what: facility[key],
         "exposed_on": "2026-11-01"}
        for number, facility in enumerate(raw["facilities"])
        for what, key in (("facility", "id"), ("locality", "locality"))
    ]  # fmt: skip


def others_want_to_live_with_or_without_those_who_wait(raw: Raw, dice: random.Random) -> None:
    """Each placed household's case file links it to, keeps it from, and names as actors persons who wait."""
    bound = {link["person_key"] for told in _assessments(raw) for link in told.get("links", ())}
    bound |= {one[side] for one in raw["person_conflicts"] for side in "ab"}
    free = [
        case["household"][0]["person_key"]
        for case in raw["cases"]
        if not any(told.get("links") for told in case["assessments"])
        and bound.isdisjoint(member["person_key"] for member in case["household"])
    ]
    for number, one in enumerate(strangers(raw)):
        # three households nothing else binds, so that nothing contradicts itself
        near, far, actor = dice.sample(free, 3) if len(free) > 2 else (None, None, None)
        reach = {"kind": "radius", "bases": [raw["facilities"][0]["locality"]], "radius_km": 50}
        signed = {
            "version": 1, "assessor_unit": "bops-1", "method_version": "m1", "signed_on": "2026-11-01",
            "valid_from": "2026-11-01", "valid_until": "2027-11-01", "confidence": "low", "threat_level": "high",
            "actors": [
                {"id": f"actor-{number}", "person_key": actor, "reach": reach, "persistence": {"kind": "lasting"}},
            ],
        }  # fmt: skip
        if near is not None:
            signed["links"] = [
                {"person_key": near, "kind": "within", "km": 5},
                {"person_key": far, "kind": "more_than", "km": 99},
            ]
        one["case_file"] = {"assessments": [signed]}


def beds_close_and_quotas_fill(raw: Raw, dice: random.Random) -> None:
    """Whether anything is free tonight: closures, and quotas of none."""
    for facility in raw["facilities"]:
        facility["closures"] = [{"start": "2026-11-01", "end": "2031-01-01"}] if dice.random() < 0.5 else []
        for contract in facility.get("contracts", []):
            contract["quota_beds"] = 0


WORLDS: Final[Mapping[str, World]] = {
    world.__name__: world
    for world in (
        nobody_is_placed,
        some_leave,
        everybody_moves,
        placements_become_holds_and_end,
        every_bed_is_taken_by_rivals,
        residences_everywhere,
        others_are_other_people,
        everybody_is_in_conflict,
        relations_of_others,
        every_place_is_known_to_everybody,
        others_want_to_live_with_or_without_those_who_wait,
        beds_close_and_quotas_fill,
    )
}


def others_wait_differently(raw: Raw, case_id: str, dice: random.Random) -> None:
    """The other waiting cases: some gone, the rest in a hurry, rivals of everyone, and new ones."""
    networks = [one["id"] for one in raw["networks"]]
    own = next(one for one in raw["cases"] if one["id"] == case_id)
    others = [one for one in raw["cases"] if one["id"] != case_id]
    others = [one for one in others if dice.random() < 0.6 or _is_linked(one, {"cases": [own]})]
    for one in others:
        one["triage"], one["received_at"] = "red", "2026-11-01T08:00:00+01:00"
        one["homes"] = [dice.choice(raw["facilities"])["locality"]]
        for member in one["household"]:
            member["knowledge"] = "established"
            member["memberships"] = [{"network": dice.choice(networks), "degree": "core", "start": "2024-01-01"}]
    twin = copy.deepcopy(own) | {"id": f"{own['id']}-twin"}
    for number, member in enumerate(twin["household"]):
        member["person_key"] = f"twin-of-{number}-{dice.randint(0, 10**6)}x"
    raw["cases"] = [*others, twin, own]
    _mend(raw)
