"""Everything over a database of its own."""

from __future__ import annotations

from tests.service.harness import harness, module_harness

__all__ = ["harness", "module_harness"]
