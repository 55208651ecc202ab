"""Domain §4, `unknown_placement_margin`: the risk of somebody hostile placed there unseen stays within the policy's."""

import math
from typing import Any

import pytest

from matching.constraints.unknown_placement_margin import UnknownPlacementMargin
from matching.domain import UnseenZone
from tests import tellings
from tests.builders import NETWORKS, case, facility, live, person, places, present, world
from tests.verifier import Verifier, verify

RULE = UnknownPlacementMargin()
# -ln(0.95) = 0.05129: 5129 hundred-thousandths of a person at the delivered 5 percent.


def judged(unseen_milli: int, prior: int, *, networks: Any = (0,), unknown: bool = False, **policy: Any) -> Verifier:
    facts = world(
        facilities=[facility()],
        cases=[case(networks=networks, unknown=unknown)],
        priors_percent=[prior] + [0] * (NETWORKS - 1),
        unseen_persons_milli=unseen_milli,
        **policy,
    )
    return verify(RULE).given(facts)


def holds(verifier: Verifier, excess: int) -> None:
    if excess:
        verifier.blocks({0: 0}, amount=excess, saying="residual_risk")
    else:
        verifier.accepts({0: 0})


@pytest.mark.parametrize(
    ("unseen_milli", "prior", "excess"),
    [
        (51, 100, 0),  # 5100
        (52, 100, 71),  # 5200
        (5129, 1, 0),  # the limit itself is allowed
        (5130, 1, 1),
        (256, 20, 0),  # 5120
        (257, 20, 11),  # 5140
        (40, 100, 0),  # the delivered numbers: 4000
        (1_000_000, 0, 0),  # nobody is hostile
        (0, 100, 0),  # nobody is there
    ],
)
def test_expected_hostile_persons(unseen_milli: int, prior: int, excess: int) -> None:
    holds(judged(unseen_milli, prior), excess)


@pytest.mark.parametrize(
    ("residual_percent", "most"),
    [
        (1, 1005),  # -ln(0.99) = 0.010050
        (5, 5129),
        (10, 10536),  # -ln(0.90) = 0.105361
        (20, 22314),  # -ln(0.80) = 0.223144
    ],
)
def test_the_tolerated_risk_is_policy(residual_percent: int, most: int) -> None:
    holds(judged(most, 1, residual_risk_percent=residual_percent), 0)
    holds(judged(most + 1, 1, residual_risk_percent=residual_percent), 1)
    # the chance of at least one, 1 - exp(-expected), is just within, then just beyond
    assert 1 - math.exp(-most / 100_000) <= residual_percent / 100 < 1 - math.exp(-(most + 1) / 100_000)


def test_none_some_and_all_networks_known() -> None:
    # 200 thousandths: 5129 / 200 = 25.6 percent is the most
    holds(judged(200, 26, networks=()), 0)
    holds(judged(200, 25), 0)
    holds(judged(200, 26), 71)
    holds(judged(200, 26, networks=(1,)), 0)
    holds(judged(200, 26, networks=(1, 0)), 71)  # the highest prior counts
    holds(judged(51, 0, networks=(), unknown=True), 0)
    holds(judged(52, 0, networks=(), unknown=True), 71)  # an unknown network is surely hostile
    holds(judged(52, 1, networks=(0,), unknown=True), 71)


def test_any_member_counts() -> None:
    facts = world(facilities=[facility()], cases=[case(person(), person(), unknown=True)], unseen_persons_milli=52)
    verify(RULE).given(facts).blocks({0: 0}, amount=71)


@pytest.mark.parametrize(("kommun", "excess"), [(127, 71), (128, 0), (129, 0)])
def test_a_kommun_has_a_number_of_its_own(kommun: int, excess: int) -> None:
    zones = (UnseenZone(kommun="0127", persons_milli=52), UnseenZone(kommun="0128", persons_milli=0))
    facts = world(
        land=places(2, kommun=[1, kommun]),
        facilities=[facility()],
        cases=[case(unknown=True)],
        unseen_persons_milli=51,
        unseen_zones=zones,
    )
    holds(verify(RULE).given(facts), excess)


@pytest.mark.parametrize(("unseen_milli", "findings"), [(51, 0), (52, 1)])
@pytest.mark.parametrize("has_file", [True, False])
def test_live_stays(unseen_milli: int, findings: int, has_file: bool) -> None:
    placed = live(case(unknown=True), 0, has_file=has_file)
    facts = world(facilities=[facility()], presences=[present(1)], live=[placed], unseen_persons_milli=unseen_milli)
    verify(RULE).given(facts).finds(findings, "residual_risk")


@pytest.mark.parametrize(
    ("where", "prior", "findings", "excess"),
    [
        ("a", 20, 0, 0),  # 40 x 20: the delivered number
        ("b", 20, 0, 0),  # 250 x 20 = 5000 in kommun 1280
        ("b", 21, 1, 121),  # 5250
        ("a", 100, 0, 0),
    ],
)
def test_from_a_raw_scenario(where: str, prior: int, findings: int, excess: int) -> None:
    raw = tellings.scenario(
        policy={"unseen_zones": [{"kommun": "1280", "persons_milli": 250}]},
        networks=[tellings.network("red", hostility_prior_percent=prior)],
        facilities=[tellings.facility("f", where)],
        placements=[tellings.placement("p", "f", tellings.member("p", "red"))],
        cases=[tellings.case("c", tellings.member("c", "red"))],
    )
    land = tellings.Land(("a", "b", "home"), kommun={"b": 1})
    verifier = verify(RULE).given(tellings.facts_of(raw, land))
    holds(verifier, excess)
    verifier.finds(findings, "residual_risk")
