"""The processes of the service, and the database server that can come with it."""
