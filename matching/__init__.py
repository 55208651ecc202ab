"""The placement-matching engine: no web, no database, no coordinates, no clock."""
