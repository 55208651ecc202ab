"""What a demonstration needs besides keys: an issuer of tokens, and organisations that can sign. Loopback only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from joserfc.jwk import OKPKey

from matching.domain import PlacementAssessment
from matching.errors import Fault, InputRejected
from service.actors import SYSTEM
from service.crypto.files import locked, write_whole
from service.demo_issuer import create_issuer
from service.engine.seeding import open_for_seeding, seed
from service.flow.localities import places
from service.settings import FILE as SETTINGS_FILE
from service.settings import Settings
from service.signatures import FILE, AssessmentStatement, IntakeStatement, signed
from service.store.repository import world

__all__ = ["UNITS", "DemoSigner", "demo_signer", "fill", "is_demo", "prepare_demo"]

UNITS: Final = {
    "police": (None, "bops-syd", "bops-vast", "bops-stockholm"),
    "kommun-1280": (None,),
    "goteborg": (None,),
}
"""Organisations of a demonstration, and the units of theirs that sign assessments (none: for the organisation)."""

DEMO: Final = {
    "release_tick_s": 0,
    "admission_kommuner": 5,
    "admission_lan": 3,
    "admission_facilities": 5,
    "person_questions": 1000,
    "unit_questions": 100_000,
    "unit_holds": 1000,
}
"""Settings of a demonstration: nobody could follow one that waits for a tick, its country has few facilities, and it is
asked over and over. They protect nobody: a demonstration has no real person in it."""

_PRIVATE: Final = "demo-organisations.json"


def _of(unit: str | None) -> dict[str, Any]:
    return {"unit": unit} if unit else {}


def prepare_demo(data: Path, settings: Settings) -> None:
    """Make an issuer and signing organisations; what is there stays.

    Raises
    ------
    InputRejected : others could reach this service, or it has a real issuer
    """
    create_issuer(data, settings)
    kept = Settings.load(data)
    missing = {name: value for name, value in DEMO.items() if name not in kept.model_fields_set}
    if missing:
        told = kept.model_dump(exclude_unset=True) | missing
        write_whole(data / SETTINGS_FILE, json.dumps(told).encode())
    with locked(data):
        if (data / _PRIVATE).exists() and (data / FILE).exists():
            return
        private: dict[str, list[dict[str, Any]]] = {}
        public: dict[str, Any] = {}
        for organisation, units in UNITS.items():
            keys = {
                unit: OKPKey.generate_key("Ed25519", {"kid": f"{organisation}-{unit or 'intake'}"}) for unit in units
            }
            private[organisation] = [key.as_dict(private=True) | _of(unit) for unit, key in keys.items()]
            public[organisation] = {"keys": [key.as_dict(private=False) | _of(unit) for unit, key in keys.items()]}
        write_whole(data / _PRIVATE, json.dumps(private).encode())
        write_whole(data / FILE, json.dumps(public).encode())


@dataclass(frozen=True)
class DemoSigner:
    """Signs statements as a demonstration's organisations would on their own machines."""

    keys: dict[str, list[dict[str, Any]]]

    def __repr__(self) -> str:
        return "DemoSigner()"

    def intake(self, organisation: str, case_id: UUID, person_key: str, now: datetime) -> str:
        """An organisation vouches for the person of a case."""
        statement = IntakeStatement(
            organisation=organisation,
            case_id=case_id,
            signed_at=now,
            purpose="fristad.intake",
            person_key=person_key,
        )
        return signed(self._key(organisation, None), statement)

    def assessment(
        self, organisation: str, unit: str, case_id: UUID, version: int, assessment: PlacementAssessment, now: datetime
    ) -> str:
        """A unit signs one version of a placement assessment."""
        statement = AssessmentStatement(
            organisation=organisation,
            case_id=case_id,
            signed_at=now,
            purpose="fristad.assessment",
            unit=unit,
            version=version,
            assessment=assessment,
        )
        return signed(self._key(organisation, unit), statement)

    def _key(self, organisation: str, unit: str | None) -> OKPKey:
        found = [key for key in self.keys.get(organisation, ()) if key.get("unit") == unit]
        if not found:
            raise InputRejected([Fault("the organisation or unit", "has no key in the demo", ", ".join(UNITS))])
        return OKPKey.import_key(found[0])


def is_demo(data: Path) -> bool:
    """Whether a data folder was prepared for a demonstration."""
    return (data / _PRIVATE).is_file()


def fill(url: str, keys: Path, document: bytes) -> None:
    """Put a synthetic week into a register that has no facilities and no cases.

    Parameters
    ----------
    url : address of the embedded database's administrator
    document : a scenario that says ``synthetic: true``

    Raises
    ------
    InputRejected : it is no such document, or the register is in use
    """
    database = open_for_seeding(url, keys)
    try:
        with database.transaction(SYSTEM) as tx:
            is_empty = world.revision(tx) == 0
        if not is_empty:
            raise InputRejected([Fault("--week", "is told for a register that is in use", "a new data folder")])
        seed(database, document, places())
    finally:
        database.close()


def demo_signer(data: Path) -> DemoSigner:
    """The signer of a prepared data folder.

    Raises
    ------
    InputRejected : it was not prepared for a demonstration
    """
    if not is_demo(data):
        raise InputRejected([Fault("the data folder", "was not made for a demo", "one of fristad serve --demo")])
    return DemoSigner(json.loads((data / _PRIVATE).read_bytes()))
