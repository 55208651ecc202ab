"""``fristad geodata``: import the operator's map files, and look a place up. Exit code 2 on errors of the user."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geodata.errors import Fault, GeodataRejected
from geodata.layers import Layers, Locality, active_folder, target_folder
from geodata.names import folded

if TYPE_CHECKING:
    from geodata.importers import Imported

NEAREST = 10
USER_ERROR = 2

geodata_app = typer.Typer(
    name="geodata", help="Map data: import the operator's files, look places up.", no_args_is_help=True
)


@geodata_app.command("import")
def import_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=".gpkg, .geojson, or .csv with edges")],
    to: Annotated[
        Path | None, typer.Option("--to", help="Target folder; default $FRISTAD_GEODATA or the user's data folder.")
    ] = None,
    in_use: Annotated[
        list[Path] | None, typer.Option("--in-use", help="Scenario whose locality ids must keep a meaning.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable answer.")] = False,
) -> None:
    """Replace the embedded map data by SCB's, Lantmäteriet's or the police's files: everything, or nothing."""
    from geodata.importers import import_files

    try:
        if as_json:
            done = import_files(files, to, in_use or [])
        else:
            from rich.console import Console

            with Console(stderr=True).status("Reading, mapping localities, building the travel network"):
                done = import_files(files, to, in_use or [])
    except GeodataRejected as err:
        raise _refused(err, as_json) from err
    if as_json:
        typer.echo(json.dumps(_import_answer(done), ensure_ascii=False, indent=1))
        return
    typer.echo(f"Imported {', '.join(done.replaced)} into {done.folder}")
    typer.echo(
        f"{done.localities} localities, {done.districts} of them districts; {done.aliases} earlier ids carried over"
    )
    if done.dropped:
        typer.echo(f"{len(done.dropped)} earlier ids, none in use, have no successor (list: --json)")
    if done.kommuner_without_place:
        typer.echo(
            f"{len(done.kommuner_without_place)} kommuner have no locality: {' '.join(done.kommuner_without_place)}"
        )
    for note in done.notes:
        typer.echo(note)
    if to is not None and to.resolve() != target_folder().resolve():
        typer.echo(f"To use it: FRISTAD_GEODATA={to}")


@geodata_app.command("show")
def show_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A locality's name or id, or a kommun or län.")],
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable answer.")] = False,
) -> None:
    """Show a locality with its areas, districts and nearest localities, or a kommun or län."""
    try:
        layers = Layers.load(active_folder())
        answer = looked_up(layers, name)
    except GeodataRejected as err:
        raise _refused(err, as_json) from err
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        _print(answer)


def looked_up(layers: Layers, name: str) -> dict[str, Any]:
    """Return everything the layers know under a name, id or code.

    Raises
    ------
    GeodataRejected : nothing has this name

    Examples
    --------
    >>> found = looked_up(Layers.load(), "0980")
    >>> found["kommuner"][0]["name"], found["localities"]
    ('Gotland', [])
    """
    localities = layers.find(name)
    if not localities and name.strip() in layers.aliases:
        localities = (layers.resolve(name.strip()),)
    kommuner = [code for code, label in layers.kommuner.items() if _is_named(name, code, label)]
    lan = [code for code, label in layers.lan.items() if _is_named(name, code, label)]
    if not (localities or kommuner or lan):
        raise GeodataRejected([Fault("NAME", "nothing has this name", "a locality, kommun or län by name, id or code")])
    return {
        "source": layers.source,
        "localities": _located(layers, localities) if localities else [],
        "kommuner": [_kommun(layers, code) for code in kommuner],
        "lan": [_lan(layers, code) for code in lan],
    }


def _is_named(wanted: str, code: str, label: str) -> bool:
    short = folded(label).removesuffix(" lan")
    asked = folded(wanted).removesuffix(" lan").removesuffix(" kommun")
    return wanted.strip() == code or asked in (short, short.removesuffix("s"))


def _located(layers: Layers, localities: tuple[Locality, ...]) -> list[dict[str, Any]]:
    import numpy as np

    from geodata.distance import metres
    from geodata.network import TravelNetwork

    network = TravelNetwork.load(layers)
    everyone = list(layers.localities.values())
    gap_m = metres([(p.x_m, p.y_m) for p in localities], [(p.x_m, p.y_m) for p in everyone])
    answer = []
    for place, gaps in zip(localities, gap_m, strict=True):
        order = [everyone[int(n)] for n in np.argsort(gaps, kind="stable") if everyone[int(n)].id != place.id]
        near = order[:NEAREST]
        ids = [p.id for p in near]
        road = network.minutes([place.id], ids, "road")[0]
        safe = network.minutes([place.id], ids, "safe")[0]
        km = metres([(place.x_m, place.y_m)], [(p.x_m, p.y_m) for p in near])[0] / 1000
        answer.append(
            {
                "id": place.id,
                "name": place.name,
                "kommun": place.kommun,
                "kommun_name": layers.kommuner[place.kommun],
                "lan": place.lan,
                "lan_name": layers.lan[place.lan],
                "police_region": place.police_region,
                "zone": layers.zone(place.id),
                "population": place.population,
                "x_m": place.x_m,
                "y_m": place.y_m,
                "parent": place.parent,
                "districts": [p.id for p in everyone if p.parent == place.id],
                "travel": network.label,
                "nearest": [
                    {
                        "id": p.id,
                        "name": p.name,
                        "km": round(float(km[n]), 1),
                        "road_min": _minutes(float(road[n])),
                        "safe_min": _whole_minutes(float(safe[n])),
                    }
                    for n, p in enumerate(near)
                ],
            }
        )
    return answer


def _minutes(value: float) -> float | None:
    """Return one decimal, or None for "no way": JSON has no infinity."""
    return round(value, 1) if value < float("inf") else None


def _whole_minutes(value: float) -> int | None:
    """Return safe minutes as the rules read them, rounded down, or None for "no way"."""
    return int(value + 1e-6) if value < float("inf") else None


def _kommun(layers: Layers, code: str) -> dict[str, Any]:
    places = sorted((p for p in layers.localities.values() if p.kommun == code), key=lambda p: -p.population)
    return {
        "code": code,
        "name": layers.kommuner[code],
        "lan": code[:2],
        "lan_name": layers.lan[code[:2]],
        "police_region": layers.region_of_lan[code[:2]],
        "localities": [p.id for p in places],
    }


def _lan(layers: Layers, code: str) -> dict[str, Any]:
    return {
        "code": code,
        "name": layers.lan[code],
        "police_region": layers.region_of_lan[code],
        "kommuner": {k: name for k, name in layers.kommuner.items() if k.startswith(code)},
    }


def _print(answer: Mapping[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    out = Console()
    for place in answer["localities"]:
        facts = Table(title=escape(f"{place['name']} ({place['id']})"), show_header=False, title_justify="left")
        facts.add_row("kommun", escape(f"{place['kommun_name']} ({place['kommun']})"))
        facts.add_row("län", escape(f"{place['lan_name']} ({place['lan']})"))
        facts.add_row("police region", place["police_region"])
        facts.add_row("population", f"{place['population']} (a weight, not a statistic)")
        facts.add_row("SWEREF 99 TM", f"{place['x_m']} E, {place['y_m']} N")
        facts.add_row("part of", escape(place["parent"] or "-"))
        facts.add_row("districts", escape(", ".join(place["districts"]) or "-"))
        out.print(facts)
        near = Table(title="nearest; minutes are approximate", title_justify="left")
        for column in ("locality", "km", "road min", "safe min"):
            near.add_column(column, justify="left" if column == "locality" else "right")
        for row in place["nearest"]:
            minutes = ("-" if row[m] is None else f"{row[m]:.0f}" for m in ("road_min", "safe_min"))
            near.add_row(escape(f"{row['name']} ({row['id']})"), f"{row['km']:.1f}", *minutes)
        out.print(near)
    for kommun in answer["kommuner"]:
        out.print(
            escape(f"{kommun['name']} kommun ({kommun['code']}), {kommun['lan_name']}, {kommun['police_region']}")
        )
        out.print(escape("localities: " + (", ".join(kommun["localities"]) or "-")))
    for lan in answer["lan"]:
        out.print(escape(f"{lan['name']} ({lan['code']}), police region {lan['police_region']}"))
        out.print(escape("kommuner: " + ", ".join(f"{name} ({code})" for code, name in lan["kommuner"].items())))


def _import_answer(done: "Imported") -> dict[str, Any]:
    return {
        "folder": str(done.folder),
        "source": done.source,
        "replaced": list(done.replaced),
        "localities": done.localities,
        "aliases": done.aliases,
        "districts": done.districts,
        "dropped": list(done.dropped),
        "kommuner_without_place": list(done.kommuner_without_place),
        "notes": list(done.notes),
    }


def _refused(err: GeodataRejected, as_json: bool) -> typer.Exit:
    if as_json:
        faults = [{"path": f.path, "wrong": f.wrong, "accepted": f.accepted} for f in err.faults]
        typer.echo(json.dumps({"faults": faults}, ensure_ascii=False, indent=1))
    else:
        for fault in err.faults:
            typer.echo(str(fault), err=True)
    return typer.Exit(USER_ERROR)
