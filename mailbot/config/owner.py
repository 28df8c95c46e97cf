"""The config of the person who writes: who it is, what holds for whom, and what may be learnt of and shown.

Owns ``[owner]``, ``[[owner.for]]``, ``[voice]`` and ``[[notes]]``. Refuses to know who is answered: which of these
tables counts for a draft is decided by ``mailbot.own``.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from mailbot.config import value as values
from mailbot.config.account import Filled, Folder, Language, Table


class For(Table):
    """What the owner wants of replies to one address, or to everybody in one domain."""

    match: Annotated[str, AfterValidator(values.correspondent)]
    instructions: Filled


class Owner(Table):
    """Who writes. ``language`` is for mails whose own language cannot be told, ``instructions`` for every reply."""

    name: Filled
    about: str = ""
    signature: str = ""
    language: Annotated[Language, Field(min_length=1)] = "en"
    timezone: Annotated[str, AfterValidator(values.timezone)] = ""
    instructions: str = ""
    special: tuple[For, ...] = Field(default=(), alias="for")


class Learning(Table):
    """What is learnt of the owner's way to write. ``from_sent``: from the mails in Sent."""

    from_sent: bool = True


class Notes(Table):
    """A folder of markdown. Its notes are shown to the model when everybody who gets the reply is in ``share_with``:
    addresses, domains, or "anyone"."""

    folder: Annotated[Folder, BeforeValidator(values.filled)]
    share_with: tuple[Annotated[str, AfterValidator(values.reader)], ...]

    @field_validator("share_with")
    @classmethod
    def _somebody(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError('must name who may read the notes: addresses, domains, or "anyone"')
        return value
