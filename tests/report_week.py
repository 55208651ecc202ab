"""A small week for the tests of the report, planned once."""

import json
from functools import cache
from typing import Any

from geodata.enrich import enrich, place_index
from geodata.layers import Layers
from geodata.network import TravelNetwork
from matching.candidates import generate
from matching.constraints import rule_book
from matching.domain import Scenario, parse
from matching.facts import Facts
from matching.solver.check import Judgement, judge
from matching.solver.cpsat import Limits
from matching.solver.program import build
from matching.solver.run import Solved, run
from service.report import ReportView, report_view


def member(key: str, network: str) -> dict[str, Any]:
    return {
        "person_key": key,
        "role": "defector",
        "age_years": 25,
        "gender": "male",
        "knowledge": "established",
        "memberships": [{"network": network, "degree": "active", "start": "2024-01-01"}],
    }


def case(name: str, network: str, **other: Any) -> dict[str, Any]:
    gate = dict.fromkeys(
        ("definition_met", "motivated", "written_consent", "conditions_signed", "measure_decision"), True
    )
    told = {
        "id": name,
        "unit": "bops",
        "responsible_municipality": "0180",
        "triage": "green",
        "received_at": "2026-11-15T08:00:00+01:00",
        "window": {"earliest": "2026-11-22", "latest": "2026-11-25"},
        "stays": [{"kind": "stable", "nights": 200}],
        "household": [member(f"person-{name}", network)],
        "homes": ["0180-stockholm"],
        "gate": {
            "definition_version": "v1",
            **gate,
            "is_evidence_witness": False,
            "investigation_clearance": True,
        },
        "assessments": [
            {
                "version": 1,
                "assessor_unit": "bops",
                "method_version": "m1",
                "signed_on": "2026-11-01",
                "valid_from": "2026-11-01",
                "valid_until": "2027-11-01",
                "confidence": "high",
                "threat_level": "high",
            }
        ],
    }
    return told | other


def facility(name: str, locality: str, beds: tuple[int, ...], **other: Any) -> dict[str, Any]:
    told = {
        "id": name,
        "provider": "p1",
        "locality": locality,
        "form": "protected_housing",
        "units": [{"id": f"u{n}", "kind": "flat", "beds": size, "is_shared": False} for n, size in enumerate(beds)],
        "accepts": {"min_age_years": 18},
        "permit_valid_until": "2030-01-01",
        "direct_award_allowed": True,
        "security_grade": 2,
        "day_rate_sek": 4000,
    }
    return told | other


def scenario_bytes() -> bytes:
    """Five cases: three placed, one of them in two linked stays; one without consent; one with no place.

    In Umeå a flat with two beds is half used, one bed elsewhere is closed; Gävle is full, with two
    households in one unshared room: a finding. Nobody waiting shares a network with anybody.
    """
    people = [
        {
            "id": f"live{number}",
            "state": "placed",
            "facility": name,
            "units": [{"unit": "u0", "beds": 1}],
            "household": [member(f"live-person-{number}", network)],
            "start": "2026-06-01",
            "end": "2027-06-01",
            "responsible_municipality": "0180",
        }
        for number, (name, network) in enumerate((("umea-flat", "live"), ("gavle", "live"), ("gavle", "other")))
    ]
    now_needed = [{"tag": "interpreter", "timing": "day_one"}]
    no_consent = case("no-consent", "n4")
    no_consent["gate"]["written_consent"] = False
    linked = [{"kind": "emergency", "nights": 5}, {"kind": "stable", "nights": 100}]
    told = {
        "schema_version": "1",
        "synthetic": True,
        "now": "2026-11-20T08:00:00+01:00",
        "networks": [{"id": name, "kind": "project"} for name in ("n1", "n2", "n3", "n4", "n5", "live", "other")],
        "providers": [{"id": "p1", "ownership": "private", "vetting": "vetted", "vetting_valid_until": "2030-01-01"}],
        "facilities": [
            facility("umea-flat", "2480-umea", (2, 1)),
            facility("lulea", "2580-lulea", (1, 1), day_rate_sek=1234),
            facility("malmo", "1280-malmo", (4,), closures=[{"start": "2026-11-01", "end": "2027-12-01"}]),
            facility("gavle", "2180-gavle", (1,)),
        ],
        "cases": [
            case("alone", "n1"),
            case("late", "n2", triage="red", received_at="2026-11-20T07:00:00+01:00"),
            case("linked", "n3", stays=linked),
            no_consent,
            case("needy", "n5", needs=now_needed),
        ],
        "placements": people,
    }
    return json.dumps(told).encode()


@cache
def week() -> tuple[Facts, Layers, Scenario, Solved, Judgement]:
    layers = Layers.load()
    scenario = parse(scenario_bytes(), place_index(layers))
    facts = enrich(scenario, layers, TravelNetwork.load(layers))
    solved = run(build(facts, generate(facts, rule_book()), rule_book()), facts, Limits())
    assert isinstance(solved, Solved)
    return facts, layers, scenario, solved, judge(solved.plan, facts, rule_book())


@cache
def view() -> ReportView:
    facts, layers, scenario, solved, judgement = week()
    return report_view(
        facts,
        layers,
        scenario,
        solved.plan,
        judgement,
        rule_book(),
        levels=solved.levels,
        unplaced_confirmed=solved.unplaced_confirmed,
    )
