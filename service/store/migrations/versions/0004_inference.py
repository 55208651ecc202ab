"""Inference control: telling rounds, reasons of tasks, counted questions.

Revision ID: 0004
"""

from __future__ import annotations

from service.store.migrations.steps import run_file

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what inference control keeps."""
    run_file("0004_inference.sql")


def downgrade() -> None:
    """Take it away; `service.store.migrate.downgrade` has insisted that nothing is lost by it."""
    run_file("0004_inference_down.sql")
