"""What Alembic runs for every command: one transaction on the connection that `service.store.migrate` hands in."""

from __future__ import annotations

from alembic import context

from service.store.tables import SCHEMA, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=SCHEMA,
)
context.run_migrations()
