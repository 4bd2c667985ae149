"""Errors, as a tree. Everything under `Actionable` is something the person at the screen can act on.

    CountersignError
    └── Actionable            a sentence and a next step
        ├── Offline           needs a network that is not there
        ├── SignInRequired    needs a signed-in person
        ├── Rejected          asked for something the rules do not allow
        │   └── NoSuchCase    names a case that is not in this workspace
        ├── Conflict          somebody else changed the same thing
        ├── Unreadable        a document that cannot be understood
        │   └── Cancelled     the person stopped the work before it ended
        ├── Locked            the workspace cannot be opened with what was given
        └── StorageFailed     the disk is full, gone or refuses

Anything else that is raised is a bug: it reaches the log and the crash dialog.
"""

from __future__ import annotations


class CountersignError(Exception):
    """The root of every error this program raises on purpose."""


class Actionable(CountersignError):
    """Something the person can act on: `reason` is a full sentence, `next_step` says what to do.

    `code` names the sentence, so that a view can show it in another language with `params`.
    No name or value of a patient may be put into any of them: they reach the log.
    """

    def __init__(self, reason: str, next_step: str = "", *, code: str = "", **params: str | int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.next_step = next_step
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return f"{self.reason} {self.next_step}".strip()


class Offline(Actionable):
    """A network is needed and is not there."""


class SignInRequired(Actionable):
    """Somebody has to sign in first."""


class Rejected(Actionable):
    """The rules of the case do not allow what was asked."""


class NoSuchCase(Rejected):
    """The workspace holds no case of that id or receipt."""


class Conflict(Actionable):
    """The same thing was changed elsewhere."""


class Unreadable(Actionable):
    """The document cannot be understood; it stays in the queue with this reason."""


class Cancelled(Unreadable):
    """The person stopped the work before it ended."""


class Locked(Actionable):
    """The workspace cannot be opened with the key or passphrase given."""


class StorageFailed(Actionable):
    """The disk is full, gone, or refuses to write; nothing that was called saved is lost."""
