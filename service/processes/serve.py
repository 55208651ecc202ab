"""A data folder becomes a running service: keys, database, migrations, then the processes."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from matching.errors import Fault, FristadError, InputRejected
from service.processes.addresses import addresses
from service.processes.child import NAMES
from service.processes.postgres_roles import OWNER, SUPERUSER
from service.processes.supervisor import Supervisor
from service.settings import Settings

__all__ = ["initialise", "insist_on_ports", "insist_on_trust", "serve", "signer_of"]

_READER: Final = "fristad_back"
_LOG: Final = logging.getLogger("fristad.supervisor")


def initialise(data: Path) -> tuple[Path, ...]:
    """Make the keys of a new data folder: the masters, the vault, the trail's signer and its witness.

    What `fristad keys init` or `fristad audit init` has made stays; what has never been made is made.

    Returns
    -------
    what was made; nothing where everything is there already

    Raises
    ------
    InputRejected : keys are missing that must have existed: lost keys are never replaced by new ones
    """
    from service.audit.keeping import make_keys, witness_folder
    from service.crypto.keyfiles import create_keys, key_file
    from service.crypto.vault import create_vault, vault_folder

    keys = data / "keys"
    masters = [key_file(keys, name).exists() for name in NAMES]
    vault = any(vault_folder(keys).glob("*"))
    trail = (keys / "audit.key").exists()
    was_served = (data / "postgres").exists()
    lost = (any(masters) or vault or was_served) and not all(masters)
    lost |= was_served and not (vault and trail)
    lost |= not trail and (witness_folder(data) / "accepted.notes").exists()
    if lost:
        raise InputRejected(
            [Fault("the key folder", "lacks some of its keys", "all of them, from the backup of the keys")]
        )
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    made: list[Path] = []
    if not all(masters):
        made += create_keys(keys)
    if not vault:
        made.append(create_vault(keys))
    if not trail:
        made += make_keys(data)
    return tuple(made)


def insist_on_ports(settings: Settings, names: Sequence[str], *, tls: bool) -> None:
    """Refuse what would only fail later: an address for others without TLS, a port that is taken.

    Raises
    ------
    InputRejected : with every fault
    """
    from service.demo_issuer import is_loopback

    faults = []
    if not is_loopback(settings.host) and not tls:
        faults.append(Fault("settings.host", "can be reached by others", "127.0.0.1, or --tls-cert and --tls-key"))
    ports = {"front": settings.front_port, "back": settings.back_port}
    for name in names:
        if name in ports and not _is_free(settings.host, ports[name]):
            faults.append(Fault(f"settings.{name}_port", "is in use or may not be used", "a free port"))
    if faults:
        raise InputRejected(faults)


def insist_on_trust(data: Path) -> None:
    """Refuse to serve when nobody could sign in or sign anything.

    Raises
    ------
    InputRejected : the public keys of the issuer, or of the organisations, are missing
    SignersRejected : those of the organisations cannot be used
    """
    from service.auth import JWKS
    from service.signatures import FILE, Signers

    accepted = "a JWK set of public keys (docs/operations.md); fristad serve --demo makes one for a demonstration"
    faults = [
        Fault(name, "is missing in the data folder", accepted) for name in (JWKS, FILE) if not (data / name).is_file()
    ]
    if faults:
        raise InputRejected(faults)
    Signers.of(data)  # a file that cannot be used is said now, not at the first signature


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def signer_of(data: Path, url: str) -> Callable[[], None]:
    """What signs the head of the trail and shows it to the witness; a refusal is logged loudly, and stops nobody."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    from service.audit.checkpoint import publish
    from service.audit.keeping import keeper
    from service.clock import utc_now

    signer, witness = keeper(data)
    engine = create_engine(url, hide_parameters=True, poolclass=NullPool)

    def sign() -> None:
        try:
            with engine.connect() as connection:
                publish(connection, signer, witness, utc_now())
        except SQLAlchemyError as away:
            _LOG.warning("the trail's head was not signed: the database is away (%s)", type(away).__name__)
        except (FristadError, OSError) as refused:  # OSError: the witness's folder is away, full or closed to us
            _LOG.critical("ALARM: the trail's head was not signed: %s", type(refused).__name__)

    return sign


def _until_told() -> threading.Event:
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopped


def _fill(data: Path, urls: Mapping[str, str], week: bytes) -> None:
    from service.processes.demo import fill, is_demo

    if SUPERUSER not in urls or not is_demo(data):
        raise InputRejected([Fault("--week", "is told for a register of real people", "--demo, and no other database")])
    fill(urls[SUPERUSER], data / "keys", week)


def serve(
    data: Path,
    names: Sequence[str] = NAMES,
    *,
    tls: tuple[Path, Path] | None = None,
    ready: Callable[[], None] = lambda: None,
    week: bytes | None = None,
) -> None:
    """Serve a data folder until told to stop.

    Parameters
    ----------
    data : the data folder; its keys exist
    names : which processes this machine runs
    tls : certificate and key files; needed on any address others can reach
    ready : called once, when all of them answer
    week : a synthetic week that is put into the new register of a demonstration first

    Raises
    ------
    InputRejected, KeysRejected, NotStarted : what to mend first; nothing runs
    """
    from service.crypto.files import locked
    from service.store.migrate import upgrade

    settings = Settings.load(data)
    insist_on_ports(settings, names, tls=tls is not None)
    if set(names) - {"solver"}:
        insist_on_trust(data)
    stopped = _until_told()
    serving = data / "serving"  # a folder of its own: keys can be renewed while the service runs
    serving.mkdir(mode=0o700, exist_ok=True)
    with locked(serving, wait=False), addresses(data) as where:
        urls = where.urls
        missing = [name for name in names if f"fristad_{name}" not in urls]
        if missing:
            told = ", ".join(f"FRISTAD_DATABASE_URL_{name.upper()}" for name in missing)
            raise InputRejected([Fault("the environment", "lacks the address of a database role", told)])
        if OWNER in urls:
            upgrade(urls[OWNER])
        if week is not None:
            _fill(data, urls, week)
        # The back's role may read the whole trail; it is not the back that holds the key which signs it.
        checkpoint = signer_of(data, urls[_READER]) if _READER in urls else None
        supervisor = Supervisor(data, where, names, tls, checkpoint)
        try:
            supervisor.start()
            supervisor.run(stopped.is_set, ready)
        finally:
            supervisor.stop()
