"""`fristad keys public`."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from service.commands.keys import keys_app
from service.crypto.vault import Vault, create_vault, seal_to


def test_a_first_load_is_sealed_to_what_is_printed(tmp_path: Path) -> None:
    create_vault(tmp_path / "keys")
    done = CliRunner().invoke(keys_app, ["public", "--data", str(tmp_path)])
    told = json.loads(done.stdout)
    assert "d" not in told
    assert Vault(tmp_path / "keys").unseal(seal_to(told, [])) == b"[]"


def test_without_a_store_it_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(keys_app, ["public", "--data", str(tmp_path)])
    assert done.exit_code == 2
    assert "reveal" in done.output
