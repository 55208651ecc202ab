"""The measurement of the verifier measures what it says."""

from __future__ import annotations

import json

import pytest

from benchmarks.audit_verify import main


def test_a_small_trail_is_generated_verified_and_its_change_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--entries", "12345"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["entries"], told["checkpoints"], told["change_found"], told["met"]) == (12345, 2, True, True)
    # the change is another word of the same form, so the root of the checkpoint behind it finds it
    assert told["first_finding"][0]["from_entry"] == 1
