"""What may go wrong in the service, as RFC 9457 problems; none of them carries a value of the input.

Problem                 any of them: a status, a stable code, a sentence, faults
├── Rejected            422  the body is wrong: every fault, by path
├── NotFound            404  it does not exist, or it is not yours: the same answer
├── Unauthenticated     401  no token, or one that does not hold
├── Reauthenticate      401  the token holds, but its owner signed in too long ago for this
├── Conflict            409  out of step, taken, or already done
│   └── KeptConflict    409  the same, and that it was tried is remembered
├── TooLarge            413  more than is read
└── Unavailable         503  the database or the keys are away for a moment
"""

from __future__ import annotations

from collections.abc import Iterable

from matching.errors import Fault, FristadError

__all__ = ["Conflict", "KeptConflict", "NotFound", "Problem", "Rejected", "TooLarge", "Unauthenticated", "Unavailable"]


class Problem(FristadError):
    """A stated refusal.

    Parameters
    ----------
    code : stable, machine-readable, from the closed vocabulary of docs/api.md
    title : one sentence for people, without any value of the input
    faults : what is wrong, by path

    Notes
    -----
    `is_kept`: what the act wrote before it was refused is committed, such as an alarm or a failed attempt that counts.
    """

    status = 500
    is_kept = False

    def __init__(self, code: str, title: str, faults: Iterable[Fault] = ()) -> None:
        super().__init__(title)
        self.code = code
        self.title = title
        self.faults = tuple(faults)


class Rejected(Problem):
    """The body is wrong."""

    status = 422

    def __init__(self, faults: Iterable[Fault], code: str = "rejected", title: str = "The input is rejected.") -> None:
        super().__init__(code, title, faults)


class NotFound(Problem):
    """It does not exist, or it is not yours: nobody can tell which."""

    status = 404

    def __init__(self) -> None:
        super().__init__("not_found", "Nothing of that address is here for you.")


class Unauthenticated(Problem):
    """No token, or one that does not hold."""

    status = 401

    def __init__(self) -> None:
        super().__init__("unauthenticated", "A valid bearer token is needed.")


class Reauthenticate(Problem):
    """The token holds, but its owner signed in too long ago for this."""

    status = 401

    def __init__(self) -> None:
        super().__init__("sign_in_again", "Sign in again: this needs a sign-in within the last fifteen minutes.")


class Conflict(Problem):
    """A step out of order, a thing already done, a bed just taken.

    Examples
    --------
    >>> Conflict("out_of_order", "The measure decision comes first.").status
    409
    """

    status = 409


class KeptConflict(Conflict):
    """A refusal that is remembered: the alarm and the count written before it stay."""

    is_kept = True


class TooLarge(Problem):
    """More than is read."""

    status = 413

    def __init__(self) -> None:
        super().__init__("too_large", "The request is larger than what is read.")


class Unavailable(Problem):
    """The database or a key is away for a moment; nothing was done."""

    status = 503

    def __init__(self) -> None:
        super().__init__("unavailable", "The service cannot answer now; nothing was done. Try again in a minute.")
