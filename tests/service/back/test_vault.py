"""The reveal key store: what opens, what does not, and who may read its file."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from joserfc import jwe
from joserfc.jwk import OctKey, OKPKey

from service.crypto import CannotOpen, KeysRejected
from service.crypto.vault import Bait, Vault, create_vault, seal_to, vault_folder


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    create_vault(tmp_path)
    return Vault(tmp_path)


def test_what_was_sealed_to_the_public_key_opens(vault: Vault) -> None:
    assert json.loads(vault.unseal(seal_to(vault.public_key(), {"a": [1]}))) == {"a": [1]}


def test_the_public_key_has_no_private_part(vault: Vault) -> None:
    assert set(vault.public_key()) >= {"kty", "crv", "x"}
    assert "d" not in vault.public_key()


def test_a_large_text_opens(vault: Vault) -> None:
    large = "x" * 1_000_000
    assert json.loads(vault.unseal(seal_to(vault.public_key(), large))) == large


def test_another_key_opens_nothing(vault: Vault, tmp_path: Path) -> None:
    create_vault(tmp_path / "other")
    other = Vault(tmp_path / "other")
    with pytest.raises(CannotOpen):
        other.unseal(seal_to(vault.public_key(), 1))


@pytest.mark.parametrize("text", ["", "a", "a.b.c.d.e", "....", "\udce5", "é.é.é.é.é"])
def test_text_that_is_no_jwe_is_refused(vault: Vault, text: str) -> None:
    with pytest.raises(CannotOpen):
        vault.unseal(text)


def test_a_changed_character_is_refused(vault: Vault) -> None:
    head, _, _, _, tag = (sealed := seal_to(vault.public_key(), 1)).split(".")
    with pytest.raises(CannotOpen):
        vault.unseal(sealed.removesuffix(tag) + tag[::-1])
    with pytest.raises(CannotOpen):
        vault.unseal(sealed.replace(head, head[:-4] + "AAAA"))


def test_other_algorithms_and_compression_are_refused(vault: Vault) -> None:
    public = OKPKey.import_key(vault.public_key())
    plain = jwe.encrypt_compact({"alg": "ECDH-ES", "enc": "A256GCM"}, b"1", public, algorithms=["ECDH-ES", "A256GCM"])
    shared = jwe.encrypt_compact(
        {"alg": "dir", "enc": "A256GCM"}, b"1", OctKey.generate_key(256), algorithms=["dir", "A256GCM"]
    )
    packed = jwe.encrypt_compact(
        {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "zip": "DEF"},
        b"1",
        public,
        algorithms=["ECDH-ES+A256KW", "A256GCM", "DEF"],
    )
    for text in (plain, shared, packed):
        with pytest.raises(CannotOpen):
            vault.unseal(text)


@pytest.mark.parametrize(
    "public",
    [
        None,
        {},
        {"kty": "oct", "crv": "X25519", "x": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    ],
)
def test_nothing_is_sealed_to_what_is_no_key(public: object) -> None:
    with pytest.raises(CannotOpen):
        seal_to(public, 1)


def test_bait_is_known_at_once_and_by_every_process(vault: Vault, tmp_path: Path) -> None:
    bait = uuid4()
    assert not vault.is_honey(bait, None)
    Vault(tmp_path).add_honey({bait: Bait("facility")})
    assert vault.is_honey(UUID(int=1), bait)


def test_a_second_creation_keeps_the_first_keys(vault: Vault, tmp_path: Path) -> None:
    sealed = seal_to(vault.public_key(), 1)
    create_vault(tmp_path)
    assert Vault(tmp_path).unseal(sealed) == b"1"


def test_a_store_that_is_missing_damaged_or_open_to_others_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeysRejected):
        Vault(tmp_path)
    create_vault(tmp_path)
    seal = vault_folder(tmp_path) / "seal.jwk"
    assert seal.stat().st_mode & 0o777 == 0o600
    seal.chmod(0o604)
    with pytest.raises(KeysRejected):
        Vault(tmp_path)
    seal.chmod(0o600)
    seal.write_text("{}")
    with pytest.raises(KeysRejected):
        Vault(tmp_path)
