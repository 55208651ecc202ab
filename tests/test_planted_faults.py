"""Planted faults: every one turns the test named beside it red.

A copy of the package is spoilt and the named test run against the copy, where it must fail; the
same tests pass in a copy that is whole. The table is checked against the faults:

==================================================================  =============================================
fault                                                               file of the test that turns red
==================================================================  =============================================
a bound off by one in keep-apart: > becomes >=                      constraints/test_forbidden_locality.py
the same bound in the clauses alone                                 constraints/test_rival_separation.py
check, clauses and objection loosened alike                         constraints/test_rival_separation.py
minutes not looked at                                               constraints/test_rival_separation.py
neighbouring dropped, in check and clauses alike                    constraints/test_rival_separation.py
districts are localities of their own                               constraints/test_forbidden_locality.py
the home radius rounded the wrong way                               constraints/test_forbidden_locality.py
an assessment loosens the home radius                               constraints/test_forbidden_locality.py
a forgotten overlap: only the first night of a stay is looked at    constraints/test_place_capacity.py
an ended membership frees                                           constraints/test_rival_intelligence.py
an unconfirmed end frees                                            constraints/test_rival_intelligence.py
an end still to come frees                                          constraints/test_rival_intelligence.py
a missing ally edge: one direction only                             constraints/test_rival_intelligence.py
a split is forgotten                                                constraints/test_rival_intelligence.py
unknown is hostile to unknown only                                  constraints/test_rival_separation.py
a separation demanded from a network that is no rival is forgotten  constraints/test_rival_intelligence.py
an area takes in a part of a town only                              constraints/test_forbidden_locality.py
the smaller separation of two                                       constraints/test_rival_separation.py
a pair of hostile kinds writes no clause                            constraints/test_rival_separation.py
a feud that ends with the last start is over before it              constraints/test_apart.py
a nearness that says less stands for one that says more             constraints/test_apart.py
a household an assessment is wary of is not looked up               constraints/test_apart.py
the other halves of a network are no mark                           constraints/test_apart.py
a clique leaves out the node it was grown from                      test_cliques.py
the cool-down dropped                                               constraints/test_rival_intelligence.py
a departure still to come frees                                     constraints/test_rival_intelligence.py
a planned end frees the separation                                  constraints/test_rival_intelligence.py
holds take no bed                                                   constraints/test_place_capacity.py
unit sharing ignored, in pools and check alike                      constraints/test_place_capacity.py
closures ignored, in pools and check alike                          constraints/test_place_capacity.py
quotas ignored                                                      constraints/test_place_capacity.py
a fading reach rounds down                                          constraints/test_threat_reach.py
rivals are no actors                                                constraints/test_threat_intelligence.py
an inverted amount: needs counted that nobody has                   constraints/test_needs_met.py
the last valid day of an assessment is lost                         constraints/test_eligibility_gate.py
twenty is too old for supported housing                             constraints/test_legal_form.py
late days with the wrong sign                                       solver/test_run.py
the filter skips a rule it says it applied                          solver/test_run.py
starts are not aligned with other stays                             solver/test_run.py
an overdue case is not promoted                                     test_assemble.py
the check believes the solver                                       solver/test_check.py
the second solver is not believed                                   solver/test_run.py
an undeclared read                                                  test_reads.py
a message with a value in it                                        test_rule_book.py
a value echoed in a fault                                           domain/test_faults.py
an actor is no matter of the household that is named                constraints/test_actor_is_placed.py
a locality is never full                                            constraints/test_concentration_cap.py
a contract holds on the day after its last                          constraints/test_contract.py
what an ally knows is known to nobody                               constraints/test_exposed_place.py
members of one network may share a town                             constraints/test_former_network_separation.py
only the assessment of the one who comes links                      constraints/test_household_together.py
a grade one below is enough                                         constraints/test_protection_level.py
vetting is asked for on the first day alone                         constraints/test_provider_vetting.py
an unknown person is as likely hostile as anybody                   constraints/test_unknown_placement_margin.py
the own present stay is met like a stranger's                       constraints/test_meeting_rule.py
risk rounded down                                                   constraints/test_uncertain_hostility.py
linked stays elsewhere are no move                                  constraints/test_moves.py
one long wait weighs as much as one short                           constraints/test_municipality_fairness.py
too much support costs nothing                                      constraints/test_support_intensity.py
a meeting is true of one side alone                                 solver/test_program.py
the solver need not notice a meeting                                solver/test_program.py
the second solver need not notice a meeting                         solver/test_program.py
what is charged whatever is chosen is forgotten                     solver/test_program.py
every cost lands on the last level                                  solver/test_program.py
the check puts every cost on the last level                         solver/test_check.py
a level weighs one too little against those after it                solver/test_stages.py
an objective grows without end                                      solver/test_stages.py
a read of others through a helper                                   test_reads.py
a requester's message may name what depends on others               test_rule_book.py
a rule about facilities may speak to the requester                  test_rule_book.py
the requester's view holds the exposures                            test_own_view.py
of all facilities at once: beds are free but for the first night    constraints/test_refused.py
of all facilities at once: a quota may be passed by one             constraints/test_place_capacity.py
of all facilities at once: areas of an actor are left out           constraints/test_threat_reach.py
a rule that is said anew is asked the old way                       test_candidates.py
linked stays in one town count twice                                constraints/test_concentration_cap.py
a finding is told with its rule's urgency, not its own              constraints/test_provider_vetting.py
a bound is rounded up past what was proven                          solver/test_climb.py
fixing leaves out what a plan may use                               solver/test_climb.py
a level is not kept by the levels after it                          solver/test_climb.py
an answer is taken without a look at the clauses                    solver/test_run.py
a bound above a plan at hand is believed                            solver/test_climb.py
a stale plan is taken for one that keeps the levels before          solver/test_climb.py
an auxiliary is left out and its definition stays                   solver/test_climb.py
packings are not written                                            solver/test_climb.py
pairs of cases near each other cost nothing in the search           solver/test_climb.py
a part forgets those who are kept                                   solver/test_climb.py
an option better than the plan proven best is shown                 solver/test_rank.py
==================================================================  =============================================
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.planted_engine import ENGINE
from tests.planted_rules import RULES
from tests.planted_solver import SOLVER
from tests.planting import Copy, Fault

FAULTS = (*ENGINE, *RULES, *SOLVER)


def test_the_table_lists_every_planted_fault() -> None:
    rows = re.findall(r"^(\S.*?)  +(\S+\.py)$", __doc__ or "", re.MULTILINE)
    assert [(name, file) for name, file in rows] == [(fault.name, fault.test.partition("::")[0]) for fault in FAULTS]
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@pytest.mark.long
def test_the_copy_is_what_is_tested_and_a_whole_one_passes(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    _, said = copy.run("-c", "import matching.facts, tests.builders as b; print(matching.facts.__file__, b.__file__)")
    assert said.split() == [str(tmp_path / "matching/facts/__init__.py"), str(tmp_path / "tests/builders.py")]
    code, said = copy.test(*dict.fromkeys(fault.test for fault in FAULTS))
    assert code == 0, said


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_turns_its_test_red(tmp_path: Path, fault: Fault) -> None:
    copy = Copy(tmp_path)
    copy.plant(fault.changes)
    code, said = copy.test(fault.test)
    assert code == 1, said  # 1: a test failed; not a fault of collection, not nothing to run
    assert re.search(rf"^FAILED tests/{re.escape(fault.test)}", said, re.MULTILINE), said


def test_every_planted_fault_applies_to_the_source_of_today(tmp_path: Path) -> None:
    for number, fault in enumerate(FAULTS):
        if number == 0:
            copy = Copy(tmp_path / "whole")
        originals = {
            change.file: (copy.folder / "matching" / change.file).read_text("utf-8") for change in fault.changes
        }
        copy.plant(fault.changes)
        for file, text in originals.items():
            (copy.folder / "matching" / file).write_text(text, encoding="utf-8")
