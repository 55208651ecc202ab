"""The service's settings: one validated object, each default with its source; no secret has a default."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from matching.domain.parse import shape_faults
from matching.domain.reading import read_bytes, read_tree
from matching.errors import InputRejected

__all__ = ["Settings", "data_folder"]

DATA: Final = "FRISTAD_DATA"
FILE: Final = "settings.json"


KommunCode = Annotated[str, Field(pattern=r"^[0-9]{4}$")]
UnitName = Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9][a-z0-9-]*$")]
DecidingUnit = Annotated[str, Field(max_length=129, pattern=r"^[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9-]*$")]


class Settings(BaseModel):
    """Read from DATA/settings.json where it exists; the defaults are those of docs/operations.md."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    answer_life_h: int = Field(default=72, ge=1, le=336, description="life of a stored answer and its slots")
    release_tick_s: int = Field(
        default=900,
        ge=0,
        le=3600,
        description="answers come out at ticks, at most a quarter of the red limit of 4 h; 0: at once, for a demo",
    )
    admission_kommuner: int = Field(
        default=15,
        ge=1,
        le=290,
        description="a question is answered with slots only if so many kommuner have a facility that is publicly "
        "eligible for the case, wherever on the map one person to be kept away from may live; fewer, and the "
        "coordinator places it by hand. Higher: a narrow question locates less, more cases go by hand",
    )
    admission_lan: int = Field(
        default=5, ge=1, le=21, description="and in so many counties: rivals rarely live all over the country"
    )
    admission_facilities: int = Field(
        default=18,
        ge=1,
        description="and so many facilities, full or free: what was offered is hidden among them",
    )
    person_questions: int = Field(
        default=4,
        ge=1,
        description="most questions about one person in `budget_months`, a new version of the assessment included; "
        "then by hand. Each is one more cut through the map",
    )
    unit_questions: int = Field(
        default=24,
        ge=1,
        description="most questions of a unit in `budget_months`; then by hand. Each tells at most whether something "
        "was offered in time",
    )
    unit_budgets: dict[UnitName, int] = Field(
        default={},
        description='another number for a unit that places more people: `{"bops-stockholm": 60}`; it may learn as '
        "much more",
    )
    budget_months: int = Field(
        default=24, ge=1, le=120, description="how long a question counts: as long as a placement may last"
    )
    unit_holds: int = Field(
        default=6,
        ge=1,
        description="most beds held behind slots for one unit at a time: filling a region with own holds shows who is "
        "not there; above it by hand",
    )
    case_hold_days: int = Field(
        default=42,
        ge=1,
        le=366,
        description="slots of one case keep beds for so many days in all, however often it is assessed anew; then by "
        "hand",
    )
    unit_by_hand: int = Field(
        default=12,
        ge=1,
        description="cases of a unit that came by hand in `budget_months` because they were too narrow or over budget; "
        "above it an alarm, never a no: who asks so often may be asking for something else than a place",
    )
    draw_band_percent: int = Field(
        default=80,
        ge=1,
        le=100,
        description="the slots are drawn among the best of this share of the publicly eligible facilities, by the own "
        "case's wishes. Higher: the place is hidden among more, wishes count less",
    )
    hold_working_days: int = Field(default=5, ge=1, le=20, description="how long a hold outlasts the decision")
    emergency_nights: int = Field(default=7, ge=1, le=7, description="most nights of an emergency stay")
    emergency_facts_h: int = Field(default=72, ge=1, le=168, description="when an emergency's missing facts are due")
    reveal_token_s: int = Field(default=600, ge=30, le=3600, description="life of a reveal token")
    standing_access_days: int = Field(default=90, ge=1, le=366, description="longest standing access at a time")
    judgement_wait_s: int = Field(default=3, ge=0, le=30, description="how long an act waits for a pending judgement")
    claim_cap: int = Field(default=40, ge=1, description="claims of a coordinator a day; above it an alarm, never a no")
    emergency_cap: int = Field(default=10, ge=1, description="emergencies a day; above it an alarm, never a no")
    unsigned_cases: int = Field(default=50, ge=1, le=10_000, description="most cases of a unit with one signature")
    unsigned_case_days: int = Field(default=30, ge=1, le=366, description="then a case with one signature is closed")
    clock_skew_s: int = Field(default=30, ge=0, le=120, description="how far another clock may be off")
    idempotency_life_h: int = Field(default=24, ge=1, le=168, description="how long an answer is kept for its key")
    body_limit_bytes: int = Field(default=262_144, ge=1024, le=8_388_608, description="largest body that is read")
    page_limit: int = Field(default=100, ge=1, le=200, description="most rows in one answer")
    municipality_units: dict[KommunCode, DecidingUnit] = Field(
        default={},
        description='who decides, by code: `{"1280": "organisation/unit"}`; else both are `kommun-` and the code',
    )
    issuer: str = Field(default="fristad-demo", description="who signs the bearer tokens")
    audience: str = Field(default="fristad", description="for whom the tokens are")
    front_port: int = Field(default=8440, ge=1, le=65535, description="of the front")
    back_port: int = Field(default=8441, ge=1, le=65535, description="of the back")
    host: str = Field(default="127.0.0.1", description="address the front and the back listen on")

    def deciding_unit(self, municipality: str) -> tuple[str, str]:
        """Organisation and unit that decide for a municipality.

        Examples
        --------
        >>> Settings(municipality_units={"1280": "malmo/social"}).deciding_unit("1280")
        ('malmo', 'social')
        >>> Settings().deciding_unit("0180")
        ('kommun-0180', 'kommun-0180')
        """
        name = f"kommun-{municipality}"
        organisation, _, unit = self.municipality_units.get(municipality, f"{name}/{name}").partition("/")
        return organisation, unit

    @staticmethod
    def load(folder: Path) -> Settings:
        """The settings of a data folder.

        Raises
        ------
        InputRejected : every fault of the file

        Examples
        --------
        >>> Settings.load(Path("/nowhere")).answer_life_h
        72
        """
        path = folder / FILE
        if not path.is_file():
            return Settings()
        tree, faults = read_tree(read_bytes(path, FILE))
        faults += shape_faults(Settings, tree, (FILE,), names={FILE, *Settings.model_fields})
        if faults:
            raise InputRejected(faults)
        return Settings.model_validate_json(json.dumps(tree))


def data_folder(told: Path | None = None) -> Path:
    """The data folder: what is told, else FRISTAD_DATA, else the user's own."""
    if told is not None:
        return told
    return Path(os.environ.get(DATA) or Path.home() / ".local" / "share" / "fristad")
