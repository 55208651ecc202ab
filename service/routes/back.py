"""Every route of the back."""

from __future__ import annotations

from service.http.routes import Routes
from service.routes import back_catalogue, back_plans, back_reveals, back_stays, back_tasks, back_work

__all__ = ["ROUTES"]

ROUTES: tuple[Routes, ...] = (
    back_work.routes,
    back_tasks.routes,
    back_stays.routes,
    back_plans.routes,
    back_reveals.routes,
    back_catalogue.routes,
)
