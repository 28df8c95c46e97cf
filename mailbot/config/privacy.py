"""The config of what a model may see: whose mails, and from where.

Owns ``[[privacy]]``. Refuses to know what a rule means for a mail (``mailbot.privacy``).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from mailbot.config import value as values
from mailbot.config.account import Filled, Table

CRITERIA = ("from", "folder", "keyword", "words")


Senders = Annotated[tuple[Annotated[str, AfterValidator(values.sender)], ...], Field(min_length=1)]
Keywords = Annotated[tuple[Annotated[str, AfterValidator(values.flag)], ...], Field(min_length=1)]
Texts = Annotated[tuple[Filled, ...], Field(min_length=1)]


class Privacy(Table):
    """A mail is meant that fits any entry of any of the lists. ``never``: no model sees it; ``local``: only one in the
    owner's own network; ``analysis-only``: what it says goes on the page, and no draft is written."""

    rule: Literal["never", "local", "analysis-only"]
    from_: Senders = Field(default=(), alias="from")
    folder: Texts = ()
    keyword: Keywords = ()
    words: Texts = ()

    @model_validator(mode="before")
    @classmethod
    def _of_something(cls, data: Any) -> Any:
        if isinstance(data, dict) and not any(name in data for name in CRITERIA):
            raise ValueError("fits no mail; add from, folder, keyword or words")
        return data
