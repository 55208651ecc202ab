"""Faults an operator met, each under the name of what went wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from matching.cli import app
from service.crypto.files import locked
from service.processes.demo import prepare_demo
from service.processes.serve import initialise, insist_on_trust, signer_of
from service.settings import Settings
from service.signatures import SignersRejected
from tests.service.conftest import Database


def test_keys_hung_while_the_service_ran(tmp_path: Path) -> None:
    initialise(tmp_path)
    serving = tmp_path / "serving"  # what `serve` holds for all its life
    serving.mkdir()
    with locked(serving):
        done = CliRunner().invoke(app, ["keys", "rotate", "--domain", "place", "--data", str(tmp_path)])
    assert done.exit_code == 0, done.output


def test_a_second_service_on_one_folder_is_a_sentence(tmp_path: Path) -> None:
    initialise(tmp_path)
    prepare_demo(tmp_path, Settings.load(tmp_path))
    (tmp_path / "serving").mkdir()
    with locked(tmp_path / "serving"):
        done = CliRunner().invoke(app, ["serve", "--data", str(tmp_path), "--only", "solver"])
    assert done.exit_code == 2
    assert "Another process" in done.output


def test_a_demonstration_with_ports_of_its_own_waited_for_a_tick(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({"front_port": 18_990}), encoding="utf-8")
    prepare_demo(tmp_path, Settings.load(tmp_path))
    assert (Settings.load(tmp_path).release_tick_s, Settings.load(tmp_path).front_port) == (0, 18_990)
    (tmp_path / "settings.json").write_text(json.dumps({"release_tick_s": 5}), encoding="utf-8")
    prepare_demo(tmp_path, Settings.load(tmp_path))
    assert Settings.load(tmp_path).release_tick_s == 5


def test_a_witness_that_is_away_stopped_everything(tmp_path: Path, database: Database) -> None:
    initialise(tmp_path)
    sign = signer_of(tmp_path, database.url("fristad_back"))
    shutil.rmtree(tmp_path / "witness")
    sign()  # says so in the log, and the service goes on


def test_keys_of_organisations_that_cannot_be_used_are_said_at_the_start(tmp_path: Path) -> None:
    prepare_demo(tmp_path, Settings.load(tmp_path))
    (tmp_path / "organisations.jwks.json").write_text("[]", encoding="utf-8")
    with pytest.raises(SignersRejected):
        insist_on_trust(tmp_path)
