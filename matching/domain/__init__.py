"""What we are told: the scenario, frozen and validated, every fault reported at once.

`parse` is the way in; the other names are the parts of a scenario. `docs/scenario.md` explains the
format to its authors.
"""

from matching.domain.assessment import (
    AnyArea,
    AreasReach,
    CircleArea,
    Fading,
    KommunArea,
    LanArea,
    Lasting,
    LocalityArea,
    MinutesReach,
    NationalReach,
    PlacementAssessment,
    Point,
    PresenceReach,
    RadiusReach,
    RegionArea,
    RingArea,
    Separation,
    ThreatActor,
    Until,
)
from matching.domain.base import Interval, OpenInterval, Told
from matching.domain.capacity import Accepts, Closure, Contract, Facility, NeedTag, Provider, Unit
from matching.domain.case import (
    Case,
    Gate,
    KnownPlace,
    Need,
    Placement,
    Residence,
    StayRequest,
    UnitUse,
    Window,
)
from matching.domain.intelligence import (
    Member,
    Membership,
    Network,
    NetworkPresence,
    PersonConflict,
    Provenance,
    Relation,
)
from matching.domain.parse import parse
from matching.domain.policy import Policy, Weights
from matching.domain.reading import read_bytes
from matching.domain.scenario import PlaceIndex, Scenario

__all__ = [
    "Accepts",
    "AnyArea",
    "AreasReach",
    "Case",
    "CircleArea",
    "Closure",
    "Contract",
    "Facility",
    "Fading",
    "Gate",
    "Interval",
    "KnownPlace",
    "KommunArea",
    "LanArea",
    "Lasting",
    "LocalityArea",
    "Member",
    "Membership",
    "MinutesReach",
    "NationalReach",
    "Need",
    "NeedTag",
    "Network",
    "NetworkPresence",
    "OpenInterval",
    "PersonConflict",
    "PlaceIndex",
    "Placement",
    "PlacementAssessment",
    "Point",
    "Policy",
    "PresenceReach",
    "Provenance",
    "Provider",
    "RadiusReach",
    "RegionArea",
    "Relation",
    "Residence",
    "RingArea",
    "Scenario",
    "Separation",
    "StayRequest",
    "ThreatActor",
    "Told",
    "Unit",
    "UnitUse",
    "Until",
    "Weights",
    "Window",
    "parse",
    "read_bytes",
]
