"""The register's tables; what is history is only ever added to.

Revision ID: 0001
"""

from __future__ import annotations

from service.store.migrations.steps import drop, run_file

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, empty, and the triggers that keep history from being changed."""
    run_file("0001_register.sql")
    run_file("0001_history.sql")


def downgrade() -> None:
    """Remove the tables; `service.store.migrate.downgrade` has insisted that nothing is lost by it."""
    drop("0001_register.sql")
