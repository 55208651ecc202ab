"""No key, plaintext or id in what an object or an exception shows of itself."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from service.crypto import CannotOpen, Domain, KeysRejected, Masters, load_keyring
from service.crypto.gcm import Secret
from service.crypto.keyfiles import key_file, read_keyfile, subjects_folder
from service.crypto.masters import FileKeys
from service.crypto.subjects import SubjectKeys
from service.crypto.tags import Tagger
from tests.service.crypto.promises import HERE

SUBJECT = UUID("5ec2e700-1111-4222-8333-444455556666")
PLAINTEXT = b"CANARY-PLAINTEXT-0123456789"


def forms(secret: bytes) -> list[str]:
    """How bytes look when somebody prints them."""
    return [secret.hex(), b64encode(secret).decode(), repr(secret)[2:-1], str(list(secret))[1:-1]]


def shown(thing: object) -> str:
    return f"{thing!r} {thing!s} {vars(thing) if hasattr(thing, '__dict__') else ''}"


def test_no_object_shows_a_key(folder: Path) -> None:
    ring = load_keyring(folder, "back")
    ring.subjects.make(Domain.CASE, SUBJECT)
    key = ring.subjects.get(Domain.CASE, SUBJECT)
    held = read_keyfile(key_file(folder, "back"))[0]
    masters = [secret for versions in held.keys.values() for secret in versions.values()]
    secrets = [key.secret, held.tag, *masters]
    things = [ring, ring.sealer, ring.tagger, ring.subjects, key, held, *secrets]
    things += [Masters(held), FileKeys(key_file(folder, "back")), Tagger(held.tag)]
    said = " ".join(map(shown, things))
    for secret in secrets:
        assert not any(form in said for form in forms(secret.reveal()))


def test_a_key_leaves_its_process_in_no_pickle_and_no_copy() -> None:
    secret = Secret.fresh()
    for way in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not copied out of its process"):
            way(secret)
    with pytest.raises(ValueError, match=r"^a key has 32 bytes$"):
        Secret(b"short")


def spoiled(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))


@pytest.mark.parametrize("harm", ["destroyed", "damaged", "away", "elsewhere", "spoiled", "cut"])
def test_no_exception_shows_an_id_a_path_or_a_plaintext(
    folder: Path, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    ring = load_keyring(folder, "back")
    ring.subjects.make(Domain.CASE, SUBJECT)
    sealed = ring.sealer.seal(Domain.CASE, SUBJECT, HERE, PLAINTEXT)
    harms: dict[str, Callable[[], object]] = {
        "destroyed": lambda: ring.subjects.destroy(Domain.CASE, SUBJECT),
        "damaged": lambda: spoiled(subjects_folder(folder) / "case" / f"{SUBJECT}.key"),
        "away": lambda: subjects_folder(folder).rename(folder / "away"),
        "elsewhere": lambda: None,
        "spoiled": lambda: None,
        "cut": lambda: None,
    }
    harms[harm]()
    place = HERE if harm != "elsewhere" else HERE + "9"
    given = {"spoiled": sealed[:-1] + bytes([sealed[-1] ^ 1]), "cut": sealed[:50]}.get(harm, sealed)
    try:
        ring.sealer.open(Domain.CASE, SUBJECT, place, given)
    except CannotOpen as bad:
        logging.getLogger("fristad").exception("a record was not opened")
        said = "".join(traceback.format_exception(bad)) + repr(bad) + str(bad) + str(bad.args) + caplog.text
    else:
        pytest.fail("it opened")
    for canary in (str(SUBJECT), SUBJECT.hex, "CANARY", HERE, str(folder), "Errno"):
        assert canary not in said


def test_a_rejected_key_file_shows_its_name_and_no_more(folder: Path) -> None:
    path = key_file(folder, "front")
    key = b64encode(bytes(32)).decode()
    path.write_text(json.dumps({"format": 1, "in_use": {"case": 1}, "case": {"1": key}, "tag": {"1": "CANARY"}}))
    with pytest.raises(KeysRejected) as caught:
        FileKeys(path)
    said = "".join(traceback.format_exception(caught.value))
    assert "front.key: case.1: is a default or typed key" in said
    assert not any(canary in said for canary in (key, "CANARY", str(folder)))


def test_a_wrapped_key_on_the_disk_is_not_the_key(folder: Path) -> None:
    ring = load_keyring(folder, "back")
    ring.subjects.make(Domain.CASE, SUBJECT)
    secret = ring.subjects.get(Domain.CASE, SUBJECT).secret.reveal()
    stored = (subjects_folder(folder) / "case" / f"{SUBJECT}.key").read_bytes()
    assert not any(secret[at : at + 8] in stored for at in range(25))
    assert isinstance(ring.subjects, SubjectKeys)
