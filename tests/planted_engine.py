"""Faults of the engine to plant: places, networks, assembling, beds, clauses, search, check, messages."""

from __future__ import annotations

from typing import Final

from tests.planting import Change, Fault

PLACES, HOSTILITY, NETWORKS = "places.py", "hostility.py", "networks.py"
PRESENT, CASES, INTELLIGENCE = "assemble/__init__.py", "assemble/cases.py", "assemble/intelligence.py"
CAPACITY, APART, CLIQUES = "constraints/place_capacity.py", "constraints/apart.py", "cliques.py"

ENGINE: Final = (
    Fault(
        "a bound off by one in keep-apart: > becomes >=",
        (
            Change(
                PLACES,
                "self._town_gap_m[place, other] > limit_m)",
                "self._town_gap_m[place, other] >= limit_m)",
            ),
        ),
        "constraints/test_forbidden_locality.py::test_home_radius_of_fifty_kilometres",
    ),
    Fault(
        "the same bound in the clauses alone",
        (Change(HOSTILITY, "(places.gap_m <= limit_m)", "(places.gap_m < limit_m)"),),
        "constraints/test_rival_separation.py::test_two_waiting_rivals",
    ),
    Fault(
        "check, clauses and objection loosened alike",
        (
            Change(PLACES, "return bool(self.gap_m[a, b] > limit_m)", "return bool(self.gap_m[a, b] >= limit_m)"),
            Change(HOSTILITY, "(places.gap_m <= limit_m)", "(places.gap_m < limit_m)"),
        ),
        "constraints/test_rival_separation.py::test_a_rival_who_is_present",
    ),
    Fault(
        "minutes not looked at",
        (
            Change(PLACES, "return bool(self.safe_min[a, b] > limit_min)", "return True"),
            Change(HOSTILITY, "        | (places.safe_min <= limit_min)\n", ""),
        ),
        "constraints/test_rival_separation.py::test_two_waiting_rivals",
    ),
    Fault(
        "neighbouring dropped, in check and clauses alike",
        (
            Change(PLACES, "            or self.gap_m[a, b] < policy.neighbouring_km * 1000\n", ""),
            Change(HOSTILITY, "        | (places.gap_m < policy.neighbouring_km * 1000)\n", ""),
        ),
        "constraints/test_rival_separation.py::test_neighbouring_localities",
    ),
    Fault(
        "districts are localities of their own",
        (Change(PLACES, "return bool(self.root[a] == self.root[b])", "return a == b"),),
        "constraints/test_forbidden_locality.py::test_known_places_and_their_districts",
    ),
    Fault(
        "the home radius rounded the wrong way",
        (
            Change(
                "constraints/forbidden_locality.py",
                "not places.town_is_beyond_m(place, home, radius_m)",
                "not places.town_is_beyond_m(place, home, radius_m - 1)",
            ),
        ),
        "constraints/test_forbidden_locality.py::test_home_radius_of_fifty_kilometres",
    ),
    Fault(
        "an assessment loosens the home radius",
        (
            Change(
                CASES,
                "home_m = max(self.policy.home_radius_km, told.home_radius_km or 0) * 1000",
                "home_m = (told.home_radius_km or self.policy.home_radius_km) * 1000",
            ),
        ),
        "constraints/test_forbidden_locality.py::test_an_assessment_tightens_never_loosens",
    ),
    Fault(
        "a forgotten overlap: only the first night of a stay is looked at",
        (
            Change(
                CAPACITY,
                "return [stay.start_day, *(day for day in starts if stay.start_day < day < stay.end_day)]",
                "return [stay.start_day]",
            ),
        ),
        "constraints/test_place_capacity.py::test_what_is_in_use_is_taken_on_its_nights",
    ),
    Fault(
        "an ended membership frees",
        (
            Change(
                INTELLIGENCE,
                "        for membership in member.memberships:\n",
                "        for membership in (one for one in member.memberships if one.end is None):\n",
            ),
        ),
        "constraints/test_rival_intelligence.py::test_an_ended_membership_keeps_counting",
    ),
    Fault(
        "an unconfirmed end frees",
        (Change(NETWORKS, "end_day is not None and end_confirmed and", "end_day is not None and"),),
        "constraints/test_rival_intelligence.py::test_only_a_confirmed_end_of_the_relation_itself_frees",
    ),
    Fault(
        "an end still to come frees",
        (Change(NETWORKS, " and end_day <= today else", " else"),),
        "constraints/test_rival_intelligence.py::test_only_a_confirmed_end_of_the_relation_itself_frees",
    ),
    Fault(
        "a missing ally edge: one direction only",
        (Change(NETWORKS, "                    found[rival, network].extend(shared)\n", ""),),
        "constraints/test_rival_intelligence.py::test_rival_of_an_ally",
    ),
    Fault(
        "a split is forgotten",
        (
            Change(
                NETWORKS,
                "return {node: frozenset(part) for part in nx.connected_components(splits) for node in part}",
                "return {node: frozenset({node}) for node in splits}",
            ),
        ),
        "constraints/test_rival_intelligence.py::test_a_split_keeps_counting",
    ),
    Fault(
        "unknown is hostile to unknown only",
        (Change(HOSTILITY, "if a.is_unknown or b.is_unknown or", "if (a.is_unknown and b.is_unknown) or"),),
        "constraints/test_rival_separation.py::test_an_unknown_person_is_hostile_to_everybody",
    ),
    Fault(
        "a separation demanded from a network that is no rival is forgotten",
        (Change(HOSTILITY, " or _names(a, b) or _names(b, a):", ":"),),
        "constraints/test_rival_intelligence.py::test_a_separation_from_a_named_network_holds_though_no_rivalry_is_known",
    ),
    Fault(
        "an area takes in a part of a town only",
        (
            Change(
                PLACES,
                "self._town_gap_m[place, other] > limit_m)",
                "self.gap_m[place, other] > limit_m)",
            ),
        ),
        "constraints/test_forbidden_locality.py::test_an_area_that_holds_a_town_holds_all_its_districts",
    ),
    Fault(
        "the smaller separation of two",
        (Change(HOSTILITY, "max(limit_m, demanded_m), max(", "min(limit_m, demanded_m), max("),),
        "constraints/test_rival_separation.py::test_the_largest_separation_of_both_sides_counts",
    ),
    Fault(
        "a pair of hostile kinds writes no clause",
        (Change(CLIQUES, "if kept.size:", "if kept.size > 2:"),),
        "constraints/test_rival_separation.py::test_two_waiting_rivals",
    ),
    Fault(
        "a feud that ends with the last start is over before it",
        (Change(APART, "min(one.end_day, latest_day + 1)", "min(one.end_day, latest_day)"),),
        "constraints/test_apart.py::test_a_feud_that_ends_after_the_last_start_holds_on_that_day",
    ),
    Fault(
        "a nearness that says less stands for one that says more",
        (Change(APART, "not (one.near & ~other.near).any()", "not (other.near & ~one.near).any()"),),
        "constraints/test_apart.py::test_the_larger_of_two_feuds_of_one_pair_holds",
    ),
    Fault(
        "a household an assessment is wary of is not looked up",
        (Change(HOSTILITY, "    found.update(*(index.wary_of.get(network, ()) for network in party.networks))\n", ""),),
        "constraints/test_apart.py::test_a_household_that_a_later_one_is_wary_of",
    ),
    Fault(
        "the other halves of a network are no mark",
        (
            Change(
                "constraints/former_network_separation.py",
                "frozenset().union(*(facts.halves[network] for network in party.networks))",
                "party.networks",
            ),
        ),
        "constraints/test_apart.py::test_halves_of_a_split_network_are_found",
    ),
    Fault(
        "a clique leaves out the node it was grown from",
        (Change(CLIQUES, "clique = np.sort(np.append(near[members], node))", "clique = near[members]"),),
        "test_cliques.py::test_two_large_cliques_are_two",
    ),
    Fault(
        "the cool-down dropped",
        (Change(PRESENT, "else left + cool_down_days", "else left"),),
        "constraints/test_rival_intelligence.py::test_a_recorded_departure_and_the_cool_down",
    ),
    Fault(
        "a departure still to come frees",
        (Change(PRESENT, "departed is None or departed.toordinal() > today", "departed is None"),),
        "constraints/test_rival_intelligence.py::test_a_departure_that_has_not_happened_frees_nothing",
    ),
    Fault(
        "a planned end frees the separation",
        (
            Change(
                PRESENT,
                "            presence_end = _present_until(item.departed, today, cool_down)\n",
                "            presence_end = item.end.toordinal()\n",
            ),
        ),
        "constraints/test_rival_intelligence.py::test_a_planned_end_frees_the_bed_never_the_separation",
    ),
    Fault(
        "holds take no bed",
        (
            Change(
                PRESENT,
                "            if bed_end <= start:\n",
                '            if bed_end <= start or item.state == "held":\n',
            ),
        ),
        "constraints/test_place_capacity.py::test_holds_and_placements_take_beds_until_their_end",
    ),
    Fault(
        "unit sharing ignored, in pools and check alike",
        (
            Change("pools.py", "if taken and not told.units[unit].is_shared:", "if False:"),
            Change(CAPACITY, "if not told.is_shared and len(new) + len(there) > 1:", "if False:"),
        ),
        "constraints/test_place_capacity.py::test_an_unshared_unit_partly_in_use_takes_nobody",
    ),
    Fault(
        "closures ignored, in pools and check alike",
        (
            Change(
                "pools.py",
                "if unit in block.units and block.start_day <= day < block.end_day:\n            return 0",
                "if unit in block.units and block.start_day <= day < block.end_day:\n            pass",
            ),
            Change(
                CAPACITY,
                "        unit in block.units and block.start_day <= day < block.end_day for",
                "        False for",
            ),
        ),
        "constraints/test_place_capacity.py::test_a_closed_unit_takes_nobody",
    ),
    Fault(
        "quotas ignored",
        (Change(CAPACITY, "return quota.municipality in (-1, municipality)", "return False"),),
        "constraints/test_place_capacity.py::test_a_contract_quota",
    ),
    Fault(
        "a fading reach rounds down",
        (
            Change(
                "constraints/threat_reach.py",
                "return -(-limit * (actor.gone_day - day) //",
                "return (limit * (actor.gone_day - day) //",
            ),
        ),
        "constraints/test_threat_reach.py::test_fading_minutes_round_up",
    ),
    Fault(
        "rivals are no actors",
        (Change(INTELLIGENCE, "            if own in party.networks:\n", "            if False:\n"),),
        "constraints/test_threat_intelligence.py::test_the_own_former_network_and_its_rivals_are_actors_by_presence",
    ),
    Fault(
        "an inverted amount: needs counted that nobody has",
        (
            Change(
                "constraints/needs_met.py",
                "case.day_one_needs - facts.facilities[stay.facility].offers",
                "facts.facilities[stay.facility].offers - case.day_one_needs",
            ),
        ),
        "constraints/test_needs_met.py::test_each_missing_need_counts",
    ),
    Fault(
        "the last valid day of an assessment is lost",
        (
            Change(
                "constraints/eligibility_gate.py",
                "facts.today <= assessment.valid_until_day",
                "facts.today < assessment.valid_until_day",
            ),
        ),
        "constraints/test_eligibility_gate.py::test_valid_today",
    ),
    Fault(
        "twenty is too old for supported housing",
        (Change("constraints/legal_form.py", "<= highest for", "< highest for"),),
        "constraints/test_legal_form.py::test_form_and_age_of_a_lone_person",
    ),
    Fault(
        "late days with the wrong sign",
        (
            Change(
                "solver/program.py",
                "max(0, candidate.first_day - facts.cases[candidate.case].deadline_day)",
                "max(0, facts.cases[candidate.case].deadline_day - candidate.first_day)",
            ),
        ),
        "solver/test_run.py::test_a_late_placement_is_better_than_none",
    ),
    Fault(
        "the filter skips a rule it says it applied",
        (
            Change(
                "candidates.py",
                "    dated = [rule for rule in book if rule.is_dated]\n",
                "    dated = [rule for rule in book if rule.is_dated][1:]\n",
            ),
        ),
        "solver/test_run.py::test_what_the_filter_removes_stays_removed",
    ),
    Fault(
        "starts are not aligned with other stays",
        (Change("candidates.py", "    _align(facts, own)\n", ""),),
        "solver/test_run.py::test_a_stay_starts_when_another_waiting_one_ends",
    ),
    Fault(
        "an overdue case is not promoted",
        (Change(CASES, "_TRIAGE[case.triage] - is_overdue", "_TRIAGE[case.triage]"),),
        "test_assemble.py::test_triage_is_a_deadline_and_an_overdue_case_is_promoted",
    ),
    Fault(
        "the check believes the solver",
        (Change("solver/check.py", "    if claimed != judgement.levels:\n", "    if False:\n"),),
        "solver/test_check.py::test_a_level_that_lies",
    ),
    Fault(
        "the second solver is not believed",
        (Change("solver/run.py", "if second is not None and second != value:", "if False:"),),
        "solver/test_run.py::test_two_solvers_that_disagree_are_a_fault",
    ),
    Fault(
        "an undeclared read",
        (
            Change(
                "constraints/isolation.py",
                "        minutes = min(",
                "        _ = case.household\n        minutes = min(",
            ),
        ),
        "test_reads.py::test_a_rule_reads_only_what_it_declares",
    ),
    Fault(
        "a message with a value in it",
        (Change("constraints/isolation.py", "is far from a larger town.", "is 20 minutes from a larger town."),),
        "test_rule_book.py::test_messages_have_no_value_and_name_declared_parameters_only",
    ),
    Fault(
        "a value echoed in a fault",
        (
            Change(
                "domain/reading.py",
                'name = part if part in fields else "<unknown field>"',
                "name = part",
            ),
        ),
        "domain/test_faults.py::test_a_fault_beneath_an_unknown_field_does_not_name_it",
    ),
)
