"""One's own case and what its people send, drawn by chance: in order, out of order, again, wrong, half, twice.

What comes next depends on the dice and on what was answered so far, which is the same in both worlds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

import httpx

from service.flow.localities import LOCAL
from service.inference import first_round
from tests.service.front.walk import GATE, assessment, details
from tests.service.harness import Harness
from tests.service.paired.ids import FixedIds

__all__ = ["COLLEAGUES", "FIRST", "Own", "Request", "Role"]

Role = tuple[str, str, str, str]
"""Role, unit, organisation and name of somebody."""

FIRST: Final = ("open", "sign", "gate", "measure", "assess", "ask")
"""What a case needs before it has an answer."""

_MUNICIPALITIES: Final = ("1280", "0180", "1880", "0580", "2480", "1480", "0680", "0780")
_LAN: Final = ("01", "03", "05", "12", "14", "20", "22", "24")
COLLEAGUES: Final = ("r-colleague", "c-1", "b-syd", "b-mitt", "other-1", "a-0")
"""Some of them have done something for a case in one of the worlds."""
_BAD: Final = (b"", b"{", b"[]", b'{"a": NaN}', b'{"a": 1, "a": 2}', b'{"\xff": 1}', b'{"note": "x"}', b"{" * 80)


@dataclass(frozen=True)
class Request:
    """What is sent, byte by byte; only the sign-in is each world's own.

    Parameters
    ----------
    name : what kind of request it is
    who : by whom
    """

    name: str
    who: Role
    method: str
    path: str
    content: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Own:
    """One case of the side that asks.

    Parameters
    ----------
    harness : of the first world, whose keys sign for both
    networks : ids everybody knows
    strangers : ids of what is there in one of the worlds, or in neither
    persons : keys of persons who live somewhere in one of the worlds, or in neither, to be named; none: nobody is
    until : the round at which something may be shown; none: nothing was assessed
    """

    harness: Harness
    ids: FixedIds
    number: int
    triage: str
    tick_s: int
    networks: list[str]
    strangers: list[str]
    persons: list[str]
    key: str = ""
    case_id: str = ""
    until: datetime | None = None
    version: int = 0
    forbidden: tuple[str, ...] = ("01",)
    query: str | None = None
    slots: list[str] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    sent: list[Request] = field(default_factory=list)
    received: datetime = datetime(2026, 11, 20, 12, tzinfo=UTC)
    latest: date = date(2026, 12, 20)

    def __post_init__(self) -> None:
        self.key = self.ids.id("person", self.number).hex
        self.case_id = str(self.ids.id("case", self.number))

    @property
    def unit(self) -> str:
        """Its own, so that no other case is in its lists, and no other question in its budget."""
        return f"bops-own-{self.number}"

    @property
    def municipality(self) -> str:
        """Likewise."""
        return _MUNICIPALITIES[self.number]

    # people
    @property
    def requester(self) -> Role:
        return ("requester", self.unit, "police", f"r-{self.number}")

    @property
    def assessor(self) -> Role:
        return ("assessor", self.unit, "police", f"a-{self.number}")

    @property
    def decider(self) -> Role:
        name = f"kommun-{self.municipality}"
        return ("decider", name, name, f"d-{self.number}")

    @property
    def stranger(self) -> Role:
        return ("requester", "bops-ost", "police", "r-stranger")

    @property
    def everybody(self) -> tuple[Role, ...]:
        return (self.requester, self.assessor, self.decider)

    def path(self, rest: str = "") -> str:
        return f"/v1/cases/{self.case_id}{rest}"

    # requests
    def _read(self, name: str, who: Role, path: str) -> Request:
        return Request(name, who, "GET", path)

    def _write(self, name: str, who: Role, path: str, told: Any) -> Request:
        content = told if isinstance(told, bytes) else b"" if told is None else json.dumps(told).encode()
        key = self.ids.id("key", self.number, len(self.sent)).hex
        headers = (("Idempotency-Key", key), ("Content-Type", "application/json"))
        return Request(name, who, "POST", path, content, headers)

    def _details(self, dice: Random) -> dict[str, Any]:
        now = self.harness.clock().date()
        latest = now + timedelta(days=dice.choice((12, 30, 60)))
        window = {"earliest": now.isoformat(), "latest": latest.isoformat()}
        member = {"network": dice.choice(self.networks), "degree": "active", "start": "2020-01-01"}
        told = details(self.key, window=window, responsible_municipality=self.municipality)
        if dice.random() < 0.5:
            told["household"][0] |= {"knowledge": "established", "memberships": [member]}
        if self.persons and dice.random() < 0.2:
            told["household"].append(
                {**told["household"][0], "role": "partner", "person_key": dice.choice(self.persons)}
            )
        return told

    def open(self, dice: Random) -> Request:
        told = {
            "case_id": self.case_id,
            "municipality_unit": f"kommun-{self.municipality}",
            "triage": self.triage,
            "received_at": self.received.isoformat(),
            "details": self._details(dice),
            "signature": self.harness.intake_signature("police", self.case_id, self.key),
        }
        return self._write("open", self.requester, "/v1/cases", told)

    def sign(self, dice: Random) -> Request:
        signature = self.harness.intake_signature(f"kommun-{self.municipality}", self.case_id, self.key)
        return self._write("sign", self.decider, self.path("/signatures"), {"signature": signature})

    def gate(self, dice: Random, *, is_met: bool = True) -> Request:
        return self._write("gate", self.requester, self.path("/gate"), {**GATE, "definition_met": is_met})

    def measure(self, dice: Random) -> Request:
        return self._write(
            "measure", self.decider, self.path("/measure-decision"), {"outcome": "yes", "reason_code": None}
        )

    def assess(self, dice: Random, forbidden: tuple[str, ...] | None = None) -> Request:
        """The next version; without other areas the same as before."""
        self.forbidden = self.forbidden if forbidden is None else forbidden
        now = self.harness.clock().date()
        told = assessment(
            self.version + 1,
            assessor_unit=self.unit,
            signed_on=now.isoformat(),
            valid_from=now.isoformat(),
            forbidden=[{"kind": "lan", "lan": lan} for lan in self.forbidden],
            valid_until=(now + timedelta(days=dice.choice((2, 90, 90, 90)))).isoformat(),
            separations=[{"network": self.networks[0], "km": 30}] if self.number % 2 else [],
            **self._named(dice),
        )
        made = self.harness.assessment_signature("police", self.unit, self.case_id, self.version + 1, told)
        corrects = "new_information" if self.version else None
        return self._write(
            "assess", self.assessor, self.path("/assessments"), {"signature": made, "corrects": corrects}
        )

    def _named(self, dice: Random) -> dict[str, Any]:
        """Somebody whom the person fears, or wants to be near to: whether they are in the register is not told."""
        if not self.persons:
            return {}
        key = dice.choice(self.persons)
        reach = {"kind": "areas", "areas": [{"kind": "lan", "lan": dice.choice(_LAN)}]}
        foe = {"id": "a1", "person_key": key, "reach": reach, "persistence": {"kind": "lasting"}}
        link = dice.choice(({"kind": "within", "km": 100, "minutes": 100}, {"kind": "more_than", "km": 50}))
        return dice.choice(({}, {}, {"actors": [foe]}, {"links": [{"person_key": key, **link}]}))

    def ask(self, dice: Random) -> Request:
        return self._write("ask", self.requester, self.path("/queries"), None)

    def prefer(self, dice: Random) -> Request:
        return self._order("prefer", dice.sample(self.slots, 3) if self.slots else self.strangers[:3])

    def _order(self, name: str, slots: list[str]) -> Request:
        return self._write(name, self.requester, f"/v1/queries/{self._asked()}/preference", {"slots": slots})

    def _asked(self) -> str:
        return self.query or self.strangers[0]

    # what is drawn
    def next(self, dice: Random) -> Request:
        """What comes next: the case's next step, or anything else."""
        missing = [step for step in FIRST if step not in self.done]
        if missing and dice.random() < 0.6:
            return self._step(missing[0], dice)
        if not missing and self.slots and "prefer" not in self.done and dice.random() < 0.5:
            return self.prefer(dice)
        return dice.choice(self._others())(dice)

    def _step(self, name: str, dice: Random) -> Request:
        steps: Mapping[str, Callable[[Random], Request]] = {
            "open": self.open,
            "sign": self.sign,
            "gate": self.gate,
            "measure": self.measure,
            "assess": self.assess,
            "ask": self.ask,
        }
        return steps[name](dice)

    def _others(self) -> tuple[Callable[[Random], Request], ...]:
        reads = (self.look, self.read_answer)
        wrong = (self.again, self.out_of_order, self.prefer_wrong, self.malformed, self.strange, self.foreign)
        return (*reads * 5, *wrong * 2, self.ask, self.tighter, self.looser, self.update, self.end_or_change)

    def look(self, dice: Random) -> Request:
        """Own case, list, tasks, offer, assessments, as each of those who may and who may not."""
        who = dice.choice((*self.everybody, self.stranger))
        paths = (self.path(), "/v1/cases", "/v1/tasks", self.path("/offer"), self.path("/assessments"))
        return self._read("look", who, dice.choice(paths))

    def everything(self) -> list[Request]:
        """All that can be read of the case, by all its people."""
        paths = (self.path(), "/v1/cases", "/v1/tasks", self.path("/offer"), self.path("/assessments"))
        found = [self._read("look", who, path) for who in self.everybody for path in paths]
        return [*found, self._read("read answer", self.requester, f"/v1/queries/{self._asked()}")]

    def read_answer(self, dice: Random) -> Request:
        return self._read("read answer", self.requester, f"/v1/queries/{self._asked()}")

    def tighter(self, dice: Random) -> Request:
        return self.assess(dice, tuple(sorted({*self.forbidden, dice.choice(_LAN)})))

    def looser(self, dice: Random) -> Request:
        return self.assess(dice, self.forbidden[:1])

    def out_of_order(self, dice: Random) -> Request:
        """Answers and decisions on what is not offered."""
        told: tuple[tuple[Role, str, Any], ...] = (
            (self.requester, "/person-answer", {"outcome": "yes"}),
            (self.requester, "/person-answer", {"outcome": "no", "reason_code": "not_ready"}),
            (self.decider, "/placement-decision", {"outcome": "yes", "reason_code": None}),
            (self.decider, "/placement-decision", {"outcome": "no", "reason_code": "cost_ceiling"}),
            (self.requester, "/reveals", {"purpose": "transport", "receiver": "f-1"}),
            (self.assessor, "/queries", None),
        )
        who, rest, body = dice.choice(told)
        return self._write("out of order", who, self.path(rest), body)

    def update(self, dice: Random) -> Request:
        return self._write("update", self.requester, self.path("/versions"), {"details": self._details(dice)})

    def prefer_wrong(self, dice: Random) -> Request:
        return self._order("prefer wrong", [*self.slots[:2], *self.strangers][:3])

    def malformed(self, dice: Random) -> Request:
        rest, content = dice.choice(("", "/gate", "/queries", "/assessments", "/versions")), dice.choice(_BAD)
        who = self.assessor if rest == "/assessments" else self.requester
        path = "/v1/cases" if not rest else self.path(rest)
        made = self._write("malformed", who, path, content)
        return made if dice.random() < 0.8 else replace(made, headers=made.headers[1:])

    def strange(self, dice: Random) -> Request:
        """Something of others, or of nobody."""
        who, one = dice.choice(self.everybody), dice.choice(self.strangers)
        forms = ("/v1/cases/{}", "/v1/queries/{}", "/v1/cases/{}/assessments", "/v1/cases/{}/offer", "/v1/reveals/{}")
        form = dice.choice((*forms, "/v1/intelligence/{}", "/v1/cases/{}?limit=3"))
        return self._read("strange", who, form.format(one))

    def foreign(self, dice: Random) -> Request:
        """An act on something of others, or of nobody."""
        one = dice.choice(self.strangers)
        told: tuple[tuple[Role, str, Any], ...] = (
            (self.requester, f"/v1/cases/{one}/queries", None),
            (self.requester, f"/v1/cases/{one}/gate", GATE),
            (self.assessor, f"/v1/cases/{one}/assessments", {"signature": "a.b.c", "corrects": None}),
            (self.decider, f"/v1/cases/{one}/placement-decision", {"outcome": "yes", "reason_code": None}),
            (self.requester, f"/v1/queries/{one}/preference", {"slots": self.strangers[:3]}),
            (self.assessor, f"/v1/intelligence/{one}/confirmations", None),
        )
        who, path, body = dice.choice(told)
        return self._write("foreign", who, path, body)

    def again(self, dice: Random) -> Request:
        """An earlier request once more: the same bytes, or others under its key."""
        written = [one for one in self.sent if one.method == "POST" and one.headers]
        if not written:
            return self.ask(dice)
        one = dice.choice(written)
        is_other = dice.random() < 0.2
        return replace(one, name="replayed" if not is_other else "reused", content=b"{}" if is_other else one.content)

    def assign(self, colleague: str) -> Request:
        """Somebody else works on the case for a while."""
        told = {"actor": colleague, "role": "requester", "kind": "substitute", "until_at": "2027-01-05T12:00:00+00:00"}
        return self._write("assign", self.requester, self.path("/assignments"), told)

    def end_or_change(self, dice: Random) -> Request:
        """What is seldom done: the gate is not met, the assessment is withdrawn, the case is handed over or closed."""
        withdrawn, closed = {"reason_code": "factual_error"}, {"reason_code": "withdrawn_by_person"}
        acts: tuple[Callable[[], Request], ...] = (
            lambda: self.gate(dice, is_met=False),
            lambda: self.gate(dice),
            lambda: self.measure(dice),
            lambda: self.assign(dice.choice(COLLEAGUES)),
            lambda: self._write("withdraw", self.assessor, self.path("/assessments/withdrawal"), withdrawn),
            lambda: self._write("close", self.requester, self.path("/closure"), closed),
        )
        is_rare = dice.random() < 0.15
        return dice.choice(acts if is_rare else acts[1:4])()

    # what is heard
    def heard(self, request: Request, answer: httpx.Response) -> None:
        """Remember what the side that asks knows by now."""
        self.sent.append(request)
        if answer.status_code not in (200, 201, 202) or request.name in ("replayed", "reused"):
            return
        self.done.add(request.name)
        told = answer.json()
        if request.name in ("open", "update"):
            self.latest = date.fromisoformat(json.loads(request.content)["details"]["window"]["latest"])
        if request.name in ("assess", "withdraw"):
            self.version, self.slots = told["version"], []
        if request.name in ("update", "gate", "assess", "withdraw"):
            self._begin_round()
        elif request.name == "ask" and told["query_id"] != self.query:
            self.query, self.slots = told["query_id"], []
            self.done.discard("prefer")
            self._begin_round()
        elif request.name == "read answer":
            self.slots = [one["slot_id"] for one in told["slots"] or ()]

    def _begin_round(self) -> None:
        last = datetime.combine(self.latest, time(), LOCAL)
        self.until = first_round(self.triage, self.received, self.harness.clock(), self.tick_s, last)

    @property
    def has_asked(self) -> bool:
        """Whether it is anybody else's business by now."""
        return self.query is not None

    @property
    def is_over(self) -> bool:
        """Whether the round has come from which on it may be told what became of the question."""
        return self.until is not None and self.harness.clock() >= self.until

    @property
    def uuid(self) -> UUID:
        return UUID(self.case_id)
