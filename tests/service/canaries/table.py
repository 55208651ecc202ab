"""Who may meet which secret, and in the answer to which request: all there is, everything else is a leak.

After the table of roles in the domain: an officer of the unit sees the own case, the coordinator a claimed one, the
police at a destination one locality and the conditions, the registrar facilities without persons, the named receiver
one address. Each secret is somebody's, and who sees it has to work on that very case, facility or record.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import Final

from tests.service.canaries.markers import Marker

__all__ = ["ANYTHING", "SEES", "may_see"]

ANYTHING: Final = "*"
"""Any action, or, behind an action, whoever the secret belongs to."""

_OWN_CASE: Final = {"requester": {"read_case"}, "assessor": {"read_case"}}
_CLAIMED: Final = {"coordinator": {"read_detail"}}
_RECORDS: Final = {"read_intelligence", "write_intelligence", "confirm_intelligence", "withdraw_intelligence"}
_PLACE: Final = {"coordinator": {"read_detail", "read_plan", "read_emergency"}, "receiving_bops": {"read_destination"}}
_ONE_ADDRESS: Final = {"follow_up": {"reveal_address", "read_address"}, "security_officer": {"break_glass"}}

SEES: Final[Mapping[str, Mapping[str, Set[str]]]] = MappingProxyType(
    {
        # of a case
        "case id": {role: {ANYTHING} for role in ("requester", "assessor", "decider", "coordinator", "approver")}
        # the coordinator's list and a plan name what waits, the trail what was done: by random ids alone
        | {"coordinator": {ANYTHING, "read_worklist *", "read_plan *"}, "auditor": {"read_trail *"}},
        "person key": {
            **_OWN_CASE,
            "network_keeper": {"read_intelligence"},
            "assessor": {"read_case", "read_intelligence"},
        },
        "household place": {**_OWN_CASE, **_CLAIMED},
        "gate": _OWN_CASE,
        "intake signature": {},
        # of an assessment
        "assessment": {"assessor": {"read_assessments"}},
        "assessed place": {"assessor": {"read_assessments"}, **_CLAIMED},
        "threat person": {"assessor": {"read_assessments"}},
        "assessment signature": {"assessor": {"read_assessments"}},
        # of intelligence; a network is named by its record's id wherever somebody may know of it
        "record id": {
            "network_keeper": _RECORDS | {"list_tasks"},
            "assessor": _RECORDS - {"withdraw_intelligence"} | {"read_case *", "read_assessments *"},
            "requester": {"read_case *"},
            "coordinator": {"read_detail *"},
            "receiving_bops": {"read_destination *"},
            "auditor": {"read_trail *"},
        },
        "presence": {"network_keeper": {"read_intelligence"}, "assessor": {"read_intelligence"}},
        "exposure": {"network_keeper": {"read_intelligence"}, "assessor": {"read_intelligence"}},
        # of a facility
        "facility id": {
            "registrar": {"write_catalogue", "read_catalogue", "import_catalogue"},
            "coordinator": {"read_detail", "read_plan", "read_emergency"},
            "auditor": {"read_trail *"},
        },
        # that it is bait stands in the reveal key store alone: to its owners it is a facility, a case like any other
        "bait id": {
            "registrar": {"write_catalogue", "read_catalogue"},
            "requester": {"list_cases", "read_case"},
            "auditor": {"read_trail *"},
        },
        "facility place": {"registrar": {"read_catalogue"}, **_PLACE},
        "unit id": {"registrar": {"read_catalogue"}, "coordinator": {"read_detail", "read_plan"}},
        "school": {"registrar": {"read_catalogue"}},
        "incident": {"registrar": {"read_catalogue"}},
        "conflict of interest": {"registrar": {"read_catalogue"}},
        "bed number": {},
        "destination region": {},
        "address": _ONE_ADDRESS,
        "call-back": {"coordinator": {"read_detail"}},
        "reveal token": {"follow_up": {"collect_token"}},
        # of an emergency and of a first load
        "position": {},
        "loaded id": {},
        "loaded place": {},
        # of the service
        "officer": {
            "requester": {"read_case", "assign", "request_reveal", "read_reveal"},
            "assessor": {"read_case"},
            "decider": {"read_case"},
            "approver": {"read_reveal", "approve_reveal"},
        },
        "bearer token": {},
        "idempotency key": {},
        "master key": {},
        "password": {},
        # of whoever sends faults
        "input": {},
    }
)
"""For each kind of secret: role, then actions; ``action *`` where the secret need not be of the officer's own work."""


def may_see(marker: Marker, role: str, action: str, own: Set[str]) -> bool:
    """Whether an answer may hold a secret.

    Parameters
    ----------
    own : what the officer who asked works on

    Examples
    --------
    >>> street = Marker("address", "facility-1", "Exempelgatan")
    >>> [may_see(street, "follow_up", "read_address", own) for own in ({"facility-1"}, set())]
    [True, False]
    """
    actions = SEES[marker.kind].get(role, frozenset())
    if f"{action} {ANYTHING}" in actions:
        return True
    return (action in actions or ANYTHING in actions) and marker.about in own
