"""The routes of the front: requester, assessor, decider, approver, network keeper, auditor, security officer."""

from __future__ import annotations

from typing import Final

from service.http.routes import Routes
from service.routes import (
    front_assessments,
    front_cases,
    front_decisions,
    front_intelligence,
    front_queries,
    front_reveals,
    front_work,
)

__all__ = ["ROUTES"]

ROUTES: Final[tuple[Routes, ...]] = (
    front_cases.routes,
    front_assessments.routes,
    front_queries.routes,
    front_decisions.routes,
    front_reveals.routes,
    front_intelligence.routes,
    front_work.routes,
)
