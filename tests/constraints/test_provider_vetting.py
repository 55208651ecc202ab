"""Domain §4, `provider_vetting`: vetted and permitted at the start and 60 days on; no incident, no conflict."""

from dataclasses import replace
from typing import Any

import pytest

from matching.constraints.provider_vetting import ProviderVetting
from matching.facts import FOREVER, Provider, Stay
from tests import tellings
from tests.builders import TODAY, case, facility, live, plan_of, present, put, world
from tests.verifier import Verifier, verify

RULE = ProviderVetting()
SOUND = Provider(FOREVER)


def judged(provider: Provider = SOUND, *, policy: Any = None, units: Any = (0,), **told: Any) -> Verifier:
    waiting = case(police_units=frozenset(units))
    facts = world(facilities=[facility(**told)], cases=[waiting], providers=[provider], **(policy or {}))
    return verify(RULE).given(facts)


def holds(verifier: Verifier, saying: str | None) -> None:
    if saying is None:
        verifier.accepts({0: 0})
    else:
        verifier.blocks({0: 0}, amount=len(saying.split()), saying=saying)


@pytest.mark.parametrize(
    ("through", "saying"),
    [
        (0, "not_vetted"),  # none is known
        (TODAY - 1, "not_vetted"),
        (TODAY, "vetting_ends_soon"),  # the last valid day is the day of the start
        (TODAY + 59, "vetting_ends_soon"),
        (TODAY + 60, None),  # the limit itself is allowed
        (TODAY + 61, None),
    ],
)
def test_vetted_at_the_start_and_sixty_days_on(through: int, saying: str | None) -> None:
    holds(judged(Provider(through)), saying)


@pytest.mark.parametrize(
    ("through", "saying"),
    [
        (0, "no_permit"),
        (TODAY - 1, "no_permit"),
        (TODAY, "permit_ends_soon"),
        (TODAY + 59, "permit_ends_soon"),
        (TODAY + 60, None),
    ],
)
def test_permitted_at_the_start_and_sixty_days_on(through: int, saying: str | None) -> None:
    holds(judged(permit_through_day=through), saying)


@pytest.mark.parametrize(("days", "through", "ends"), [(30, 29, True), (30, 30, False), (90, 89, True)])
def test_how_far_ahead_is_policy(days: int, through: int, ends: bool) -> None:
    policy = {"provider_ahead_days": days}
    provider = Provider(TODAY + through)
    holds(judged(provider, policy=policy), "vetting_ends_soon" if ends else None)
    holds(judged(permit_through_day=TODAY + through, policy=policy), "permit_ends_soon" if ends else None)


@pytest.mark.parametrize(
    ("form", "is_needed"),
    [
        ("protected_housing", True),
        ("residential_care_home", True),
        ("supported_housing", True),
        ("foster_home", False),
    ],
)
def test_which_forms_need_a_permit(form: str, is_needed: bool) -> None:
    holds(judged(form=form, permit_through_day=0), "no_permit" if is_needed else None)
    policy = {"permit_required_for": ("foster_home", "protected_housing", "residential_care_home")}
    is_other = form != "supported_housing"
    holds(judged(form=form, permit_through_day=0, policy=policy), "no_permit" if is_other else None)


def test_the_day_of_the_start_counts_not_today() -> None:
    verifier = judged(Provider(TODAY + 61))
    verifier.accepts(plan_of(put(verifier.facts, 0, 0, start=TODAY + 1)))
    late = plan_of(put(verifier.facts, 0, 0, start=TODAY + 2))
    verifier.blocks(late, amount=1, saying="vetting_ends_soon")


@pytest.mark.parametrize(
    ("windows", "blocked"),
    [
        ((), False),
        (((0, TODAY),), False),  # lifted today
        (((0, TODAY + 1),), True),
        (((0, FOREVER),), True),
        (((0, TODAY - 9), (TODAY - 5, FOREVER)), True),  # one of two lifted
        (((0, TODAY - 9), (TODAY - 5, TODAY)), False),
    ],
)
def test_an_incident_shuts_out_until_it_is_lifted(windows: tuple[tuple[int, int], ...], blocked: bool) -> None:
    holds(judged(Provider(FOREVER, windows)), "disqualifying_incident" if blocked else None)


def test_a_start_is_offered_when_an_incident_is_lifted() -> None:
    verifier = judged(Provider(FOREVER, ((0, TODAY + 2),)))
    assert min(verifier.offers_starts(0, 0)) == TODAY + 2


@pytest.mark.parametrize(
    ("declared", "units", "blocked"),
    [
        ((), (1, 2), False),
        ((3,), (1, 2), False),
        ((2,), (1, 2), True),  # some: the unit that wrote the assessment is enough
        ((1, 2), (1, 2), True),
        ((1,), (), False),  # no unit is known
    ],
)
def test_a_declared_conflict_of_interest(declared: tuple[int, ...], units: tuple[int, ...], blocked: bool) -> None:
    provider = Provider(FOREVER, conflicts=frozenset(declared))
    holds(judged(provider, units=units), "conflict_of_interest" if blocked else None)


def test_everything_that_lacks_is_counted() -> None:
    worst = Provider(0, ((0, FOREVER),), frozenset({0}))
    everything = "not_vetted no_permit disqualifying_incident conflict_of_interest"
    holds(judged(worst, permit_through_day=0), everything)
    soon = Provider(TODAY + 59, (), frozenset({0}))
    holds(judged(soon, permit_through_day=TODAY), "vetting_ends_soon permit_ends_soon conflict_of_interest")


def lived_in(provider: Provider = SOUND, *, is_housed: bool = True, **told: Any) -> Verifier:
    """Ten nights from today on; the last is TODAY + 9."""
    placed = replace(live(case(), 0, nights=10), is_housed=is_housed)
    facts = world(facilities=[facility(**told)], presences=[present(1)], live=[placed], providers=[provider])
    return verify(RULE).given(facts)


@pytest.mark.parametrize(
    ("through", "saying", "act"),
    [
        (TODAY + 9, None, None),  # valid on the last night: nothing is asked of the days after it
        (TODAY + 8, "expires_later", "task"),
        (TODAY, "expires_later", "task"),
        (TODAY - 1, "lacks", "move_by"),
        (0, "lacks", "move_by"),
    ],
)
def test_live_stays_until_their_last_night(through: int, saying: str | None, act: str | None) -> None:
    vetting = {"lacks": "not_vetted", "expires_later": "vetting_expires_later"}
    permit = {"lacks": "no_permit", "expires_later": "permit_expires_later"}
    for verifier, words in (
        (lived_in(Provider(through)), vetting),
        (lived_in(permit_through_day=through), permit),
    ):
        verifier.finds(int(saying is not None), words.get(saying or "", ""))
        assert [found.act for found in RULE.live_violations(verifier.facts)] == ([act] if act else [])
    lived_in(Provider(through), is_housed=False, permit_through_day=through).finds(0, "")


def test_live_stays_where_the_provider_is_shut_out() -> None:
    lived_in(Provider(FOREVER, ((0, FOREVER),))).finds(1, "disqualifying_incident")
    lived_in(Provider(FOREVER, ((0, TODAY),))).finds(0, "")
    lived_in(Provider(FOREVER, conflicts=frozenset({0}))).finds(1, "conflict_of_interest")
    # a task beside a reason to move is a reason to move
    (found,) = RULE.live_violations(lived_in(Provider(TODAY), permit_through_day=0).facts)
    assert (found.reason, found.amount, found.act) == ("vetting_expires_later no_permit", 2, "move_by")
    (found,) = RULE.live_violations(lived_in(Provider(TODAY), permit_through_day=TODAY).facts)
    assert (found.reason, found.amount, found.act) == ("vetting_expires_later permit_expires_later", 2, "task")


@pytest.mark.parametrize(("through", "saying"), [(19, "not_vetted"), (20, "vetting_expires_later"), (29, None)])
def test_a_hold_to_come_is_judged_from_its_first_night(through: int, saying: str | None) -> None:
    held = replace(live(case(), 0), stay=Stay(0, TODAY + 20, TODAY + 30))
    there = [present(1, days=(TODAY + 20, FOREVER))]
    facts = world(facilities=[facility()], presences=there, live=[held], providers=[Provider(TODAY + through)])
    verify(RULE).given(facts).finds(int(saying is not None), saying or "")


BAD_INCIDENT: dict[str, Any] = {"id": "i", "occurred_on": tellings.on(-40), "is_disqualifying": True}


@pytest.mark.parametrize(
    ("provider", "house", "saying", "found"),
    [
        ({}, {}, None, None),
        ({"vetting_valid_until": tellings.on(60)}, {}, None, "vetting_expires_later"),
        ({"vetting_valid_until": tellings.on(59)}, {}, "vetting_ends_soon", "vetting_expires_later"),
        ({"vetting_valid_until": tellings.on(99)}, {}, None, None),  # the last night of the placement
        ({"vetting": "pending"}, {}, "not_vetted", "not_vetted"),
        ({"vetting": "failed"}, {}, "not_vetted", "not_vetted"),
        ({"vetting_valid_until": None}, {}, "not_vetted", "not_vetted"),
        ({}, {"permit_valid_until": None}, "no_permit", "no_permit"),
        ({}, {"permit_valid_until": tellings.on(98)}, None, "permit_expires_later"),
        ({}, {"permit_valid_until": None, "form": "foster_home"}, None, None),
        ({"incidents": [BAD_INCIDENT]}, {}, "disqualifying_incident", "disqualifying_incident"),
        ({"incidents": [{**BAD_INCIDENT, "is_disqualifying": False}]}, {}, None, None),
        ({"incidents": [{**BAD_INCIDENT, "lifted_on": tellings.on(0)}]}, {}, None, None),
        # lifted only tomorrow: that has not happened
        (
            {"incidents": [{**BAD_INCIDENT, "lifted_on": tellings.on(1)}]},
            {},
            "disqualifying_incident",
            "disqualifying_incident",
        ),
        ({"conflicts_of_interest": ["bops-1"]}, {}, "conflict_of_interest", None),
        ({"conflicts_of_interest": ["bops-2"]}, {}, "conflict_of_interest", "conflict_of_interest"),
        ({"conflicts_of_interest": ["bops-3"]}, {}, None, None),
    ],
)
def test_from_a_raw_scenario(
    provider: dict[str, Any], house: dict[str, Any], saying: str | None, found: str | None
) -> None:
    assessed = [tellings.assessment(assessor_unit="bops-2")]
    file = {"unit": None, "assessments": assessed}
    raw = tellings.scenario(
        providers=[tellings.provider(**provider)],
        facilities=[tellings.facility("f", "a", **house)],
        placements=[tellings.placement("p", "f", tellings.member("p"), days=(-50, 100), case_file=file)],
        cases=[tellings.case("c", unit="bops-1", assessments=assessed)],
    )
    verifier = verify(RULE).given(tellings.facts_of(raw, tellings.Land(("a", "home"))))
    holds(verifier, saying)
    verifier.finds(int(found is not None), found or "")
