"""A first load: sealed text in, counts out."""

from __future__ import annotations

from pydantic import Field

from service.crypto.vault import MOST_SEALED_BYTES
from service.schemas.back_common import Answer, Body, example

__all__ = ["FirstLoad", "LoadedOut"]


class FirstLoad(Body):
    """A compact JWE to the register's public key, of ``{"placements": [...], "residences": [...]}``."""

    model_config = example(sealed="eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d")

    sealed: str = Field(min_length=1, max_length=MOST_SEALED_BYTES)


class LoadedOut(Answer):
    """How many were written; those known already are named by their index alone."""

    model_config = example(placements=12, residences=3, duplicates=["placements[4]"])

    placements: int
    residences: int
    duplicates: tuple[str, ...]
