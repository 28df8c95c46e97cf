"""The three kinds of trouble, by who must act, and the one for a command that was used wrongly.

    Later           nobody: it is tried again, by itself
      Unknown       the same, but the effect may have happened: look before trying again
    Refused         nobody can: this mail will never work; its job parks, the others go on
    OwnerMustAct    the owner: password, folder, quota, disk
    BadUsage        the owner, now: the command line or the config is wrong

Edges translate a library's errors into these at the boundary, with ``from``. Anything else that is raised is a bug.
"""

from __future__ import annotations


class MailbotError(Exception):
    """Something that mailbot expects to go wrong. ``str()`` is a sentence that a person can act on."""


class Later(MailbotError):
    """Transport trouble. ``after`` is the least wait in seconds that the other side asked for."""

    def __init__(self, reason: str, *, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


class Unknown(Later):
    """The connection broke while a command with an effect was under way: it may have happened."""


class Refused(MailbotError):
    """This input will never work, however often it is tried."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OwnerMustAct(MailbotError):
    """mailbot cannot go on here before the owner has done something. ``kind`` names the trouble in one word, for
    notices that go out once; ``hint`` says what to do."""

    def __init__(self, kind: str, reason: str, hint: str) -> None:
        super().__init__(f"{reason}. {hint}")
        self.kind = kind
        self.reason = reason
        self.hint = hint


class BadUsage(MailbotError):
    """The command line or the config is wrong; every problem found, each with its key."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
