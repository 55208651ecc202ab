"""`fristad networks`: what is known of the networks, merged, for the keeper of the networks. No placement is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from matching.cli.common import JsonFlag, guarded, insist_on_folder, out, print_json, working, write_whole
from matching.errors import Fault, InputRejected

if TYPE_CHECKING:
    from matching.intelligence import Derived, Edge, Presence, SituationPicture, Statement, Tie
    from matching.networks import Window

__all__ = ["networks", "networks_body", "print_networks"]

_FEW = "<3"


@guarded
def networks(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file (JSON).")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Draw to this file (.svg).")] = None,
    network: Annotated[str | None, typer.Option("--network", help="Id of one network: only its part.")] = None,
    as_json: JsonFlag = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing.")] = False,
) -> None:
    """What is known of the networks: relations merged, what follows, disagreements, age. Shows no placement."""
    from geodata.enrich import place_index
    from geodata.layers import Layers, active_folder
    from matching.domain import parse, read_bytes
    from matching.intelligence import situation_picture
    from matching.policyfile import rule_weights
    from service.network_map import network_map, render_network_map

    insist_on_folder(output)
    if output is not None and output.suffix.lower() != ".svg":
        raise InputRejected([Fault("the output file", "is of a kind that is not drawn", "a name that ends in .svg")])
    with working("merging", quiet=quiet or as_json) as stage:
        stage("reading")
        content = read_bytes(scenario, "the scenario file")
        layers = Layers.load(active_folder())
        told = parse(content, place_index(layers), rule_weights())
        stage("merging")
        picture = situation_picture(told)
        if network is not None:
            picture = part_of(picture, network)
        if output is not None:
            stage("drawing")
            drawing = render_network_map(network_map(picture))
            write_whole(output, drawing.encode(), inputs=(scenario,))
    if network is not None:
        picture = replace(picture, networks=tuple(one for one in picture.networks if one.network.id == network))
    named = {
        place: layers.resolve(place).name
        for known in picture.networks
        for place in (p.locality for p in known.presence)
    }
    if as_json:
        written = {} if output is None else {"written": str(output)}
        print_json({**networks_body(picture, named, is_whole=network is None), **written})
    elif not quiet:
        print_networks(picture, named, is_whole=network is None)
        if output is not None:
            out.print(f"Written: {output}", markup=False)


def part_of(picture: SituationPicture, network: str) -> SituationPicture:
    """One network with its relations, and the networks it has any to or of which something follows for it.

    Parameters
    ----------
    picture : of all networks
    network : id

    Raises
    ------
    InputRejected : there is no network of that id
    """
    if all(known.network.id != network for known in picture.networks):
        raise InputRejected([Fault("--network", "is no network of the scenario", "the id of one")])
    edges = tuple(edge for edge in picture.edges if network in (edge.a, edge.b))
    near = {network, *(edge.a for edge in edges), *(edge.b for edge in edges)}
    return replace(
        picture,
        networks=tuple(known for known in picture.networks if known.network.id in near),
        edges=edges,
        disagreements=tuple(one for one in picture.disagreements if network in (one.a, one.b)),
    )


# -- as JSON ---------------------------------------------------------------------------------------


def networks_body(picture: SituationPicture, named: Mapping[str, str], *, is_whole: bool = True) -> dict[str, Any]:
    """The picture as a tree; days are ISO dates, an open end is null, a count below three is ``"<3"``.

    Parameters
    ----------
    picture : as merged
    named : name of each locality by id
    is_whole : of all networks, hence with what is counted over all persons
    """
    policy = picture.policy
    body: dict[str, Any] = {
        "today": _day(picture.today),
        "policy": {
            "certain_from_percent": policy.certain_from_percent,
            "rival_of_ally_counts": policy.rival_of_ally_counts,
            "confirmation_age_days": policy.confirmation_age_days,
        },
        "networks": [
            {
                "id": known.network.id,
                "kind": known.network.kind,
                "hostility_prior_percent": known.network.hostility_prior_percent,
                "persons": {
                    "core": _count(known.persons.core),
                    "active": _count(known.persons.active),
                    "peripheral": _count(known.persons.peripheral),
                },
                "presence": [
                    {
                        "locality": one.locality,
                        "name": named[one.locality],
                        **_window(one.window),
                        "by": one.by,
                        "network": one.network,
                    }
                    for one in known.presence
                ],
            }
            for known in picture.networks
        ],
        "relations": [
            {
                "a": edge.a,
                "b": edge.b,
                "counts_as": edge.state(picture.today),
                "ties": [_tie(tie, picture.today) for tie in edge.ties],
            }
            for edge in picture.edges
            if edge.ties
        ],
        "derived": [
            {
                "a": edge.a,
                "b": edge.b,
                "kind": one.kind,
                "by": one.by,
                "days": [_window(window) for window in one.windows],
                "percent": one.percent,
                "is_certain": one.is_certain,
                "records": list(one.records),
                "ally_of": one.ally_of,
                "ally": one.via,
            }
            for edge in picture.edges
            for one in edge.derived
        ],
        "disagreements": [
            {
                "a": one.a,
                "b": one.b,
                "about": one.about,
                "counts": one.counts,
                "statements": [_statement(told) for told in one.statements],
            }
            for one in picture.disagreements
        ],
        "stale": [{"a": edge.a, "b": edge.b, **_statement(told)} for edge, told in picture.stale],
    }
    if is_whole:
        body["person_conflicts"] = {
            "recorded": picture.conflicts.recorded,
            "live": picture.conflicts.live,
            "stale": picture.conflicts.stale,
            "by_source": dict(picture.conflicts.by_source),
        }
        body["persons"] = {
            "in_several_networks": _count(picture.belonging.in_several),
            "still_in_one": _count(picture.belonging.still_in_one),
        }
    return body


def _day(day: int) -> str:
    return date.fromordinal(day).isoformat()


def _window(window: Window) -> dict[str, str | None]:
    from matching.facts import FOREVER

    return {"start": _day(window[0]), "end": None if window[1] >= FOREVER else _day(window[1])}


def _count(told: int | None) -> int | str:
    return _FEW if told is None else told


def _tie(tie: Tie, today: int) -> dict[str, Any]:
    return {
        "kind": tie.kind,
        "days": [_window(window) for window in tie.windows],
        "certain_days": [_window(window) for window in tie.certain_windows],
        "percent": tie.percent,
        "percent_now": None if tie.has_ended(today) else tie.percent_from(today),
        "statements": [_statement(told) for told in tie.statements],
    }


def _statement(told: Statement) -> dict[str, Any]:
    return {
        "record": told.record,
        "kind": told.kind,
        "start": told.start.isoformat(),
        "end": None if told.end is None else told.end.isoformat(),
        "end_confirmed": told.end_confirmed,
        "percent": told.percent,
        "is_certain": told.is_certain,
        "source": told.provenance.source,
        "recorded_on": told.provenance.recorded_on.isoformat(),
        "confirmed_on": None if told.provenance.confirmed_on is None else told.provenance.confirmed_on.isoformat(),
        "age_days": told.age_days,
        "is_stale": told.is_stale,
    }


# -- for people ------------------------------------------------------------------------------------


def print_networks(picture: SituationPicture, named: Mapping[str, str], *, is_whole: bool = True) -> None:
    """The picture as tables, first what somebody has to ask about.

    Parameters
    ----------
    picture : as merged
    named : name of each locality by id
    is_whole : of all networks, hence with what is counted over all persons
    """
    today, policy = picture.today, picture.policy
    _print_table(
        "Disagreements: the more dangerous statement counts",
        ("networks", "about", "who says what", "what counts"),
        (
            (f"{one.a} – {one.b}", one.about, "\n".join(_claim(told) for told in one.statements), one.counts)
            for one in picture.disagreements
        ),
    )
    _print_table(
        f"Not confirmed for more than {policy.confirmation_age_days} days",
        ("networks", "kind", "source, recorded, confirmed", "days"),
        ((_pair(edge), told.kind, _source(told), _age(told)) for edge, told in picture.stale),
    )
    _print_table(
        f"Networks: {len(picture.networks)}, persons by closest degree",
        ("network", "kind", "prior %", "core", "active", "peripheral"),
        (
            (
                known.network.id,
                _words(known.network.kind),
                str(known.network.hostility_prior_percent),
                str(_count(known.persons.core)),
                str(_count(known.persons.active)),
                str(_count(known.persons.peripheral)),
            )
            for known in picture.networks
        ),
    )
    _print_table(
        "Presence across cities",
        ("network", "own", "of the halves of its splits", "of its allies"),
        (
            (known.network.id, *(_places(known.presence, by, named) for by in ("own", "half", "ally")))
            for known in picture.networks
            if known.presence
        ),
    )
    _print_table(
        "Relations, merged by pair",
        ("networks", "kind", "counts", "%", "source, recorded, confirmed", "pair now"),
        (
            (
                _pair(edge),
                tie.kind,
                _days(tie.windows),
                str(tie.percent_from(today)),
                "\n".join(_source(told) for told in tie.statements),
                _words(edge.state(today)),
            )
            for edge in picture.edges
            for tie in edge.ties
        ),
    )
    _print_table(
        "Derived: what follows for other pairs",
        ("networks", "kind", "counts", "follows from", "records"),
        (
            (_pair(edge), one.kind, _days(one.windows), _reason(one), " ".join(one.records))
            for edge in picture.edges
            for one in edge.derived
            if any(end > today for _, end in one.windows)
        ),
    )
    if is_whole:
        _print_persons(picture)
    out.print(
        "A relation ends by its own end alone, confirmed. Rivals are kept apart as if certain, from "
        f"{policy.certain_from_percent} % on; a rivalry below that counts in RISK."
    )


def _print_persons(picture: SituationPicture) -> None:
    told = picture.conflicts
    by_source = ", ".join(f"{_words(source)} {count}" for source, count in told.by_source.items()) or "none"
    out.print(
        f"Conflicts between persons: {told.recorded} recorded ({by_source}), {told.live} count, "
        f"{told.stale} of them not confirmed for more than {picture.policy.confirmation_age_days} days."
    )
    out.print(
        f"Persons in several networks: {_count(picture.belonging.in_several)}; "
        f"with a membership that has not ended: {_count(picture.belonging.still_in_one)}. "
        f"{_FEW}: fewer than three, none included."
    )


def _print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    if table.row_count:
        out.print(table)
    else:
        out.print(f"{title}: none", style="bold")


def _words(code: str) -> str:
    return code.replace("_", " ")


def _pair(edge: Edge) -> str:
    return f"{edge.a} – {edge.b}"


def _days(windows: Iterable[Window]) -> str:
    told = (_window(window) for window in windows)
    return "\n".join(f"{days['start']} – {days['end'] or 'open'}" for days in told)


def _source(told: Statement) -> str:
    confirmed = "never" if told.provenance.confirmed_on is None else told.provenance.confirmed_on.isoformat()
    return f"{_words(told.provenance.source)}, {told.provenance.recorded_on.isoformat()}, {confirmed}"


def _age(told: Statement) -> str:
    return "not yet recorded" if told.age_days is None else str(told.age_days)


def _claim(told: Statement) -> str:
    end = "open" if told.end is None else told.end.isoformat() + ("" if told.end_confirmed else " (not confirmed)")
    return f"{_words(told.provenance.source)}: {told.kind} {told.start.isoformat()} – {end}, {told.percent} %"


def _reason(derived: Derived) -> str:
    if derived.by == "rival_of_ally":
        return f"{derived.via} is an ally of {derived.ally_of}"
    return "a half of a split keeps it" + ("" if derived.is_certain else f"; {derived.percent} %, in RISK")


def _places(presence: Iterable[Presence], by: str, named: Mapping[str, str]) -> str:
    lines = []
    for one in presence:
        if one.by == by:
            whose = "" if by == "own" else f", {one.network}"
            lines.append(f"{named[one.locality]}, {_days([one.window])}{whose}")
    return "\n".join(lines)
