"""The trail: entries, head, checkpoints and the functions that alone write them.

Revision ID: 0003
"""

from __future__ import annotations

from service.audit.sql import CREATE, DROP
from service.store.migrations.steps import run

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create an empty trail."""
    for statement in CREATE:
        run(statement)


def downgrade() -> None:
    """Remove the trail; `service.store.migrate.downgrade` has insisted that nothing is lost by it."""
    for statement in DROP:
        run(statement)
