"""The revisions of the register's tables; run by `service.store.migrate`."""
