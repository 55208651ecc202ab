"""`fristad keys public` and `fristad keys honey`."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

from typer.testing import CliRunner

from service.commands.keys import keys_app
from service.crypto.vault import Vault, create_vault, seal_to


def test_a_first_load_is_sealed_to_what_is_printed(tmp_path: Path) -> None:
    create_vault(tmp_path / "keys")
    done = CliRunner().invoke(keys_app, ["public", "--data", str(tmp_path)])
    told = json.loads(done.stdout)
    assert "d" not in told
    assert Vault(tmp_path / "keys").unseal(seal_to(told, [])) == b"[]"


def test_bait_is_laid_and_its_id_not_printed(tmp_path: Path) -> None:
    create_vault(tmp_path / "keys")
    bait = uuid4()
    done = CliRunner().invoke(keys_app, ["honey", str(bait), "--data", str(tmp_path)])
    assert done.exit_code == 0
    assert str(bait) not in done.output
    assert Vault(tmp_path / "keys").is_honey(bait)


def test_without_a_store_both_are_refused(tmp_path: Path) -> None:
    for told in (["public"], ["honey", str(uuid4())]):
        done = CliRunner().invoke(keys_app, [*told, "--data", str(tmp_path)])
        assert done.exit_code == 2
        assert "reveal" in done.output
