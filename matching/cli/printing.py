"""Answers as tables for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from matching.knowledge import SENTENCES
from matching.planfile import Finding, PlanFile
from matching.redaction import CoordinatorAnswer, RequesterAnswer

__all__ = [
    "print_caveats",
    "print_check",
    "print_coordinator",
    "print_exclusions",
    "print_findings",
    "print_flags",
    "print_plan",
    "print_requester",
]

from matching.cli.common import out


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def print_plan(plan: PlanFile, where: Mapping[str, str]) -> None:
    """Levels, stays, who is unplaced and why. For the coordinator: it shows places."""
    table = _table("Levels, in order", "level", "value", "proven bound", "")
    for level in plan.levels:
        table.add_row(level.name, str(level.value), str(level.bound), "proven" if level.is_proven else "gap open")
    out.print(table)
    table = _table(
        f"Placed: {len(plan.placed)} (coordinator's view)", "case", "facility", "locality", "start", "end", "beds"
    )
    for item in plan.placed:
        for stay in item.stays:
            beds = ", ".join(f"{use.unit}: {use.beds}" for use in stay.units)
            table.add_row(item.case, stay.facility, where.get(stay.facility, ""), stay.start, stay.end, beds)
    out.print(table)
    if plan.unplaced:
        proof = "proven by two solvers" if plan.unplaced_confirmed else "not proven"
        table = _table(
            f"Unplaced: {len(plan.unplaced)} (that no plan places more: {proof})",
            "case",
            "possible if alone",
            "excluded by",
        )
        for case in plan.unplaced:
            worst = sorted(case.excluded_by.items(), key=lambda pair: (-pair[1], pair[0]))
            reasons = ", ".join(f"{name} {count}" for name, count in worst if count)
            table.add_row(case.case, str(case.possible_alone), reasons)
        out.print(table)
    print_findings(plan.findings)
    print_flags(plan)
    print_caveats(plan.not_judged, plan.policy_changed, plan.caveats)


def print_flags(plan: PlanFile) -> None:
    """What to look at by hand before the plan is relied on, and for which cases."""
    raised = [(flag, count) for flag, count in plan.flag_counts.items() if count]
    if not raised:
        return
    table = _table("Confidence and age of knowledge: look at these by hand", "flag", "number", "what it says", "cases")
    for flag, count in raised:
        cases = sorted(case for case, flags in plan.flags if flag in flags)
        table.add_row(flag.replace("_", " "), str(count), SENTENCES[flag], ", ".join(cases) or "live placements")
    out.print(table)


def print_caveats(
    not_judged: tuple[str, ...], policy_changed: tuple[str, ...] = (), caveats: tuple[str, ...] = ()
) -> None:
    """What an answer does not say."""
    for caveat in caveats:
        out.print(caveat)
    if policy_changed:
        out.print(f"Policy values that differ from the defaults: {'; '.join(policy_changed)}.")
    if not_judged:
        out.print(f"Not judged, since these rules are not in the book yet: {', '.join(not_judged)}.", style="bold")


def print_check(verdict: Mapping[str, Any], live: tuple[Finding, ...]) -> None:
    """What the rules say of a plan."""
    if not verdict["is_for_this_scenario"]:
        out.print(
            "Note: the plan was made for another version of this scenario, or under another policy; "
            "it is judged against this one."
        )
    for breach in verdict["breaches"]:
        parties = ", ".join(f"{party['kind']} {party['id']}" for party in breach["parties"])
        out.print(f"BREACH {breach['rule']}: {breach['reason']} ({parties})", markup=False)
    if not verdict["breaches"]:
        out.print(
            f"The plan breaks no hard rule of the book: {verdict['cases_placed']} of {verdict['cases_waiting']} "
            "cases placed."
        )
    for claim in verdict["false_claims"]:
        out.print(f"The plan file claims what is not so: {claim}.")
    print_findings(live)
    print_caveats(tuple(verdict["not_judged"]), tuple(verdict["policy_changed"]), tuple(verdict["caveats"]))


def print_findings(found: tuple[Finding, ...]) -> None:
    """Live breaches: not a plan's doing, but somebody has to act."""
    if not found:
        out.print("No live breach among those already present.")
        return
    table = _table("Live breaches among those already present (alerts)", "rule", "what", "act", "who and where")
    for item in found:
        table.add_row(item.rule, item.reason, item.on_live, ", ".join((*item.presences, *item.facilities)))
    out.print(table)


def print_requester(answer: RequesterAnswer) -> None:
    """Three slots without a place, or what the own case lacks."""
    if answer.slots is None:
        out.print("The case has not passed the gate. Missing:")
        for code in answer.missing:
            out.print(f"  - {code.replace('_', ' ')}")
        return
    table = _table("Three slots, in order", "slot", "form", "staffing", "units", "cost a night, SEK")
    for card in answer.slots:
        values = (card.form, card.staffing, card.privacy, card.cost_band)
        table.add_row(str(card.rank), *(value.replace("_", " ") for value in values))
    out.print(table)
    out.print("A slot is a request in order of preference, never a promise; it shows no place and counts nothing.")


def print_coordinator(answer: CoordinatorAnswer, where: Mapping[str, str]) -> None:
    """Options with places and costs, and what excludes the other facilities."""
    if answer.options:
        table = _table(
            f"Options of {answer.case} (coordinator's view)",
            "rank", "stays", "marginal cost by level", "own costs",
        )  # fmt: skip
        for option in answer.options:
            delta = " · ".join(
                f"{level.replace('_', ' ')} {low:+d}" + ("" if low == high else f" to {high:+d}")
                for level, (low, high) in option.marginal_cost.items()
                if low or high
            )
            stays = "\n".join(
                f"{stay.facility}, {where.get(stay.facility, '')}\n{stay.start} to {stay.end}" for stay in option.stays
            )
            costs = "\n".join(
                f"{name.replace('_', ' ')} {amount}" for name, amount in option.own_costs.items() if amount
            )
            rank = f"{option.rank} (plan)" if option.is_in_plan else str(option.rank)
            if option.displaced:
                delta += f"\nno place for {', '.join(option.displaced)}"
            table.add_row(rank, stays, delta or "none", costs)
        out.print(table)
        if answer.is_placed_by_plan is None:
            out.print("The week's plan is not proven within the time limit: where it has this case is not said.")
        elif not answer.is_placed_by_plan:
            out.print("The week's plan has no place for this case: others are placed before it.")
    out.print(f"Marginal cost: {answer.claim}. Possible facilities: {answer.possible} of {answer.facilities};", end=" ")
    out.print(f"not evaluated: {answer.not_evaluated} (--most N evaluates more).")
    print_exclusions(answer.excluded_by, answer.only_by, answer.together)
    print_caveats(answer.not_judged, answer.policy_changed, answer.caveats)


def print_exclusions(excluded_by: Mapping[str, int], only_by: Mapping[str, int], together: int) -> None:
    """How many facilities each rule excludes on every day of the window, and how many no other rule excludes."""
    table = _table("What excludes facilities, on every day of the window", "rule", "excludes", "no other does")
    for name, count in sorted(excluded_by.items(), key=lambda pair: (-pair[1], pair[0])):
        if count:
            table.add_row(name, str(count), str(only_by[name]))
    out.print(table)
    if together:
        out.print(f"Excluded only by several rules on different days: {together}.")


def print_reasons(reasons: Mapping[str, Mapping[str, int]]) -> None:
    """What each rule objects to, and at how many facilities."""
    table = _table("Why", "rule", "reason", "facilities")
    for name, codes in reasons.items():
        for code, count in codes.items():
            table.add_row(name, code.replace("_", " "), str(count))
    out.print(table)
