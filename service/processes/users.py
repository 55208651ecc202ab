"""Who owns the database server when the command is run by root: an account without rights."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from matching.errors import FristadError

__all__ = ["ACCOUNTS", "Account", "Credentials", "NotStarted", "own_folder", "server_account"]

ACCOUNTS = ("fristad", "nobody")
"""Whom a root command gives the server to, the first that exists: made for it, else the one every system has."""


class NotStarted(FristadError):
    """A process of the service cannot or must not start; the message is for people and says what to do."""


class Credentials(TypedDict, total=False):
    """What `subprocess.Popen` takes to run a child as somebody else."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """An operating-system user, by number.

    Parameters
    ----------
    uid, gid : its numbers
    dropped : whether the command runs as root and hands the server to this account
    """

    uid: int
    gid: int
    dropped: bool

    @property
    def credentials(self) -> Credentials:
        """Arguments of `subprocess.Popen` that make a child run as this account, without any other group.

        Examples
        --------
        >>> Account(uid=1000, gid=1000, dropped=False).credentials
        {}
        >>> Account(uid=65534, gid=65534, dropped=True).credentials
        {'user': 65534, 'group': 65534, 'extra_groups': []}
        """
        return Credentials(user=self.uid, group=self.gid, extra_groups=[]) if self.dropped else Credentials()


def server_account(cluster: Path) -> Account:
    """The account the database server runs as.

    That is the caller, unless the caller is root: then the owner of an existing cluster, else the first of `ACCOUNTS`.
    Nothing is ever given to another owner once it exists: root changing owners inside a folder that somebody
    else writes could be led to give away a file of the system.

    Parameters
    ----------
    cluster : the server's data folder; may be missing

    Raises
    ------
    NotStarted : the cluster is somebody else's or root's, or no account without rights exists
    """
    try:
        owner = os.lstat(cluster).st_uid
    except FileNotFoundError:
        owner = None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise NotStarted("The database in the data folder belongs to another user: run the command as that user.")
        return Account(os.geteuid(), os.getegid(), dropped=False)
    if owner == 0:
        raise NotStarted("The database in the data folder belongs to root, and root must not run a database server.")
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0 and owner in (None, entry.pw_uid):
            return Account(entry.pw_uid, entry.pw_gid, dropped=True)
    if owner is not None:
        try:
            return Account(owner, pwd.getpwuid(owner).pw_gid, dropped=True)
        except KeyError:
            return Account(owner, os.lstat(cluster).st_gid, dropped=True)
    raise NotStarted(
        "Run by root, and no user without rights is there to own the database server: "
        "useradd --system --no-create-home fristad"
    )


def own_folder(folder: Path, account: Account) -> None:
    """Make a folder only `account` can enter; one that is there must be exactly that already.

    Parameters
    ----------
    folder : its parent belongs to the caller and is writable by nobody else
    account : whose it becomes

    Raises
    ------
    NotStarted : something else of that name is there, or somebody else owns it or can enter it
    """
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        pass
    else:
        if account.dropped:
            os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077 or found.st_uid != account.uid:
        raise NotStarted(
            f"The folder '{folder.name}' in the data folder is not a private folder of the user who runs the server: "
            "give it that owner and mode 0700, or use another data folder."
        )
