"""The columns tables are made of, and the metadata they stand in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, LargeBinary, MetaData, Text, Uuid

__all__ = ["SCHEMA", "metadata", "moment", "one_of", "own_id", "ref", "sealed", "word"]

SCHEMA = "fristad"

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    },
)


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """Only these words."""
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=column)


def own_id() -> Column[Any]:
    """A random id, the primary key."""
    return Column("id", Uuid, primary_key=True)


def moment(name: str, *, nullable: bool = False) -> Column[Any]:
    """A moment with its zone."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def word(name: str, *, nullable: bool = False) -> Column[Any]:
    """A word of a closed vocabulary, or a pseudonym."""
    return Column(name, Text, nullable=nullable)


def sealed(*, nullable: bool = False) -> Column[Any]:
    """Bytes only a key of the right domain opens."""
    return Column("sealed", LargeBinary, nullable=nullable)


def ref(table: str, name: str | None = None, *, nullable: bool = False, primary: bool = False) -> Column[Any]:
    """The id of a row of another table."""
    column = name or f"{table.removesuffix('s')}_id"
    if table == "queries":
        column = name or "query_id"
    return Column(column, Uuid, ForeignKey(f"{SCHEMA}.{table}.id"), nullable=nullable, primary_key=primary)
