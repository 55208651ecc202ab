"""Answers as tables for people: words where JSON has codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from matching.cli.common import out
from matching.cli.ways_out import print_overrides
from matching.constraints.base import OnLive
from matching.gate import missing_at_gate, placed_share
from matching.knowledge import SENTENCES
from matching.language import in_words
from matching.planfile import Finding, PlanFile, UnplacedCase, UnplacedProof
from matching.redaction import CoordinatorAnswer
from matching.wording import URGENCY_WORDS, level_in_words, reasons_in_words, risk_in_words, urgency_count

if TYPE_CHECKING:
    from matching.cli.common import Loaded
    from matching.facts import Facts

__all__ = [
    "print_caveats",
    "print_check",
    "print_coordinator",
    "print_exclusions",
    "print_findings",
    "print_flags",
    "print_plan",
    "proof_of",
]

_NAMED: Final = 8
"""So many households in danger are named in the plan's head; the table of live breaches has them all."""

_CLASSES: Final = ("red", "orange", "green")

_STRONGEST: Final = 3
"""So many of the rules that exclude most are named for an unplaced case; JSON has them all."""


_PROOFS: Final[Mapping[UnplacedProof, str]] = {
    "certificate": "proven by a certificate that is checked without a solver",
    "two_solvers": "solver-proven by two solvers, not independently checked",
    "not_proven": "not proven",
}


def proof_of(plan: PlanFile) -> UnplacedProof:
    """How it is proven that no plan places more; a file that does not say claims what it always did."""
    return plan.unplaced_proof or ("two_solvers" if plan.unplaced_confirmed else "not_proven")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def print_plan(plan: PlanFile, loaded: Loaded, uncertain_pairs: int, *, every_task: bool = False) -> None:
    """Levels, stays, who is unplaced and why. For the coordinator: it shows places.

    Parameters
    ----------
    plan : what was planned
    loaded : the scenario it was planned for
    uncertain_pairs : of households, that the level RISK counts
    every_task : list the live breaches that ask for a task instead of counting them
    """
    facts = loaded.queue
    numbers = {name: number for number, name in enumerate(facts.names.cases)}
    share = placed_share(facts, {numbers[item.case] for item in plan.placed})
    out.print(f"{len(facts.cases)} waiting; {share}.", style="bold")
    if danger := _must_move_now(plan.findings, facts):
        out.print(danger, style="bold")
    table = _table("Levels, in order", "level", "value", "proven bound", "")
    for level in plan.levels:
        name, unit = level_in_words(level.name)
        if level.name == "risk":
            name += f" ({unit}; {risk_in_words(uncertain_pairs)})"
        table.add_row(name, str(level.value), str(level.bound), "proven" if level.is_proven else "gap open")
    out.print(table)
    _print_placed(plan, loaded, numbers)
    if plan.unplaced:
        _print_unplaced(plan, facts, numbers)
    print_findings(plan.findings, loaded, every_task=every_task)
    print_flags(plan)
    print_caveats(plan.not_judged, plan.policy_changed, plan.caveats)


def _must_move_now(found: Iterable[Finding], facts: Facts) -> str:
    """Whose bed is not safe tonight; nobody: an empty text. Whoever lives in a residence is not ours to move."""
    housed = {
        name for name, present in zip(facts.names.presences, facts.presences, strict=True) if present.facility >= 0
    }
    unsafe = [housed.intersection(item.presences) for item in found if item.on_live == OnLive.MOVE_NOW]
    names = sorted(frozenset().union(*unsafe))
    if not names:
        return ""
    named = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    told = f"{len(names)} household{'s' if len(names) > 1 else ''} present must move now: {named}: fristad repair"
    is_of_two = any(len(own) > 1 for own in unsafe)
    return told + (" (of two too near each other one leaving may do)" if is_of_two else "")


def _print_unplaced(plan: PlanFile, facts: Facts, numbers: Mapping[str, int]) -> None:
    """Who has no place and why, the reddest first."""
    title = f"Unplaced: {len(plan.unplaced)} (that no plan places more: {_PROOFS[proof_of(plan)]})"
    why = "why; by rule, how many facilities it excludes"
    table = _table(title, "class", "case", "possible if alone", why)
    for case in sorted(plan.unplaced, key=lambda one: facts.cases[numbers[one.case]].triage):
        number = numbers[case.case]
        triage = _CLASSES[facts.cases[number].triage]
        if missing := missing_at_gate(facts, number):
            table.add_row(triage, case.case, "–", f"gate not passed: {', '.join(map(in_words, missing))}")
        else:
            told = "others are placed before it" if case.possible_alone else _strongest(case)
            table.add_row(triage, case.case, str(case.possible_alone), told)
    out.print(table)


def _print_placed(plan: PlanFile, loaded: Loaded, numbers: Mapping[str, int]) -> None:
    facts, where = loaded.queue, loaded.where
    table = _table(
        f"Placed: {len(plan.placed)} (coordinator's view)", "case", "facility", "locality", "start", "end", "beds"
    )
    for item in plan.placed:
        housed_at = facts.cases[numbers[item.case]].housed_at
        before = facts.names.facilities[housed_at] if housed_at >= 0 else ""
        for stay in item.stays:
            beds = ", ".join(f"{use.unit}: {use.beds}" for use in stay.units)
            moved = f"\nmoves from\n{before}" if before not in ("", stay.facility) else ""
            table.add_row(item.case, stay.facility + moved, where.get(stay.facility, ""), stay.start, stay.end, beds)
            before = stay.facility
    out.print(table)


def _strongest(case: UnplacedCase) -> str:
    worst = sorted(((name, count) for name, count in case.excluded_by.items() if count), key=lambda told: -told[1])
    named = ", ".join(f"{in_words(name)} {count}" for name, count in worst[:_STRONGEST])
    others = len(worst) - _STRONGEST
    return named + (f" and {others} other rule{'s' if others > 1 else ''}" if others > 0 else "")


def print_flags(plan: PlanFile) -> None:
    """What to look at by hand before the plan is relied on, and for which cases."""
    raised = [(flag, count) for flag, count in plan.flag_counts.items() if count]
    if not raised:
        return
    table = _table("Confidence and age of knowledge: look at these by hand", "flag", "number", "what it says", "cases")
    for flag, count in raised:
        cases = sorted(case for case, flags in plan.flags if flag in flags)
        table.add_row(in_words(flag), str(count), SENTENCES[flag], ", ".join(cases) or "live placements")
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
        rules = ", ".join(map(in_words, not_judged))
        out.print(f"Not judged, since these rules are not in the book yet: {rules}.", style="bold")


def print_check(
    verdict: Mapping[str, Any], live: tuple[Finding, ...], loaded: Loaded, *, every_task: bool = False
) -> None:
    """What the rules say of a plan.

    Parameters
    ----------
    verdict : as `fristad check --json` tells it
    live : what is broken already
    loaded : the scenario
    every_task : list the live breaches that ask for a task instead of counting them
    """
    if not verdict["is_for_this_scenario"]:
        out.print(
            "Note: the plan was made for another version of this scenario, or under another policy; "
            "it is judged against this one."
        )
    for breach in verdict["breaches"]:
        parties = _parties(breach["parties"], loaded.where)
        told = f"BREACH {in_words(breach['rule'])}: {reasons_in_words(breach['reason'])} ({parties})"
        out.print(told, markup=False)
    if not verdict["breaches"]:
        out.print(
            f"The plan breaks no hard rule of the book: {verdict['cases_placed']} of {verdict['cases_waiting']} "
            "cases placed."
        )
    for claim in verdict["false_claims"]:
        out.print(f"The plan file claims what is not so: {claim}.")
    print_findings(live, loaded, every_task=every_task)
    print_caveats(tuple(verdict["not_judged"]), tuple(verdict["policy_changed"]), tuple(verdict["caveats"]))


def _parties(parties: Sequence[Mapping[str, Any]], where: Mapping[str, str]) -> str:
    """Who breaks a rule and where: the facility the breach names, else those everybody named is in."""
    told = []
    names_facility = any(party["kind"] == "facility" for party in parties)
    for party in parties:
        if party["kind"] == "facility":
            told.append(f"facility {_at(party['id'], where)}")
            continue
        at = "" if names_facility else "".join(f" in {_at(facility, where)}" for facility in party["facilities"])
        told.append(("case " if party["kind"] == "case" else "") + party["id"] + at)
    return "; ".join(told)


def _at(facility: str, where: Mapping[str, str]) -> str:
    return f"{facility}, {where[facility]}" if facility in where else facility


def print_findings(found: tuple[Finding, ...], loaded: Loaded, *, every_task: bool = False) -> None:
    """Live breaches, the most urgent first: not a plan's doing, but somebody has to act.

    Parameters
    ----------
    found : the breaches
    loaded : the scenario they are of
    every_task : list those that ask for a task, too, instead of counting them by rule and reason
    """
    if not found:
        out.print("No live breach among those already present.")
        return
    urgencies = list(URGENCY_WORDS)
    numbers = Counter(OnLive(item.on_live) for item in found)
    counted = ", ".join(urgency_count(act, numbers[act]) for act in urgencies if numbers[act])
    listed = [item for item in found if every_task or item.on_live != OnLive.TASK]
    home = _homes(loaded)
    table = _table(f"Live breaches among those already present: {counted}", "act", "rule", "what", "who and where")
    for item in sorted(listed, key=lambda one: (urgencies.index(OnLive(one.on_live)), one.rule, one.reason)):
        if item.facilities:
            who = [", ".join(item.presences), *(f"in {_at(facility, loaded.where)}" for facility in item.facilities)]
        else:
            who = [f"{name}{home.get(name, '')}" for name in item.presences]
        act = URGENCY_WORDS[OnLive(item.on_live)]
        table.add_row(act, in_words(item.rule), reasons_in_words(item.reason), "\n".join(filter(None, who)))
    out.print(table) if listed else out.print(table.title or "", style="bold")
    if not every_task:
        _print_tasks(item for item in found if item.on_live == OnLive.TASK)


def _homes(loaded: Loaded) -> dict[str, str]:
    """Where each placed household is, by its id; nothing of residences."""
    facts = loaded.queue
    return {
        name: f" in {_at(facts.names.facilities[present.facility], loaded.where)}"
        for name, present in zip(facts.names.presences, facts.presences, strict=True)
        if present.facility >= 0
    }


def _print_tasks(tasks: Iterable[Finding]) -> None:
    numbers = Counter((item.rule, item.reason) for item in tasks)
    if not numbers:
        return
    table = _table("Tasks, counted (--tasks or --json lists each)", "rule", "what", "number")
    for (rule, reason), number in sorted(numbers.items(), key=lambda told: (told[0][0], -told[1], told[0][1])):
        table.add_row(in_words(rule), reasons_in_words(reason), str(number))
    out.print(table)


def print_coordinator(answer: CoordinatorAnswer, where: Mapping[str, str]) -> None:
    """Options with places and costs, and what excludes the other facilities."""
    if answer.options:
        table = _table(
            f"Options of {answer.case} (coordinator's view)",
            "rank", "stays", "marginal cost by level", "own costs",
        )  # fmt: skip
        for option in answer.options:
            delta = " · ".join(
                f"{in_words(level)} {low:+d}" + ("" if low == high else f" to {high:+d}")
                for level, (low, high) in option.marginal_cost.items()
                if low or high
            )
            parts = [delta or ("none, against the best option" if answer.is_placed_by_plan is False else "none")]
            stays = "\n".join(
                f"{stay.facility}, {where.get(stay.facility, '')}\n{stay.start} to {stay.end}" for stay in option.stays
            )
            costs = "\n".join(f"{in_words(name)} {amount}" for name, amount in option.own_costs.items() if amount)
            rank = f"{option.rank} (plan)" if option.is_in_plan else str(option.rank)
            if option.displaced:
                parts.append(f"no place for {', '.join(option.displaced)}")
            table.add_row(rank, stays, "\n".join(parts), costs)
        out.print(table)
        if answer.is_placed_by_plan is None:
            out.print("The week's plan is not proven within the time limit: where it has this case is not said.")
        elif not answer.is_placed_by_plan:
            out.print("The week's plan has no place for this case: others are placed before it.")
    possible = f"Possible facilities: {answer.possible} of {answer.facilities}"
    if answer.options:
        out.print(f"Marginal cost: {answer.claim}. {possible};", end=" ")
        out.print(f"not evaluated: {answer.not_evaluated} (--most N evaluates more).")
    else:
        out.print(f"No place: see `fristad explain`. {possible}.", markup=False)
    if answer.passed_over:
        out.print(f"Passed over, since options shown share locality, provider and form: {answer.passed_over}.")
    if answer.overrides is not None:
        print_overrides(answer.overrides, where)
    print_exclusions(answer.excluded_by, answer.only_by, answer.together)
    print_caveats(answer.not_judged, answer.policy_changed, answer.caveats)


def print_exclusions(excluded_by: Mapping[str, int], only_by: Mapping[str, int], together: int) -> None:
    """How many facilities each rule excludes on every day of the window, and how many no other rule excludes."""
    table = _table("What excludes facilities, on every day of the window", "rule", "excludes", "no other does")
    for name, count in sorted(excluded_by.items(), key=lambda pair: (-pair[1], pair[0])):
        if count:
            table.add_row(in_words(name), str(count), str(only_by[name]))
    out.print(table)
    if together:
        out.print(f"Excluded only by several rules on different days: {together}.")
