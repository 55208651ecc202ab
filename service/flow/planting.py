"""Bait is planted by the acts that write real records, in the name of people who know of it.

What makes it bait stands in the reveal key store alone. What keeps it out of every answer is natural: a facility that
is closed for good takes part in nothing (`service.engine.reading`), a case that was opened and closed again waits for
nothing. Planting waits between the acts as people do, and goes on where it was when it is told again.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final
from uuid import UUID, uuid4

from joserfc.jwk import OKPKey

from matching.domain.parse import shape_faults
from matching.domain.reading import read_tree
from matching.errors import Fault, InputRejected
from service.actors import Actor, Role
from service.clock import Clock
from service.crypto.vault import Bait, Vault
from service.engine.records import LAST_DAY
from service.flow import cases, catalogue
from service.flow.front_told import case_faults, defector_key
from service.flow.worklist import local_day
from service.problems import NotFound
from service.schemas.back_catalogue import AddressIn, FacilityIn, ProviderIn
from service.schemas.common import within
from service.schemas.front_cases import CaseDetails, CloseIn, OpenIn
from service.schemas.honey import BaitCase, BaitPlace, BaitTold, Who
from service.settings import Settings
from service.signatures import IntakeStatement, signed
from service.store.database import Database, Transaction
from service.store.repository import cases as case_rows
from service.store.repository import catalogue as rows

__all__ = ["Planted", "Planting", "parse_bait"]

Act = Callable[[], None]

_FIELDS: Final = frozenset(name for one in (BaitTold, BaitPlace, BaitCase, Who) for name in one.model_fields)
_APART: Final = 5
"""How many times longer the pause between two pieces of bait is than that between two acts on one."""


@dataclass(frozen=True)
class Planted:
    """What came of it.

    Parameters
    ----------
    facilities, cases : how many were planted now
    known : how many were there already
    ids : of all that was told, also of the providers
    """

    facilities: int
    cases: int
    known: int
    ids: tuple[UUID, ...]


@dataclass(frozen=True)
class _Piece:
    """One piece of bait: its records by kind, and the acts that write it, in order."""

    records: dict[UUID, Bait]
    acts: tuple[Act, ...]


def parse_bait(content: bytes, today: date) -> BaitTold:
    """What is told of bait, judged as a real record of it would be.

    Raises
    ------
    InputRejected : every fault by path
    """
    tree, faults = read_tree(content)
    faults += shape_faults(BaitTold, tree, (), names=_FIELDS)
    if faults:
        raise InputRejected(faults)
    told = BaitTold.model_validate_json(json.dumps(tree))
    dice = random.Random(0)
    for number, place in enumerate(told.places):
        facility = _facility(place, UUID(int=1), today, dice).told()
        faults += within(f"places[{number}]", catalogue.facility_faults({**facility, "id": str(UUID(int=1))}))
    for number, case in enumerate(told.cases):
        found = case_faults(_details(case, today, dice))
        faults += [Fault(f"cases[{number}]", one.wrong, one.accepted) for one in found]
    if faults:
        raise InputRejected(faults)
    return told


class Planting:
    """Writes bait through the acts of registrar and requester.

    Parameters
    ----------
    vault : the reveal key store
    back, front : the databases as these processes see them; neither is given the vault: who plants does not raise
        the alarm
    clock : the time, as the databases tell it
    dice : shapes of facilities and households, and the pauses
    """

    def __init__(
        self, vault: Vault, back: Database, front: Database, settings: Settings, clock: Clock, dice: random.Random
    ) -> None:
        self._vault = vault
        self._back = back
        self._front = front
        self._settings = settings
        self._clock = clock
        self._dice = dice

    def plant(self, told: BaitTold, over_s: float, pause: Callable[[float], None]) -> Planted:
        """Plant what is not planted yet.

        Parameters
        ----------
        over_s : about how long all of it takes, seconds: acts of one moment would be a list of the bait
        pause : waits so many seconds

        Raises
        ------
        Problem : the register refused an act; what was planted stays, and is gone on with
        """
        pieces = [*self._facilities(told), *(self._case(one) for one in told.cases)]
        known = self._vault.honey()
        new = [one for one in pieces if any(known[record].since is None for record in one.records)]
        self._dice.shuffle(new)
        steps = [(piece, act) for piece in new for act in piece.acts]
        weights = [
            (1 if after is piece else _APART) * self._dice.uniform(0.5, 1.5)
            for (piece, _), (after, _) in pairwise(steps)
        ]
        share_s = over_s / sum(weights) if weights else 0.0
        for number, (piece, act) in enumerate(steps):
            if number and share_s:
                pause(weights[number - 1] * share_s)
            act()
            if act is piece.acts[-1]:
                now = self._clock()
                self._vault.add_honey({one: Bait(bait.kind, bait.of, now) for one, bait in piece.records.items()})
        kinds = [bait.kind for piece in new for bait in piece.records.values()]
        ids = tuple(sorted(one for piece in pieces for one in piece.records))
        return Planted(kinds.count("facility"), kinds.count("case"), len(pieces) - len(new), ids)

    def _records(self, kinds: Sequence[str], told: object) -> dict[UUID, Bait]:
        """Ids of a piece, the same each time it is told. They are bait before they are written anywhere."""
        of = sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
        there = {bait.kind: (one, bait) for one, bait in self._vault.honey().items() if bait.of == of}
        records = dict(there.get(kind) or (uuid4(), Bait(kind, of)) for kind in kinds)
        self._vault.add_honey(records)
        return records

    def _facilities(self, told: BaitTold) -> Iterator[_Piece]:
        for place in told.places if told.registrar is not None else ():
            actor = _actor(told.registrar, Role.REGISTRAR)
            records = self._records(("provider", "facility"), place.model_dump(mode="json"))
            provider_id, facility_id = records
            acts = (
                partial(self._provider, actor, provider_id),
                partial(self._facility, actor, facility_id, provider_id, place),
                partial(self._address, actor, facility_id, place),
            )
            yield _Piece(records, acts)

    def _provider(self, actor: Actor, provider_id: UUID) -> None:
        with self._back.transaction(actor) as tx:
            if rows.provider(tx, provider_id) is None:
                told = _provider(local_day(tx.now), self._dice)
                catalogue.write_provider(tx, provider_id, 1, told.told())

    def _facility(self, actor: Actor, facility_id: UUID, provider_id: UUID, place: BaitPlace) -> None:
        with self._back.transaction(actor) as tx:
            if rows.facility(tx, facility_id) is None:
                told = _facility(place, provider_id, local_day(tx.now), self._dice)
                catalogue.write_facility(tx, facility_id, 1, told.told())

    def _address(self, actor: Actor, facility_id: UUID, place: BaitPlace) -> None:
        with self._back.transaction(actor) as tx:
            if not rows.address_version(tx, facility_id):
                catalogue.write_address(tx, facility_id, 1, _address(place).told())

    def _case(self, told: BaitCase) -> _Piece:
        actor = _actor(told.requester, Role.REQUESTER)
        records = self._records(("case",), told.model_dump(mode="json"))
        (case_id,) = records
        return _Piece(records, (partial(self._open, actor, case_id, told), partial(self._close, actor, case_id)))

    def _open(self, actor: Actor, case_id: UUID, told: BaitCase) -> None:
        with self._front.transaction(actor) as tx:
            if _state(tx, case_id) is None:
                body, organisation = self._opening(tx, case_id, told)
                cases.write_new(tx, body, organisation, tx.tag_person(defector_key(body.details)))

    def _close(self, actor: Actor, case_id: UUID) -> None:
        with self._front.transaction(actor) as tx:
            if _state(tx, case_id) != "closed":
                reason = self._dice.choice(("opened_by_mistake", "withdrawn_by_person", "no_contact"))
                cases.close(tx, self._settings, case_id, CloseIn.model_validate({"reason_code": reason}))

    def _opening(self, tx: Transaction, case_id: UUID, told: BaitCase) -> tuple[OpenIn, str]:
        """What a requester would have sent, signed with a key that is thrown away."""
        organisation, unit = self._settings.deciding_unit(told.municipality)
        details = _details(told, local_day(tx.now), self._dice)
        kid = f"{tx.actor.organisation}-{self._dice.randrange(1, 4)}"
        statement = IntakeStatement(
            organisation=tx.actor.organisation,
            case_id=case_id,
            signed_at=tx.now,
            purpose="fristad.intake",
            person_key=defector_key(details),
        )
        body = OpenIn(
            case_id=case_id,
            municipality_unit=unit,
            triage="orange" if self._dice.random() < 0.3 else "green",
            received_at=tx.now - timedelta(minutes=self._dice.randrange(20, 600)),
            details=details,
            signature=signed(OKPKey.generate_key("Ed25519", {"kid": kid}), statement),
        )
        return body, organisation


def _actor(who: Who | None, role: Role) -> Actor:
    if who is None:
        raise ValueError("nobody is told in whose name bait is written")
    return Actor(who.name, role, who.unit, who.organisation)


def _state(tx: Transaction, case_id: UUID) -> str | None:
    try:
        return case_rows.read(tx, case_id).state
    except NotFound:
        return None


def _read(model: Any, told: dict[str, Any]) -> Any:
    return model.model_validate_json(json.dumps(told, default=str))


def _provider(today: date, dice: random.Random) -> ProviderIn:
    """A provider whose vetting ran out: it stays as it is."""
    found: ProviderIn = _read(
        ProviderIn,
        {
            "version": 1,
            "ownership": dice.choice(("municipal", "private", "private", "non_profit")),
            "vetting": "vetted",
            "vetting_valid_until": today - timedelta(days=dice.randrange(15, 200)),
        },
    )
    return found


def _facility(place: BaitPlace, provider_id: UUID, today: date, dice: random.Random) -> FacilityIn:
    """A facility like others that was closed for good before its record came into force."""
    form = dice.choice(("protected_housing", "protected_housing", "supported_housing", "residential_care_home"))
    is_shared = form != "supported_housing" and dice.random() < 0.4
    kind = "room" if is_shared else dice.choice(("flat", "flat", "house"))
    began = today - timedelta(days=dice.randrange(300, 1500))
    found: FacilityIn = _read(
        FacilityIn,
        {
            "version": 1,
            "provider_id": provider_id,
            "locality": place.locality,
            "form": form,
            "units": [
                {"id": f"{kind}-{number}", "kind": kind, "beds": dice.randrange(1, 4), "is_shared": is_shared}
                for number in range(1, dice.randrange(3, 7))
            ],
            "closures": [{"start": today - timedelta(days=dice.randrange(1, 15)), "end": LAST_DAY}],
            "accepts": {"max_household": dice.randrange(1, 5), "children_with_guardian": dice.random() < 0.3},
            "offers": sorted(dice.sample(("daily_contact", "debt_advice", "remote_support", "work_training"), 2)),
            "security_grade": dice.randrange(2, 5),
            "permit_valid_until": today + timedelta(days=dice.randrange(100, 900)),
            "support_intensity": dice.randrange(1, 4),
            "day_rate_sek": dice.randrange(58, 108) * 50,
            "contracts": [{"start": began, "end": began + timedelta(days=dice.choice((1461, 1826, 2192)))}],
            "night_intake": dice.random() < 0.2,
        },
    )
    return found


def _address(place: BaitPlace) -> AddressIn:
    """Where it is said to be; the key of its provider is nobody's."""
    public = OKPKey.generate_key("X25519").as_dict(private=False)
    key = {name: public[name] for name in ("kty", "crv", "x")}
    told = {**place.model_dump(mode="json", exclude={"locality"}), "version": 1, "provider_key": key}
    found: AddressIn = _read(AddressIn, told)
    return found


def _details(told: BaitCase, today: date, dice: random.Random) -> CaseDetails:
    """A household of one."""
    earliest = today + timedelta(days=dice.randrange(1, 20))
    found: CaseDetails = _read(
        CaseDetails,
        {
            "responsible_municipality": told.municipality,
            "window": {"earliest": earliest, "latest": earliest + timedelta(days=dice.randrange(10, 40))},
            "stays": [{"kind": "stable", "nights": dice.choice((60, 90, 120, 180))}],
            "household": [
                {
                    "person_key": f"{dice.getrandbits(128):032x}",
                    "role": "defector",
                    "age_years": dice.randrange(18, 36),
                    "gender": dice.choice(("male", "male", "male", "female")),
                    "knowledge": "cleared",
                }
            ],
            "homes": [told.home],
        },
    )
    return found
