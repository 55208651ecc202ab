"""Faults of the later rules to plant, of what they read, of the words they write clauses with, of levels and pins."""

from __future__ import annotations

from typing import Final

from tests.planting import Change, Fault

MEETING, STAGES, PROGRAM = "constraints/meeting.py", "solver/stages.py", "solver/program.py"

RULES: Final = (
    Fault(
        "an actor is no matter of the household that is named",
        (
            Change(
                "constraints/actor_is_placed.py",
                "for own, other in ((a, b), (b, a)) for key",
                "for own, other in ((a, b),) for key",
            ),
        ),
        "constraints/test_actor_is_placed.py::test_an_actor_waiting_or_present_in_either_direction",
    ),
    Fault(
        "a locality is never full",
        (
            Change(
                "constraints/concentration_cap.py",
                'return policy.most_persons_per_locality if area[0] == "locality" else policy.most_persons_per_zone',
                "return policy.most_persons_per_zone",
            ),
        ),
        "constraints/test_concentration_cap.py::test_persons_of_a_locality",
    ),
    Fault(
        "a contract holds on the day after its last",
        (
            Change(
                "constraints/contract.py", "own.start_day <= day < own.end_day", "own.start_day <= day <= own.end_day"
            ),
        ),
        "constraints/test_contract.py::test_at_the_start_and_sixty_days_on",
    ),
    Fault(
        "what an ally knows is known to nobody",
        (
            Change(
                "constraints/exposed_place.py",
                "facts.halves[network] | facts.allied[network]",
                "facts.halves[network]",
            ),
        ),
        "constraints/test_exposed_place.py::test_whom_a_network_concerns",
    ),
    Fault(
        "members of one network may share a town",
        (
            Change(
                "constraints/former_network_separation.py",
                'facts.policy.same_network_apart == "locality" and',
                "False and",
            ),
        ),
        "constraints/test_former_network_separation.py::test_facility_and_locality",
    ),
    Fault(
        "only the assessment of the one who comes links",
        (
            Change(
                "constraints/household_together.py",
                "for own, other in ((a, b), (b, a)):",
                "for own, other in ((a, b),):",
            ),
        ),
        "constraints/test_household_together.py::test_both_assessments_count",
    ),
    Fault(
        "a grade one below is enough",
        (
            Change(
                "constraints/protection_level.py",
                "max(0, needed - facility.security_grade)",
                "max(0, needed - facility.security_grade - 1)",
            ),
        ),
        "constraints/test_protection_level.py::test_each_grade_that_lacks_counts",
    ),
    Fault(
        "vetting is asked for on the first day alone",
        (
            Change(
                "constraints/provider_vetting.py",
                "through_day = stay.start_day + facts.policy.provider_ahead_days",
                "through_day = stay.start_day",
            ),
        ),
        "constraints/test_provider_vetting.py::test_vetted_at_the_start_and_sixty_days_on",
    ),
    Fault(
        "an unknown person is as likely hostile as anybody",
        (Change("constraints/unknown_placement_margin.py", "        return 100\n", "        return 0\n"),),
        "constraints/test_unknown_placement_margin.py::test_any_member_counts",
    ),
    Fault(
        "the own present stay is met like a stranger's",
        (
            Change(
                "encounters.py",
                "if coming.party.keys.isdisjoint(there.party.keys):",
                "if True:",
            ),
        ),
        "constraints/test_meeting_rule.py::test_a_household_does_not_meet_its_own_present_stay",
    ),
    Fault(
        "risk rounded down",
        (Change("risk.py", "math.ceil(-1000 * math.log1p(", "math.floor(-1000 * math.log1p("),),
        "constraints/test_uncertain_hostility.py::test_the_scale",
    ),
    Fault(
        "linked stays elsewhere are no move",
        (Change("constraints/moves.py", "clauses.charge(clauses.meet(pairs)", "clauses.charge_always(0 * len(pairs)"),),
        "constraints/test_moves.py::test_linked_stays_and_the_bed_before_them",
    ),
    Fault(
        "one long wait weighs as much as one short",
        (
            Change(
                "constraints/municipality_fairness.py",
                "price[triage, waited] = 1 + below[triage]",
                "price[triage, waited] = 1",
            ),
        ),
        "constraints/test_municipality_fairness.py::test_points_of_the_longest_wait",
    ),
    Fault(
        "too much support costs nothing",
        (
            Change(
                "constraints/support_intensity.py",
                "return weights.support_too_much * (given - wanted)",
                "return 0",
            ),
        ),
        "constraints/test_support_intensity.py::test_each_step_off_costs",
    ),
    Fault(
        "a meeting is true of one side alone",
        (
            Change(
                PROGRAM,
                "not chosen.isdisjoint(a) and not chosen.isdisjoint(b) for a, b in self.pairs",
                "not chosen.isdisjoint(a) or not chosen.isdisjoint(b) for a, b in self.pairs",
            ),
        ),
        "solver/test_program.py::test_meet",
    ),
    Fault(
        "the solver need not notice a meeting",
        (Change("solver/rows.py", "            for a, b in told.pairs:\n", "            for a, b in ():\n"),),
        "solver/test_program.py::test_two_solvers_find_the_least_of_all_choices",
    ),
    Fault(
        "the second solver need not notice a meeting",
        (
            Change(
                "solver/mip.py",
                "for a, b in told.pairs if not isinstance(told, AnyOf) and -number in coefficients else ():",
                "for a, b in ():",
            ),
        ),
        "solver/test_program.py::test_two_solvers_find_the_least_of_all_choices",
    ),
    Fault(
        "what is charged whatever is chosen is forgotten",
        (Change(PROGRAM, "        self.constants[self.level] += amount\n", "        pass\n"),),
        "solver/test_program.py::test_each_rule_charges_its_own_level_whatever_the_order",
    ),
    Fault(
        "every cost lands on the last level",
        (Change(PROGRAM, 'program.level = _CHARGED.get(rule.level, "")', 'program.level = "soft"'),),
        "solver/test_program.py::test_each_rule_charges_its_own_level_whatever_the_order",
    ),
    Fault(
        "the check puts every cost on the last level",
        (Change("solver/check.py", "charged += ((level_of(rule), cost.amount)", 'charged += (("soft", cost.amount)'),),
        "solver/test_check.py::test_every_level_is_counted",
    ),
    Fault(
        "a level weighs one too little against those after it",
        (
            Change(
                STAGES,
                "weights[place + 1] * (_span(program, levels[place + 1]) + 1)",
                "weights[place + 1] * max(1, _span(program, levels[place + 1]))",
            ),
        ),
        "solver/test_stages.py::test_a_weighted_total_holds_its_levels_exactly",
    ),
    Fault(
        "an objective grows without end",
        (Change(STAGES, "if groups and size * span < _MOST:", "if groups:"),),
        "solver/test_stages.py::test_levels_share_an_objective_while_it_stays_small",
    ),
    Fault(
        "a read of others through a helper",
        (
            Change(
                "constraints/isolation.py",
                "        minutes = min(",
                "        __import__('matching.pools').pools.pools_of(facts, stay.facility)\n        minutes = min(",
            ),
        ),
        "test_reads.py::test_a_rule_of_the_own_case_reads_of_nobody_else_not_even_through_others",
    ),
    Fault(
        "a requester's message may name what depends on others",
        (
            Change(
                "constraints/base.py",
                "Audience.REQUESTER: frozenset({Origin.OWN_CASE, Origin.POLICY})",
                "Audience.REQUESTER: frozenset(Origin)",
            ),
        ),
        "test_rule_book.py::test_what_is_not_exactly_one_rule_is_refused",
    ),
    Fault(
        "a rule about facilities may speak to the requester",
        (Change("constraints/__init__.py", "any(map(_is_of_the_catalogue, rule.reads))", "False"),),
        "test_rule_book.py::test_what_is_not_exactly_one_rule_is_refused",
    ),
    Fault(
        "the requester's view holds the exposures",
        (Change("requester.py", "        exposures=(),\n", ""),),
        "test_own_view.py::test_the_view_has_nobody_else",
    ),
    Fault(
        "of all facilities at once: beds are free but for the first night",
        (Change("pools.py", "(spans.ends > start_day)", "(spans.ends > start_day + 1)"),),
        "constraints/test_refused.py::test_free_beds_night_by_night_across_uses_closures_and_shared_units",
    ),
    Fault(
        "of all facilities at once: a quota may be passed by one",
        (Change("constraints/place_capacity.py", "(left < persons)", "(left < persons - 1)"),),
        "constraints/test_place_capacity.py::test_a_contract_quota",
    ),
    Fault(
        "of all facilities at once: areas of an actor are left out",
        (
            Change(
                "constraints/threat_reach.py",
                "        there |= places.all_that_may_lie_in(area)\n",
                "        pass\n",
            ),
        ),
        "constraints/test_threat_reach.py::test_listed_areas",
    ),
    Fault(
        "a rule that is said anew is asked the old way",
        (
            Change(
                "constraints/base.py",
                "                setattr(cls, faster, getattr(Constraint, faster))\n",
                "                pass\n",
            ),
        ),
        "test_candidates.py::test_a_rule_that_is_asked_one_by_one",
    ),
    Fault(
        "linked stays in one town count twice",
        (Change("constraints/concentration_cap.py", "        terms[first:last] = _NO_TERM\n", ""),),
        "constraints/test_concentration_cap.py::test_clauses_meaning_and_a_count_of_heads_agree_on_every_plan",
    ),
    Fault(
        "a finding is told with its rule's urgency, not its own",
        (
            Change(
                "constraints/base.py",
                "asked = self.on_live if act is None else act",
                "asked = self.on_live",
            ),
        ),
        "constraints/test_provider_vetting.py::test_live_stays_until_their_last_night",
    ),
)
