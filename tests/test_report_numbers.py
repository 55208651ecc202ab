"""The numbers of the report: by hand, and in agreement with the facts."""

from dataclasses import replace

import pytest

from matching.constraints import rule_book
from matching.facts import Bed, Stay
from matching.planfile import findings
from matching.plans import Placed, Plan, Violation
from matching.refusals import exclusions
from matching.solver.check import judge
from service.report import render, report_view
from service.report_plan import cost_rows, placed_rows, troubles, uncertain_pairs
from service.report_reasons import verdict
from tests.report_week import view, week


def test_every_placed_case_stands_in_the_plan_once() -> None:
    facts, _, _, solved, _ = week()
    placed = {facts.names.cases[number] for number in solved.plan.cases()}
    assert placed == {"alone", "late", "linked"}
    assert sorted(row.case for row in view().placed) == sorted(placed)
    plan = render(view()).split('id="plan"')[1].split("</section>")[0]
    for name in facts.names.cases:
        assert plan.count(f">{name}<br>") == (name in placed)


def test_stays_units_and_cost_are_those_of_the_plan() -> None:
    facts, _, _, solved, _ = week()
    rows = {row.case: row for row in view().placed}
    for item in solved.plan.placed:
        stay = rows[facts.names.cases[item.case]].stays[item.leg]
        told = facts.facilities[item.stay.facility]
        assert (stay.start.toordinal(), stay.end.toordinal()) == (item.stay.start_day, item.stay.end_day)
        assert sum(beds for _, beds in stay.units) == sum(bed.beds for bed in item.beds)
        assert stay.total_sek == told.day_rate_sek * stay.nights
    linked = rows["linked"]
    assert [stay.nights for stay in linked.stays] == [5, 100]
    assert [stay.mark for stay in linked.stays] == [f"{linked.number}a", f"{linked.number}b"]
    assert linked.stays[0].end == linked.stays[1].start
    assert view().total_sek == sum(stay.total_sek for row in view().placed for stay in row.stays)


def test_figures_by_triage_class() -> None:
    # "late" is red, received at 07:00 on the 20th, due at 11:00 that day, starts on the 22nd at the earliest
    rows = {row.name: row for row in view().classes}
    assert (rows["red"].waiting, rows["red"].on_time, rows["red"].late, rows["red"].unplaced) == (1, 0, 1, 0)
    assert (rows["green"].waiting, rows["green"].on_time, rows["green"].late, rows["green"].unplaced) == (4, 2, 0, 2)
    assert (rows["all"].waiting, rows["all"].on_time, rows["all"].late, rows["all"].unplaced) == (5, 2, 1, 2)
    late = next(row for row in view().placed if row.case == "late")
    assert (late.deadline.isoformat(), late.late_days) == ("2026-11-20", 2)


def test_beds_by_hand() -> None:
    # Umeå: flat of 2 with one person (1 taken, 1 spare unusable) and a flat of 1, free
    # Luleå: 1 + 1 free; Malmö: 4 closed; Gävle: 1 bed with two persons
    beds = {row.facility: row.count for row in view().facilities}
    assert (beds["umea-flat"].beds, beds["umea-flat"].taken, beds["umea-flat"].unusable, beds["umea-flat"].free) == (
        3,
        1,
        1,
        1,
    )
    assert (beds["lulea"].beds, beds["lulea"].taken, beds["lulea"].unusable, beds["lulea"].free) == (2, 0, 0, 2)
    assert (beds["malmo"].beds, beds["malmo"].taken, beds["malmo"].unusable, beds["malmo"].free) == (4, 0, 4, 0)
    assert (beds["gavle"].taken, beds["gavle"].overfull, beds["gavle"].unusable, beds["gavle"].free) == (2, 1, 0, 0)


def test_sums_of_beds_agree_with_the_facts() -> None:
    facts, layers, _, solved, _ = week()
    for table in (view().by_lan, view().by_form):
        *rows, last = table
        for part in ("beds", "taken", "overfull", "unusable", "free", "new"):
            assert getattr(last.count, part) == sum(getattr(row.count, part) for row in rows)
        assert last.facilities == len(facts.facilities) == sum(row.facilities for row in rows)
        assert last.count.beds == sum(unit.beds for one in facts.facilities for unit in one.units)
        assert last.count.taken == sum(
            sum(bed.beds for bed in use.beds) for use in facts.bed_uses if use.start_day <= facts.today < use.end_day
        )
        assert last.count.beds == last.count.taken - last.count.overfull + last.count.unusable + last.count.free
        # of the linked case both stays count, once each facility's fullest night
        assert last.count.new <= sum(sum(bed.beds for bed in item.beds) for item in solved.plan.placed)
        assert last.count.new > 0
    assert [row.name for row in view().by_lan] == [*layers.lan.values(), "All"]


def test_new_beds_are_those_of_the_fullest_night() -> None:
    facts, layers, scenario, _, _ = week()
    lulea = facts.names.facilities.index("lulea")
    first = facts.cases[0].earliest_day
    after = Plan((  # one after the other in one flat: one bed on any night
        Placed(0, 0, Stay(lulea, first, first + 10), (Bed(0, 1),)),
        Placed(1, 0, Stay(lulea, first + 10, first + 20), (Bed(0, 1),)),
    ))  # fmt: skip
    beside = Plan((after.placed[0], Placed(1, 0, Stay(lulea, first + 9, first + 20), (Bed(1, 1),))))
    for plan, wanted in ((after, 1), (beside, 2)):
        shown = report_view(facts, layers, scenario, plan, judge(plan, facts, rule_book()), rule_book())
        assert shown.by_lan[-1].count.new == wanted


def test_findings_come_with_their_urgency() -> None:
    facts, _, _, _, judgement = week()
    assert len(view().findings) == len(judgement.findings) == 1
    only = view().findings[0]
    assert (only.urgency, only.rule, only.reason) == (
        "move within the set time",
        "place capacity",
        "unit overfull live",
    )
    assert only.parties == ("facility gavle, Gävle", "live1, Gävle", "live2, Gävle")
    assert facts.names.presences[1] == "live1"


def test_a_finding_with_an_urgency_of_its_own_tells_that_one() -> None:
    """Vetting that has ended asks for a move in time; vetting that ends later is a task only."""
    facts, layers, _, _, _ = week()
    rule = next(one for one in rule_book() if one.name == "provider_vetting")
    parties = (("presence", 0), ("facility", 0))
    now, later = (
        Violation(rule.name, reason, 1, parties, is_live=True, act=act)
        for reason, act in (("not_vetted", "move_by"), ("vetting_expires_later", "task"))
    )
    shown = [(one.reason, one.urgency) for one in troubles([later, now], facts, layers, rule_book())]
    assert shown == [("not vetted", "move within the set time"), ("vetting expires later", "task")]
    assert [one.on_live for one in findings([now, later], facts)] == ["move_by", "task"]


def test_only_soft_rules_are_a_cost_of_the_soft_rules() -> None:
    """RISK charges pairs and MOVES cases on levels of their own; a rule about pairs says pairs."""
    rules = {rule.name: rule for rule in rule_book()}
    case, pair, stay = (("case", 0),), (("case", 0), ("presence", 1)), (("case", 0), ("facility", 1))
    costs = [
        Violation("uncertain_hostility", "may_be_hostile", 50, pair),
        Violation("uncertain_hostility", "may_be_hostile", 60, (("case", 0), ("case", 1))),
        Violation("moves", "costs", 2, case),
        Violation("day_rate", "costs", 5, stay),
        Violation("day_rate", "costs", 6, stay),
        Violation("municipality_fairness", "costs", 7, case),
    ]
    assert [(row.rule, row.charged, row.kind, row.points) for row in cost_rows(costs, rules.values())] == [
        ("day rate", 2, "stay", 11),
        ("municipality fairness", 1, "case", 7),
    ]
    assert uncertain_pairs(costs, rules.values()) == 2
    (told,) = cost_rows([replace(costs[0], rule="isolation")], rules.values())
    assert (told.charged, told.kind) == (1, "pair")


def test_costs_add_up_to_the_level() -> None:
    levels = {row.name: row.value for row in view().levels}
    assert sum(row.points for row in view().costs) == levels["Cost of the soft rules"]


def test_the_risk_stands_beside_what_it_is() -> None:
    _, _, _, _, judgement = week()
    pairs = [cost.parties for cost in judgement.costs if cost.rule == "uncertain_hostility"]
    assert len(pairs) == 2
    note = "puts plans in order, no forecast; counts 2 uncertain pairs of neighbours"
    assert [row.note for row in view().levels if row.note] == [note]
    assert note in render(view())


def test_the_share_of_those_who_passed_the_gate() -> None:
    assert str(view().share) == "3 of 4 with a valid gate placed (75 %)"
    assert "2 on time, 1 late; 3 of 4 with a valid gate placed (75 %)" in render(view())


def test_a_move_says_from_where() -> None:
    """Who lives elsewhere is moved, who lives there is not; nor is anybody between two stays in one house."""
    facts, layers, _, solved, _ = week()
    lulea, gavle = (facts.names.facilities.index(name) for name in ("lulea", "gavle"))
    linked = facts.names.cases.index("linked")
    at = {item.leg: item.stay.facility for item in solved.plan.placed if item.case == linked}
    for housed_at, wanted in ((-1, ""), (gavle, "gavle, Gävle"), (at[0], "")):
        cases = tuple(replace(one, housed_at=housed_at) if n == linked else one for n, one in enumerate(facts.cases))
        rows = placed_rows(replace(facts, cases=cases), layers, solved.plan)
        first, second = next(row for row in rows if row.case == "linked").stays
        assert first.moves_from == wanted
        assert (second.moves_from == "") == (at[0] == at[1])
    apart = Plan(
        tuple(
            replace(item, stay=replace(item.stay, facility=(lulea, gavle)[item.leg]), beds=(Bed(0, 1),))
            for item in solved.plan.placed
            if item.case == linked
        )
    )
    ((first, second),) = (row.stays for row in placed_rows(facts, layers, apart))
    assert (first.moves_from, second.moves_from) == ("", "lulea, Luleå")


def test_columns_of_the_unplaced_begin_with_what_excludes_most() -> None:
    told = view().reasons
    sums = [sum(row.by_rule[n] for row in told.unplaced if not row.gate) for n in range(len(told.rules))]
    assert sums == sorted(sums, reverse=True)
    assert all(sums)
    page = render(view()).split('id="unplaced"')[1].split("</section>")[0]
    heads = [page.index(f">{rule}</th>") for rule in told.rules]
    assert heads == sorted(heads)
    assert "eligibility gate" not in told.rules
    gate = page.split(">no-consent<")[1].split("</tbody>")[0]
    assert "gate not passed:</strong> no written consent" in gate
    assert 'class="n"' not in gate


def test_tasks_are_folded_into_their_number() -> None:
    finding = view().findings[0]
    tasks = tuple(replace(finding, urgency="task", rule=rule) for rule in ("contract", "contract", "legal form"))
    page = render(replace(view(), findings=(finding, *tasks))).split('id="findings"')[1].split("</section>")[0]
    assert "3\xa0tasks: contract (2), legal form (1)" in page
    assert page.index("move within the set time") < page.index("<details>") < page.index(">contract</td>")
    assert "<details>" not in render(view()).split('id="findings"')[1].split("</section>")[0]


def test_gate_failures_come_first_with_what_is_missing() -> None:
    first, second = view().reasons.unplaced
    assert (first.case, first.verdict, first.gate) == ("no-consent", "gate not passed", ("no written consent",))
    assert (second.case, second.gate) == ("needy", ())
    assert second.verdict == "no safe place (proven by two solvers)"


def test_counts_of_the_unplaced_are_those_of_the_exclusions() -> None:
    facts, _, _, _, _ = week()
    for row in view().reasons.unplaced:
        found = exclusions(facts, facts.names.cases.index(row.case), rule_book())
        assert row.remaining == len(facts.facilities) - len(found) == 0
        assert not (row.gate and row.by_rule)
        for rule, number in zip(() if row.gate else view().reasons.rules, row.by_rule, strict=True):
            assert number == sum(1 for own in found.values() if rule.replace(" ", "_") in own)
    needy = view().reasons.unplaced[1]
    assert dict(zip(view().reasons.rules, needy.by_rule, strict=True))["needs met"] == 4


def test_shares_of_the_pairs() -> None:
    told = view().reasons
    assert told.pairs == 20  # 5 cases x 4 facilities
    shares = {share.rule: share for share in told.shares}
    assert (shares["needs met"].pairs, shares["needs met"].percent) == (4, 20.0)
    assert (shares["eligibility gate"].pairs, shares["eligibility gate"].percent) == (4, 20.0)
    assert shares["place capacity"].pairs == 10  # Malmö closed, Gävle full, for five cases
    assert told.remaining == 6  # three cases x Umeå and Luleå
    assert shares["needs met"].alone == 2  # Umeå and Luleå have a bed
    assert sum(1 for share in told.shares) == sum(1 for rule in rule_book() if rule.level == "hard")


@pytest.mark.parametrize(
    ("gate", "remaining", "is_confirmed", "wanted"),
    [
        (("no written consent",), 0, True, "gate not passed"),
        ((), 0, True, "no safe place (proven by two solvers)"),
        ((), 2, True, "no safe place beside the cases placed (proven by two solvers)"),
        ((), 0, False, "none found (not proven)"),
        ((), 2, False, "none found (not proven)"),
        ((), 0, None, "none in this plan (not proven: the plan came from a file)"),
    ],
)
def test_no_safe_place_is_said_only_when_proven(
    gate: tuple[str, ...], remaining: int, is_confirmed: bool | None, wanted: str
) -> None:
    assert verdict(gate, remaining, is_confirmed) == wanted


def test_what_leaves_nothing_is_named_and_none_of_it_can_be_left_out() -> None:
    facts, _, _, _, _ = week()
    page = render(view()).split('id="unplaced"')[1].split("</section>")[0]
    names = {rule.name.replace("_", " "): rule for rule in rule_book()}
    rows = [row for row in view().reasons.unplaced if not row.remaining]
    assert rows
    for row in rows:
        number = facts.names.cases.index(row.case)
        own = [names[rule] for rule, _, _ in row.blocking]
        assert row.is_blocking_proven
        assert len(exclusions(facts, number, own)) == len(facts.facilities)
        for (rule, of_these, in_fact), dropped in zip(row.blocking, own, strict=True):
            left = exclusions(facts, number, [other for other in own if other is not dropped])
            assert of_these == len(facts.facilities) - len(left) > 0
            left = exclusions(facts, number, [other for other in rule_book() if other is not dropped])
            assert in_fact == len(facts.facilities) - len(left)
            assert row.gate or f"{rule} (opens {of_these} of these rules alone, {in_fact} in fact)" in page
