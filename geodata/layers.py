"""The map layers: localities, kommuner, län and police regions, embedded or imported by the operator."""

import csv
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from geodata import outlines
from geodata.errors import Fault, GeodataRejected, UnknownLocality
from geodata.names import folded

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

FOLDER_VARIABLE = "FRISTAD_GEODATA"
POLICE_REGIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "nord": ("22", "23", "24", "25"),
        "mitt": ("03", "19", "21"),
        "bergslagen": ("17", "18", "20"),
        "stockholm": ("01", "09"),
        "ost": ("04", "05", "06"),
        "vast": ("13", "14"),
        "syd": ("07", "08", "10", "12"),
    }
)


@dataclass(frozen=True, slots=True)
class Locality:
    """A place people live in: a town, a village, or a district of a city.

    Parameters
    ----------
    id : kommun code and slug (embedded), or tätortskod (imported)
    kommun, lan : official codes, text, with leading zeros
    police_region : one of ``nord mitt bergslagen stockholm ost vast syd``
    population : persons; a weight, never a statistic
    x_m, y_m : EPSG:3006, metres
    parent : id of the town this is a district of
    """

    id: str
    name: str
    kommun: str
    lan: str
    police_region: str
    population: int
    x_m: int
    y_m: int
    parent: str | None


@dataclass(frozen=True)
class Layers:
    """Every map layer of one folder; read once, never changed.

    Parameters
    ----------
    source : label of where the localities come from
    localities : id to locality, ids in sorted order
    kommuner, lan, police_regions : code to name
    region_of_lan : län code to police region code
    aliases : id of an earlier layer to the id that replaces it
    police_areas : locality id to police area, empty unless imported
    folder : where the files are

    Examples
    --------
    >>> layers = Layers.load()
    >>> layers.localities["0180-kista"].parent
    '0180-stockholm'
    """

    source: str
    localities: Mapping[str, Locality]
    kommuner: Mapping[str, str]
    lan: Mapping[str, str]
    police_regions: Mapping[str, str]
    region_of_lan: Mapping[str, str]
    aliases: Mapping[str, str]
    police_areas: Mapping[str, str]
    folder: Path = field(compare=False)

    @classmethod
    def load(cls, folder: Path | None = None) -> "Layers":
        """Read the layers of a folder, by default the embedded ones.

        Raises
        ------
        GeodataRejected : the folder holds no map data, or a file of it is damaged

        Examples
        --------
        >>> len(Layers.load().kommuner), len(Layers.load().lan)
        (290, 21)
        """
        where = embedded_folder() if folder is None else folder
        if not (where / "localities.csv").is_file():
            raise GeodataRejected(
                [Fault(str(where), "holds no map data", "a folder written by `fristad geodata import`")]
            )
        try:
            return cls._read(where)
        except (KeyError, ValueError, TypeError, OSError, csv.Error) as err:
            if isinstance(err, GeodataRejected):
                raise
            raise GeodataRejected(
                [Fault(str(where), "a file of the map data is damaged", "the files as the import wrote them")]
            ) from err

    @classmethod
    def _read(cls, where: Path) -> "Layers":
        lan = {row["code"]: row for row in _rows(where / "lan.csv")}
        region_of_lan = {code: row["police_region"] for code, row in lan.items()}
        localities = {}
        for row in sorted(_rows(where / "localities.csv"), key=lambda row: row["id"]):
            code = row["kommun"]
            localities[row["id"]] = Locality(
                id=row["id"],
                name=row["name"],
                kommun=code,
                lan=code[:2],
                police_region=region_of_lan[code[:2]],
                population=int(row["population"]),
                x_m=int(row["x_m"]),
                y_m=int(row["y_m"]),
                parent=row["parent"] or None,
            )
        kommuner = _names(where / "kommuner.csv")
        lost = any(p.kommun not in kommuner or (p.parent or p.id) not in localities for p in localities.values())
        if not localities or lost:
            raise ValueError("no localities, or one in a kommun or below a town that is not there")
        meta = json.loads((where / "meta.json").read_text(encoding="utf-8"))
        return cls(
            source=str(meta["source"]),
            localities=MappingProxyType(localities),
            kommuner=kommuner,
            lan=MappingProxyType({code: row["name"] for code, row in sorted(lan.items())}),
            police_regions=_names(where / "police_regions.csv"),
            region_of_lan=MappingProxyType(dict(sorted(region_of_lan.items()))),
            aliases=_pairs(where / "aliases.csv", "old", "new"),
            police_areas=_pairs(where / "police_areas.csv", "locality", "area"),
            folder=where,
        )

    def resolve(self, locality_id: str) -> Locality:
        """Return the locality of an id, also of one that an import replaced.

        Raises
        ------
        UnknownLocality : neither a locality nor an alias

        Examples
        --------
        >>> Layers.load().resolve("1480-goteborg").name
        'Göteborg'
        """
        found = self.localities.get(locality_id)
        if found is None:
            found = self.localities.get(self.aliases.get(locality_id, ""))
        if found is None:
            raise UnknownLocality(
                [Fault("locality", "is not in the map data", "an id shown by `fristad geodata show NAME`")]
            )
        return found

    def root(self, locality_id: str) -> str:
        """Return the id of the town: the parent of a district, else the locality itself.

        Examples
        --------
        >>> Layers.load().root("0180-kista"), Layers.load().root("0180-stockholm")
        ('0180-stockholm', '0180-stockholm')
        """
        place = self.resolve(locality_id)
        return place.parent or place.id

    def family(self, locality_id: str) -> tuple[str, ...]:
        """Return the town and all its districts, sorted: what counts as the same locality.

        Examples
        --------
        >>> "0180-rinkeby" in Layers.load().family("0180-kista")
        True
        """
        root = self.root(locality_id)
        return tuple(place.id for place in self.localities.values() if root in (place.id, place.parent))

    def zone(self, locality_id: str) -> str:
        """Return the police area if such were imported, else the kommun code.

        Examples
        --------
        >>> Layers.load().zone("0180-kista")
        '0180'
        """
        place = self.resolve(locality_id)
        return self.police_areas.get(place.id, place.kommun)

    def find(self, name: str) -> tuple[Locality, ...]:
        """Return the localities of a name or id, most people first; case and accents do not count.

        Examples
        --------
        >>> [place.id for place in Layers.load().find("sodermalm")]
        ['0180-sodermalm']
        """
        wanted = folded(name)
        by_id = self.localities.get(name.strip())
        found = (by_id,) if by_id else tuple(p for p in self.localities.values() if folded(p.name) == wanted)
        return tuple(sorted(found, key=lambda place: (-place.population, place.id)))

    def kommun_outlines(self) -> dict[str, outlines.Outline]:
        """Return the boundary of every kommun, EPSG:3006 metres, without shapely."""
        return outlines.read(self.folder / "kommun_outlines.json")

    def lan_outlines(self) -> dict[str, outlines.Outline]:
        """Return the boundary of every län, EPSG:3006 metres, without shapely."""
        return outlines.read(self.folder / "lan_outlines.json")

    def kommun_geometry(self) -> dict[str, "BaseGeometry"]:
        """Return a shapely geometry per kommun code, EPSG:3006 metres.

        Examples
        --------
        >>> Layers.load().kommun_geometry()["0980"].geom_type
        'MultiPolygon'
        """
        return {code: outlines.to_geometry(area) for code, area in self.kommun_outlines().items()}

    def lan_geometry(self) -> dict[str, "BaseGeometry"]:
        """Return a shapely geometry per län code, EPSG:3006 metres."""
        return {code: outlines.to_geometry(area) for code, area in self.lan_outlines().items()}


def embedded_folder() -> Path:
    """Return the folder of the map data that is part of the package."""
    return Path(str(resources.files("geodata"))) / "data"


def curated_folder() -> Path:
    """Return the folder of the hand-kept tables: trunk roads, rail, air, ferries."""
    return Path(str(resources.files("geodata"))) / "curated"


def target_folder() -> Path:
    """Return where imports are written: ``FRISTAD_GEODATA``, else the user's data folder."""
    chosen = os.environ.get(FOLDER_VARIABLE, "").strip()
    if chosen:
        return Path(chosen)
    home = Path.home()
    if sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "fristad" / "geodata"


def active_folder() -> Path | None:
    """Return the folder to load: the one named by ``FRISTAD_GEODATA``, the user's if it exists, else None.

    A folder that is named but holds nothing is returned all the same, so that `Layers.load` refuses
    instead of quietly using another map than the operator's.
    """
    folder = target_folder()
    named = bool(os.environ.get(FOLDER_VARIABLE, "").strip())
    return folder if named or (folder / "localities.csv").is_file() else None


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, strict=True)


def _names(path: Path) -> Mapping[str, str]:
    return _pairs(path, "code", "name")


def _pairs(path: Path, key: str, value: str) -> Mapping[str, str]:
    """Read two columns; a file that is not there is an empty table (aliases and police areas are optional)."""
    if not path.is_file() and path.name in ("aliases.csv", "police_areas.csv"):
        return MappingProxyType({})
    return MappingProxyType(dict(sorted((row[key], row[value]) for row in _rows(path))))
