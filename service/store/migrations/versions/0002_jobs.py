"""The queue of jobs, as the installed procrastinate makes it.

Revision ID: 0002
"""

from __future__ import annotations

from procrastinate.schema import SchemaManager

from service.store.migrations.steps import run, run_file

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create procrastinate's objects in the register's schema; deferring runs with the owner's rights."""
    run("SET LOCAL search_path = fristad, pg_temp")
    run(SchemaManager.get_schema())
    run_file("0002_jobs.sql")
    run("SET LOCAL search_path = DEFAULT")


def downgrade() -> None:
    """Remove the queue."""
    run_file("0002_jobs_down.sql")
