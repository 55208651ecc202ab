"""A policy file: what it may say, what each value means beside its default, and that a setting cannot be forgotten."""

from __future__ import annotations

import json
from typing import Any

import pytest

from matching import policyfile
from matching.constraints import rule_book
from matching.constraints.base import Audience, CostRule, Scope
from matching.constraints.isolation import Isolation
from matching.domain import Policy, UnseenZone, Weights, parse
from matching.errors import InputRejected
from matching.facts import Case, Facts, Stay
from matching.intake import overlaid
from matching.planfile import policy_changes
from matching.policyfile import (
    _HIGHER_IS_TIGHTER,
    _LOWER_IS_TIGHTER,
    _ORDERED,
    _TIGHTER_BY_ENTRY,
    Setting,
    parse_policy,
    rule_weights,
    settings,
)
from tests import tellings as t
from tests.builders import case, facility, world
from tests.verifier import verify

KOMMUNER = frozenset(t.KOMMUNER)

UNDIRECTED = {
    "larger_town_population",
    "isolation_tolerated_min",
    "recognition_population",
    "recognition_most_steps",
    "most_counted_min",
    "contact_tolerated_min",
    "scarce_share_percent",
    "provider_share_tolerated_percent",
    "fairness_most_weeks",
}
"""Settings of soft rules: more is neither stricter nor laxer."""


def read(tree: Any) -> Policy:
    return parse_policy(json.dumps(tree).encode(), KOMMUNER)


def faults_of(tree: Any) -> dict[str, tuple[str, str]]:
    with pytest.raises(InputRejected) as caught:
        read(tree)
    return {fault.path: (fault.wrong, fault.accepted) for fault in caught.value.faults}


def row(policy: Policy, name: str) -> Setting:
    return {one.name: one for one in settings(policy)}[name]


def limits() -> list[tuple[str, int, int]]:
    """Every setting and weight that is a number, with its bounds."""
    rows = [(one.name, one.least, one.most) for one in settings(Policy())]
    return [(name, least, most) for name, least, most in rows if least is not None and most is not None]


def said(name: str, value: object) -> dict[str, object]:
    """A policy file that says one thing."""
    first, _, rest = name.partition(".")
    return {first: said(rest, value)} if rest else {first: value}


def test_what_is_not_said_is_the_default() -> None:
    assert read({}) == Policy()
    assert read({"weights": {}}) == Policy()
    told = read({"separation_km": 40, "weights": {"isolation": 0}})
    assert told == Policy(separation_km=40, weights=Weights(isolation=0))


# -- faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "least", "most"), limits(), ids=[name for name, _, _ in limits()])
def test_both_bounds_of_every_number(name: str, least: int, most: int) -> None:
    for allowed in (least, most):
        read(said(name, allowed))
    below, above = faults_of(said(name, least - 1)), faults_of(said(name, most + 1))
    if name.startswith("weights."):
        name = name if "further" not in name else "weights.further.<unknown field>"  # no key of ours is repeated
        assert below == {name: ("is a negative weight", "at least 0")}
        assert above == {name: ("is above the most a weight may be", f"at most {most}")}
    else:
        assert below == {name: ("is below the least the law and the sources allow", f"at least {least}")}
        assert above == {name: ("is above the most the law and the sources allow", f"at most {most}")}


@pytest.mark.parametrize(
    ("forms", "wrong"),
    [
        ([], "leaves out a form whose permit the law asks for"),
        (["protected_housing"], "leaves out a form whose permit the law asks for"),
        (["residential_care_home", "supported_housing"], "leaves out a form whose permit the law asks for"),
        (["protected_housing", "residential_care_home", "protected_housing"], "names a form twice"),
    ],
)
def test_a_permit_the_law_asks_for_cannot_be_left_out(forms: list[str], wrong: str) -> None:
    found = faults_of({"permit_required_for": forms})
    assert {path: told[0] for path, told in found.items()} == {"permit_required_for": wrong}
    assert read({"permit_required_for": ["residential_care_home", "protected_housing"]}).permit_required_for


def test_every_fault_at_once() -> None:
    told = {
        "separation_km": 9,
        "zqx": 1,
        "same_network_apart": "zqx",
        "permit_required_for": ["zqx"],
        "forms_for_minors": ["protected_housing"],
        "rival_of_ally_counts": "yes",
        "triage_red_hours": 2.5,
        "unseen_zones": [{"kommun": "9999", "persons_milli": -1}],
        "supported_housing_min_age_years": 20,
        "supported_housing_max_age_years": 19,
        "weights": {"isolation": -1, "zqx": 3, "moves": None},
    }
    found = faults_of(told)
    assert set(found) == {
        "separation_km",
        "<unknown field>",
        "same_network_apart",
        "permit_required_for[0]",
        "forms_for_minors[0]",
        "rival_of_ally_counts",
        "triage_red_hours",
        "unseen_zones[0].kommun",
        "unseen_zones[0].persons_milli",
        "the policy file",  # of the two ages together, although other settings are faulty
        "weights.isolation",
        "weights.<unknown field>",
        "weights.moves",
    }
    assert found["weights.<unknown field>"][0] == "no rule of that name has a weight"
    assert found["<unknown field>"][0] == "is no setting"
    assert found["the policy file"][0] == "supported housing takes nobody"
    assert "zqx" not in str(found)
    assert "9999" not in str(found)


@pytest.mark.parametrize("tree", [None, 3, "text", [], [{"separation_km": 40}], True])
def test_what_is_no_object(tree: Any) -> None:
    assert set(faults_of(tree)) == {"the policy file"}


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b'{"a": 1e999999}', b'{"separation_km": 40, "separation_km": 50}']
)
def test_what_is_no_document(content: bytes) -> None:
    with pytest.raises(InputRejected) as caught:
        parse_policy(content, KOMMUNER)
    assert "the document" not in {fault.path for fault in caught.value.faults}


def test_a_kommun_named_twice_and_one_that_exists() -> None:
    zone = {"kommun": "0180", "persons_milli": 5}
    assert read({"unseen_zones": [zone]}).unseen_zones[0].persons_milli == 5
    assert faults_of({"unseen_zones": [zone, zone]})["the policy file"][0] == "a kommun is named twice in unseen_zones"


def test_a_scenario_is_told_in_the_same_words() -> None:
    told = {"separation_km": 9, "zqx": 1, "weights": {"isolation": -1, "zqx": 1}, "card_share_percent": 101}
    with pytest.raises(InputRejected) as caught:
        parse(json.dumps(t.scenario(policy=told)).encode(), t.Land(("a",)).index())
    in_scenario = {fault.path: (fault.wrong, fault.accepted) for fault in caught.value.faults}
    assert in_scenario == {f"policy.{path}": words for path, words in faults_of(told).items()}


# -- every setting, and its direction --------------------------------------------------------------


def test_every_setting_and_weight_is_listed_once_with_its_sentence_and_source() -> None:
    rows = settings(Policy())
    assert [one.name for one in rows] == [
        *(name for name in Policy.model_fields if name != "weights"),
        *(f"weights.{name}" for name in Weights.model_fields if name != "further"),
        *(f"weights.further.{name}" for name in rule_weights()),
    ]
    for one in rows:
        assert one.sentence
        assert one.source
        assert one.value == one.default
        assert one.effect == "none"
        if one.least is not None and one.most is not None:
            assert one.least <= one.default <= one.most
        elif one.name != "unseen_zones":
            assert one.choices


def test_every_setting_has_a_direction_or_is_known_to_have_none() -> None:
    """A new setting is first given its place in one of these."""
    groups = [_HIGHER_IS_TIGHTER, _LOWER_IS_TIGHTER, set(_ORDERED), UNDIRECTED, {"unseen_zones", *_TIGHTER_BY_ENTRY}]
    assert set().union(*groups) == set(Policy.model_fields) - {"weights"}
    assert sum(map(len, groups)) == len(Policy.model_fields) - 1


@pytest.mark.parametrize(
    ("told", "effect"),
    [
        ({"separation_km": 31}, "tightens"),
        ({"separation_km": 29}, "loosens"),
        ({"most_persons_per_zone": 15}, "tightens"),
        ({"most_persons_per_zone": 17}, "loosens"),
        ({"rival_of_ally_counts": False}, "loosens"),
        ({"same_network_apart": "facility"}, "loosens"),
        ({"permit_required_for": ["protected_housing", "residential_care_home"]}, "loosens"),
        ({"forms_for_minors": ["foster_home"]}, "tightens"),
        ({"forms_for_minors": ["residential_care_home", "foster_home", "supported_housing"]}, "none"),
        ({"permit_required_for": ["protected_housing", "residential_care_home", "foster_home"]}, "both"),
        ({"permit_required_for": ["supported_housing", "residential_care_home", "protected_housing"]}, "none"),
        ({"unseen_zones": [{"kommun": "0180", "persons_milli": 41}]}, "tightens"),  # 40 would hold without
        ({"unseen_zones": [{"kommun": "0180", "persons_milli": 39}]}, "loosens"),
        ({"unseen_zones": [{"kommun": "0180", "persons_milli": 40}]}, "none"),
        (
            {"unseen_zones": [{"kommun": "0180", "persons_milli": 39}, {"kommun": "1280", "persons_milli": 99}]},
            "both",
        ),
        ({"isolation_tolerated_min": 0}, "differs"),
    ],
)
def test_what_a_value_does_beside_its_default(told: dict[str, Any], effect: str) -> None:
    assert row(read(told), next(iter(told))).effect == effect


def test_a_weight_differs_but_is_never_tighter() -> None:
    assert row(Policy(weights=Weights(moves=7)), "weights.moves").effect == "differs"
    assert row(Policy(), "weights.moves").effect == "none"


def test_a_file_keeps_what_it_does_not_name() -> None:
    """A file that tightens one limit must not switch off the scenario's own protection."""
    zone = UnseenZone(kommun="0180", persons_milli=300)
    own = Policy(unseen_zones=(zone,), exposure_months=30, weights=Weights(isolation=9, moves=2))
    told = parse_policy(b'{"separation_km": 50, "weights": {"isolation": 8}}', frozenset())
    both = overlaid(own, told)
    assert (both.separation_km, both.unseen_zones, both.exposure_months) == (50, (zone,), 30)
    assert (both.weights.isolation, both.weights.moves) == (8, 2)
    assert overlaid(own, Policy()) == own


def test_a_value_back_to_its_default_is_named() -> None:
    own = Policy(separation_km=70)
    assert overlaid(own, parse_policy(b'{"separation_km": 30}', frozenset())).separation_km == 30


def test_two_policies_that_do_not_fit_together() -> None:
    own = Policy(supported_housing_max_age_years=17)
    told = parse_policy(b'{"supported_housing_min_age_years": 18}', frozenset())
    with pytest.raises(InputRejected) as refused:
        overlaid(own, told)
    assert [fault.path for fault in refused.value.faults] == ["the policy file"]


# -- weights that rules bring ----------------------------------------------------------------------


class _Bringing(CostRule):
    """Costs its own weight everywhere."""

    name = "bringing"
    summary = "being anywhere"
    scope = Scope.OWN_CASE
    source = "domain §4"
    reads = frozenset({"Facts.policy", "Policy.weights", "Weights.further"})
    messages = {Audience.COORDINATOR: "The place is somewhere."}
    default_weight = 7

    def cost(self, case: Case, stay: Stay, facts: Facts) -> int:
        return self.weight(facts)


@pytest.fixture
def brought(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policyfile, "rule_book", lambda: (*rule_book(), _Bringing()))


def further(weight: int) -> dict[str, Any]:
    return {"weights": {"further": {"bringing": weight}}}


@pytest.mark.usefixtures("brought")
def test_a_weight_a_rule_brings_is_listed_and_changed_like_the_others() -> None:
    name = "weights.further.bringing"
    usual = row(Policy(), name)
    assert usual == Setting(name, 7, 7, 0, 100_000, (), "being anywhere", "domain §4", "none")
    told = row(read(further(9)), name)
    assert (told.value, told.default, told.effect) == (9, 7, "differs")
    assert len(settings(Policy())) == len(settings(read(further(9))))
    assert policy_changes(read(further(9))) == ("weights.further.bringing 9 (default 7)",)
    assert policy_changes(read(further(7))) == policy_changes(Policy()) == ()
    for allowed in (0, 100_000):
        read(further(allowed))
    assert set(faults_of(further(-1))) == set(faults_of(further(100_001))) == {"weights.further.<unknown field>"}


@pytest.mark.parametrize(("weight", "cost"), [(None, 7), (0, 0), (9, 9)])
def test_the_rule_charges_what_the_policy_says(weight: int | None, cost: int) -> None:
    told = {} if weight is None else further(weight)
    facts = world(facilities=[facility()], cases=[case()], **told)
    verify(_Bringing()).given(facts).costs({0: 0}, cost)


def test_a_rule_without_a_weight_of_its_own_has_none_to_ask_for() -> None:
    with pytest.raises(TypeError):
        Isolation().weight(world())


@pytest.mark.parametrize("name", ["isolation", "needs_met", "zqx", ""])
@pytest.mark.usefixtures("brought")
def test_no_other_name_has_a_weight_there(name: str) -> None:
    found = faults_of({"separation_km": 9, "weights": {"further": {"bringing": 1, name: 3}}})
    assert set(found) == {"separation_km", "weights.further.<unknown field>"}
    assert found["weights.further.<unknown field>"][0] == "no rule of that name has a weight"


@pytest.mark.parametrize(
    "tree", [{"weights": 3}, {"weights": {"further": 3}}, {"weights": {"further": {"bringing": "3"}}}]
)
@pytest.mark.usefixtures("brought")
def test_what_is_no_weight_at_all(tree: Any) -> None:
    assert faults_of(tree)


def test_a_file_changes_the_weights_it_names_and_leaves_the_others() -> None:
    own = Policy(weights=Weights(further={"first": 1, "second": 2}))
    file = Policy(weights=Weights(further={"second": 3}))
    assert overlaid(own, file).weights.further == {"first": 1, "second": 3}
    assert overlaid(own, Policy(weights=Weights(moves=3))).weights.further == {"first": 1, "second": 2}
