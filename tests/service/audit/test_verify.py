"""The verifier stands alone, says what is wrong and from where on."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from service.audit import export, verify
from service.audit.verify import Finding, Unreadable, main
from service.audit.witness import FILE, Witness, records
from tests.service.audit.trails import (
    COSIGNER,
    LOG,
    NOW,
    OTHER_LOG,
    Trail,
    contents,
    head,
    signer,
    trail,
    witnessed,
)

SOURCE = Path(verify.__file__)
SIZES = (4, 9, 20, 31)
ENTRIES = contents(SIZES[-1])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Trail:
    """A whole trail; a test that damages something makes its own files."""
    return trail(tmp_path_factory.mktemp("trail"), ENTRIES, SIZES)


def judged(whole: Trail, exported: Path | None = None, witness: Path | None = None) -> verify.Verdict:
    return verify.verify(exported or whole.export, whole.key, witness or whole.witness, whole.witness_key)


def exported(path: Path, notes: Sequence[str], entries: Sequence[bytes]) -> Path:
    export.write(path, notes, entries)
    return path


def notes_of(whole: Trail) -> list[str]:
    """The notes of the export, as the log signed them."""
    return records(whole.export.read_text(encoding="utf-8").split("\n", 1)[1].split("{")[0])[0]


# It stands alone


def test_it_imports_nothing_of_the_project() -> None:
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "."]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= {*sys.stdlib_module_names, "cryptography"}


def test_one_copied_file_verifies_with_nothing_of_ours_loaded(whole: Trail, tmp_path: Path) -> None:
    shutil.copy(SOURCE, tmp_path / "verify.py")
    code = (
        "import sys, runpy\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as end: code = end.code\n"
        "ours = {'service', 'matching', 'geodata', 'benchmarks'} & set(sys.modules)\n"
        "sys.exit(99 if ours else code)\n"
    )
    told = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            f"import sys; sys.argv = sys.argv[1:]\n{code}",
            str(tmp_path / "verify.py"),
            str(whole.export),
            *("--key", str(whole.key), "--witness", str(whole.witness), "--witness-key", str(whole.witness_key)),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == "Whole: 31 entries, 4 checkpoints; the witness has seen 31.\n"


# What is whole


def test_a_whole_trail_is_whole(whole: Trail) -> None:
    assert judged(whole) == verify.Verdict(entries=31, checkpoints=4, witnessed=31, findings=[])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9])
def test_a_short_trail_is_whole(tmp_path: Path, size: int) -> None:
    short = trail(tmp_path, contents(size), [size])
    assert judged(short).whole


def test_a_trail_the_witness_has_seen_only_a_part_of_is_whole(whole: Trail, tmp_path: Path) -> None:
    witnessed(tmp_path, ENTRIES, SIZES[:2])
    verdict = judged(whole, witness=tmp_path / FILE)
    assert (verdict.whole, verdict.witnessed) == (True, 9)


def test_without_a_witness_it_says_what_it_cannot_see(whole: Trail, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(whole.export), "--key", str(whole.key)]) == 0
    assert "a trail rolled back as a whole would look whole" in capsys.readouterr().out


def test_a_head_signed_by_a_former_key_is_believed_while_it_is_named(tmp_path: Path) -> None:
    notes = [head(ENTRIES[:9], OTHER_LOG), head(ENTRIES)]
    file = exported(tmp_path / "trail.txt", notes, ENTRIES)
    (tmp_path / "both.pub").write_text(f"{OTHER_LOG.public}\n{LOG.public}\n", encoding="utf-8")
    (tmp_path / "one.pub").write_text(f"{LOG.public}\n", encoding="utf-8")
    assert verify.verify(file, tmp_path / "both.pub").whole
    assert verify.verify(file, tmp_path / "one.pub").findings == [
        Finding("number 1 of the export's checkpoints is no checkpoint signed by the keys given")
    ]


# What is not, and from where on


def test_an_edited_entry_is_told_by_the_checkpoints_around_it(whole: Trail, tmp_path: Path) -> None:
    entries = list(ENTRIES)
    assert b'"outcome":"refused"' in entries[10]
    entries[10] = entries[10].replace(b'"outcome":"refused"', b'"outcome":"done"')
    file = exported(tmp_path / "trail.txt", notes_of(whole), entries)
    assert judged(whole, file).findings == [
        Finding("entries up to 20 are not those that the export's checkpoint was signed over", 10),
        Finding("entries up to 20 are not those that the witness's checkpoint was signed over", 10),
    ]


def test_a_deleted_entry_is_told_at_its_number(whole: Trail, tmp_path: Path) -> None:
    file = exported(tmp_path / "trail.txt", notes_of(whole), [*ENTRIES[:12], *ENTRIES[13:]])
    assert judged(whole, file).findings[0] == Finding("the numbers of the entries do not follow each other", 13)


def test_free_text_in_an_entry_is_told_at_its_number(whole: Trail, tmp_path: Path) -> None:
    entries = list(ENTRIES)
    entries[5] = entries[5].replace(b'"act":"', b'"act":"the blue house ')
    file = exported(tmp_path / "trail.txt", notes_of(whole), entries)
    assert judged(whole, file).findings[0] == Finding("an entry is not in the form of an entry", 6)


def test_an_entry_behind_the_last_checkpoint_is_told(whole: Trail, tmp_path: Path) -> None:
    file = exported(tmp_path / "trail.txt", notes_of(whole), contents(32))
    assert judged(whole, file).findings == [Finding("no checkpoint of the export covers what stands there", 32)]


@pytest.mark.parametrize("left", range(len(SIZES)))
def test_a_rollback_to_any_former_head_is_caught_by_the_witness(whole: Trail, tmp_path: Path, left: int) -> None:
    size = SIZES[left - 1] if left else 0
    file = exported(tmp_path / "trail.txt", notes_of(whole)[:left], ENTRIES[:size])
    assert verify.verify(file, whole.key).whole  # alone it looks whole
    if left < len(SIZES):
        verdict = judged(whole, file)
        assert Finding("rolled back: the witness has seen more entries than there are", size + 1) in verdict.findings


def test_history_written_anew_by_who_holds_the_signing_key_is_caught_by_the_witness(
    whole: Trail, tmp_path: Path
) -> None:
    entries = [*ENTRIES[:6], *contents(len(ENTRIES) - 6, first=7)]
    entries[6] = entries[6].replace(b'"role":"', b'"role":"x')
    notes = [head(entries[:size]) for size in SIZES]
    file = exported(tmp_path / "trail.txt", notes, entries)
    assert verify.verify(file, whole.key).whole
    told = [finding for finding in judged(whole, file).findings if finding.from_entry is not None]
    assert told == [Finding("entries up to 9 are not those that the witness's checkpoint was signed over", 5)]


def test_a_checkpoint_taken_out_of_the_export_is_told(whole: Trail, tmp_path: Path) -> None:
    notes = notes_of(whole)
    file = exported(tmp_path / "trail.txt", [notes[0], *notes[2:]], ENTRIES)
    assert judged(whole, file).findings == [Finding("a checkpoint the witness has accepted is not in the export")]


def test_checkpoints_of_another_order_are_told(whole: Trail, tmp_path: Path) -> None:
    notes = notes_of(whole)
    file = exported(tmp_path / "trail.txt", [notes[1], notes[0], *notes[2:]], ENTRIES)
    assert Finding("the export's checkpoints do not grow: number 2") in judged(whole, file).findings


def test_a_cosignature_of_somebody_else_is_told(tmp_path: Path) -> None:
    made = trail(tmp_path, ENTRIES[:4], [4])
    forged = Witness(tmp_path / "forged", [LOG.public], signer(COSIGNER.name, COSIGNER.kind, 9))
    forged.accept(head(ENTRIES[:4]), 0, (), NOW)
    assert judged(made, witness=forged.folder / FILE).findings == [
        Finding("number 1 of the witness's checkpoints is no checkpoint signed by the keys given")
    ]


@pytest.mark.parametrize("cut", [1, 2, 30, 150])
def test_a_witness_file_cut_short_is_told(whole: Trail, tmp_path: Path, cut: int) -> None:
    (tmp_path / FILE).write_bytes(whole.witness.read_bytes()[:-cut])
    assert not judged(whole, witness=tmp_path / FILE).whole


@pytest.mark.parametrize("end", [b"", b"x", b" ", b"\r\n"])
def test_the_last_entry_ends_as_every_other(whole: Trail, tmp_path: Path, end: bytes) -> None:
    (tmp_path / "trail.txt").write_bytes(whole.export.read_bytes()[:-1] + end)
    assert Finding("an entry is not in the form of an entry", 31) in judged(whole, tmp_path / "trail.txt").findings


def test_many_findings_are_bounded(whole: Trail, tmp_path: Path) -> None:
    file = exported(tmp_path / "trail.txt", notes_of(whole), [b"{}"] * 500)
    assert len(judged(whole, file).findings) == verify.MOST_FINDINGS


# What cannot be read


def test_what_is_no_export_cannot_be_verified(whole: Trail, tmp_path: Path) -> None:
    for content in (b"", b"fristad audit export 2\n", b"\x00" * 100):
        (tmp_path / "trail.txt").write_bytes(content)
        with pytest.raises(Unreadable, match="does not begin as an export does"):
            judged(whole, tmp_path / "trail.txt")


def test_a_missing_file_is_named_by_what_it_is(
    whole: Trail, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = str(tmp_path / "gone")
    key = str(whole.key)
    for arguments, told in (
        ([gone, "--key", key], "the export cannot be read"),
        ([str(whole.export), "--key", gone], "the public key cannot be read"),
        ([str(whole.export), "--key", key, "--witness", gone], "the witness's file cannot be read"),
    ):
        assert main(arguments) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert told in captured.err
        assert gone not in captured.err


DAMAGED_KEYS = {
    "nothing": "",
    "no key": "x",
    "no text": "\xff",
    "cut": str(LOG.public)[:-1],
    "longer": f"{LOG.public}x",
    "the witness's": str(COSIGNER.public),
    "no content": "a+00000000+",
    "another id": str(LOG.public).replace(LOG.public.id.hex(), "00000000"),
}


@pytest.mark.parametrize("key", DAMAGED_KEYS.values(), ids=DAMAGED_KEYS.keys())
def test_a_damaged_key_cannot_be_used(whole: Trail, tmp_path: Path, key: str) -> None:
    (tmp_path / "log.pub").write_text(key, encoding="utf-8")
    with pytest.raises(Unreadable, match=r"the public key|holds none"):
        verify.verify(whole.export, tmp_path / "log.pub")


def test_another_trails_key_believes_nothing(whole: Trail, tmp_path: Path) -> None:
    (tmp_path / "other.pub").write_text(f"{OTHER_LOG.public}\n", encoding="utf-8")
    assert not verify.verify(whole.export, tmp_path / "other.pub").whole


def test_the_machine_readable_answer(whole: Trail, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = exported(tmp_path / "trail.txt", notes_of(whole), ENTRIES[1:])
    assert main([str(file), "--key", str(whole.key), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["whole"], told["entries"], told["witnessed"]) == (False, 30, None)
    assert told["findings"][0] == {
        "wrong": "the numbers of the entries do not follow each other",
        "from_entry": 1,
    }
