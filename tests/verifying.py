"""Generated weeks with the engine's plan of them, for the verifier's tests."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import cache
from typing import Any, Final

from benchmarks.generate import SIZES, generate, to_bytes
from benchmarks.verify import Scenario, verified
from geodata.enrich import enrich, place_index
from geodata.layers import Layers
from geodata.network import TravelNetwork
from matching import planfile
from matching.constraints import rule_book
from matching.facts import Facts
from matching.intake import read
from matching.pipeline import plan_week
from matching.solver.certificate import certify, joint_document, placed_value
from matching.solver.cpsat import Limits
from matching.urgency import promoted

__all__ = ["BOOK", "Week", "week"]

BOOK: Final = rule_book()


class Week:
    """A generated week: its document, the engine's facts and plan, and the verifier's scenario."""

    def __init__(self, size: str, seed: int) -> None:
        layers = Layers.load()
        network = TravelNetwork.load(layers)
        self.content = to_bytes(generate(replace(SIZES[size], seed=seed), layers, network))
        self.raw: dict[str, Any] = json.loads(self.content)
        loaded = read(self.content, place_index(layers), lambda told: enrich(told, layers, network))[1]
        self.facts: Facts = promoted(loaded, BOOK)
        self.outcome = plan_week(self.facts, BOOK, Limits(time_s=60.0))
        self.solution = planfile.to_bytes(planfile.plan_file(self.outcome, self.content, BOOK))
        self.scenario = Scenario(self.content)

    def plan(self) -> dict[str, Any]:
        """A fresh copy of the plan file's tree."""
        found: dict[str, Any] = json.loads(self.solution)
        return found

    def certificate(self) -> dict[str, Any]:
        """A fresh copy of the tree of the engine's certificate that no plan places more."""
        program = self.outcome.program
        proof = certify(program, placed_value(program, self.outcome.chosen))
        if proof is None:
            raise ValueError("no certificate was found for this week: take another")
        sha256 = hashlib.sha256(self.content).hexdigest()
        found: dict[str, Any] = json.loads(json.dumps(joint_document(proof, program, self.facts, sha256)))
        return found

    def found_in(self, plan: dict[str, Any]) -> tuple[set[str], set[str], bool]:
        """What the verifier says of a plan: rules broken, first words of the false claims, whether it is accepted."""
        verdict = verified(self.scenario, json.dumps(plan).encode())
        claims = {claim.split(":")[0] for claim in verdict.false_claims}
        return {breach.rule for breach in verdict.breaches}, claims, verdict.is_accepted


@cache
def week(size: str, seed: int) -> Week:
    """A week, made once in a test run."""
    return Week(size, seed)
