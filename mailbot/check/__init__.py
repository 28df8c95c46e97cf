"""Proves each thing that the job needs: one finding a line, each with what to do.

finding   what one line says
host      archive, state, notes, clock and zone of this host
prompt    the templates of the prompt
model     the model's answer, and how much it can read at once
mailbox   an account's login, capabilities and folders; nothing is written there
trial     with the owner's consent: a test draft is stored, read back and moved to Trash
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from mailbot.check import host, mailbox, model, prompt
from mailbot.check.finding import Finding

if TYPE_CHECKING:
    from mailbot.wiring import Home

__all__ = ["Finding", "check"]


def check(home: Home, *, write_test: bool, tell: Callable[[str], None]) -> Iterator[Finding]:
    """Yields each finding as soon as it is known. Home should ``insist``, so that a corrected password is tried.

    ``write_test``: the owner agrees to a test draft in each account; without it nothing is written into a mailbox.
    ``tell`` gets a sentence before something that takes long."""
    yield from host.host(home)
    for remark in home.secrets.remarks():
        yield Finding("warn", "secrets", remark)
    yield from _model(home, tell)
    for account in home.config.accounts:
        yield from mailbox.mailbox(home, account, write_test=write_test, tell=tell)


def _model(home: Home, tell: Callable[[str], None]) -> Iterator[Finding]:
    """Without its prompt there is nothing to ask the model."""
    if home.config.model is not None:
        asked = prompt.prompt(home, home.config.model.context_tokens)
        yield asked
        if asked.level == "fail":
            return
    yield from model.model(home, tell)
