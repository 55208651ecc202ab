"""Domain §4, `contract`: with the responsible municipality at the start and 60 days on, or direct award allowed."""

from dataclasses import replace
from typing import Any

import pytest

from matching.constraints.contract import FrameworkContract
from matching.facts import FOREVER, Contract, Stay
from tests import tellings
from tests.builders import TODAY, case, facility, live, plan_of, present, put, world
from tests.verifier import Verifier, verify

RULE = FrameworkContract()
HERE, ELSEWHERE, NATIONAL = 180, 1480, -1


def judged(*contracts: Contract, window: tuple[int, int] = (TODAY, TODAY), **policy: Any) -> Verifier:
    house = facility(contracts=contracts)
    return verify(RULE).given(world(facilities=[house], cases=[case(municipality=HERE, window=window)], **policy))


def holds(verifier: Verifier, saying: str | None, told: Any = None) -> None:
    plan = {0: 0} if told is None else told
    if saying is None:
        verifier.accepts(plan)
    else:
        verifier.blocks(plan, amount=1, saying=saying)


@pytest.mark.parametrize(
    ("start", "end", "saying"),
    [
        (0, FOREVER, None),
        (TODAY, FOREVER, None),  # begins on the day of the start
        (TODAY + 1, FOREVER, "no_contract"),
        (0, TODAY, "no_contract"),  # its last day is yesterday
        (0, TODAY + 1, "contract_ends_soon"),
        (0, TODAY + 60, "contract_ends_soon"),  # its last day is the 59th on
        (0, TODAY + 61, None),  # its last day is the 60th on: the limit itself
    ],
)
def test_at_the_start_and_sixty_days_on(start: int, end: int, saying: str | None) -> None:
    holds(judged(Contract(HERE, start, end)), saying)


@pytest.mark.parametrize(("end", "saying"), [(TODAY + 30, "contract_ends_soon"), (TODAY + 31, None)])
def test_how_far_ahead_is_policy(end: int, saying: str | None) -> None:
    holds(judged(Contract(HERE, 0, end), provider_ahead_days=30), saying)


@pytest.mark.parametrize(("municipality", "saying"), [(HERE, None), (NATIONAL, None), (ELSEWHERE, "no_contract")])
def test_whose_contract_counts(municipality: int, saying: str | None) -> None:
    holds(judged(Contract(municipality, 0, FOREVER)), saying)


def test_none_some_and_all_contracts() -> None:
    holds(judged(), "no_contract")
    now, later = Contract(HERE, 0, TODAY + 5), Contract(NATIONAL, TODAY + 60, FOREVER)
    holds(judged(now), "contract_ends_soon")
    holds(judged(later), "no_contract")
    holds(judged(now, later), None)  # a renewed one is as good, even after a gap
    holds(judged(now, replace(later, municipality=ELSEWHERE)), "contract_ends_soon")


def test_direct_award_needs_no_contract() -> None:
    facts = world(facilities=[facility(contracts=(), is_direct_award_allowed=True)], cases=[case()])
    verify(RULE).given(facts).accepts({0: 0})


@pytest.mark.parametrize(
    ("contracts", "first_free"),
    [
        ((Contract(HERE, TODAY + 2, FOREVER),), TODAY + 2),
        # sixty days on lies in a gap until the start is TODAY + 3
        ((Contract(HERE, 0, TODAY + 50), Contract(HERE, TODAY + 63, FOREVER)), TODAY + 3),
        ((Contract(HERE, 0, FOREVER),), TODAY),
    ],
)
def test_a_start_is_offered_when_a_contract_begins_to_hold(contracts: tuple[Contract, ...], first_free: int) -> None:
    verifier = judged(*contracts, window=(TODAY, TODAY + 5))
    assert min(verifier.offers_starts(0, 0)) == first_free
    for start in range(TODAY, TODAY + 6):
        plan = plan_of(put(verifier.facts, 0, 0, start=start))
        if start >= first_free:
            verifier.accepts(plan)
        else:
            verifier.blocks(plan, amount=1)


@pytest.mark.parametrize(
    ("contract", "saying"),
    [
        (Contract(HERE, 0, TODAY + 10), None),  # its last day is the last of ten nights
        (Contract(HERE, 0, TODAY + 9), "contract_expires_later"),
        (Contract(HERE, 0, TODAY + 1), "contract_expires_later"),
        (Contract(HERE, 0, TODAY), "no_contract"),
        (Contract(ELSEWHERE, 0, FOREVER), "no_contract"),
    ],
)
def test_live_stays(contract: Contract, saying: str | None) -> None:
    placed = live(case(municipality=HERE), 0, nights=10)
    told: dict[str, Any] = {"facilities": [facility(contracts=(contract,))], "presences": [present(1)]}
    verify(RULE).given(world(**told, live=[placed])).finds(int(saying is not None), saying or "")
    verify(RULE).given(world(**told, live=[replace(placed, is_housed=False)])).finds(0, "")
    direct = [facility(contracts=(), is_direct_award_allowed=True)]
    verify(RULE).given(world(facilities=direct, presences=[present(1)], live=[placed])).finds(0, "")


@pytest.mark.parametrize(("begins", "findings"), [(TODAY + 20, 0), (TODAY + 21, 1)])
def test_a_hold_to_come_needs_its_contract_when_it_begins(begins: int, findings: int) -> None:
    held = replace(live(case(municipality=HERE), 0), stay=Stay(0, TODAY + 20, TODAY + 30))
    house = facility(contracts=(Contract(HERE, begins, FOREVER),))
    facts = world(facilities=[house], presences=[present(1, days=(TODAY + 20, FOREVER))], live=[held])
    verify(RULE).given(facts).finds(findings, "no_contract")


@pytest.mark.parametrize(
    ("contract", "saying", "found"),
    [
        ({"municipality": "0180", "end": tellings.on(61)}, None, "contract_expires_later"),
        ({"municipality": "0180", "end": tellings.on(60)}, "contract_ends_soon", "contract_expires_later"),
        ({"municipality": "1480", "end": tellings.on(900)}, "no_contract", "no_contract"),
        ({"end": tellings.on(900)}, None, None),
        ({"end": tellings.on(100)}, None, None),  # the placement's last night is the 99th on
        ({"end": tellings.on(99)}, None, "contract_expires_later"),
    ],
)
def test_from_a_raw_scenario(contract: dict[str, Any], saying: str | None, found: str | None) -> None:
    house = tellings.facility("f", "a", contracts=[{"start": tellings.on(-9), **contract}], direct_award_allowed=False)
    raw = tellings.scenario(
        facilities=[house],
        placements=[tellings.placement("p", "f", tellings.member("p"), days=(-50, 100))],
        cases=[tellings.case("c")],
    )
    verifier = verify(RULE).given(tellings.facts_of(raw, tellings.Land(("a", "home"))))
    holds(verifier, saying)
    verifier.finds(int(found is not None), found or "")
    assert all(finding.act == "task" for finding in RULE.live_violations(verifier.facts))
