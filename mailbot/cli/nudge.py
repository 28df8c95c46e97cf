"""Telling the mailbot that runs that the owner has asked for something."""

from __future__ import annotations

import os
from collections.abc import Iterable

from mailbot.errors import OwnerMustAct

HEARD = "The mailbot that runs begins at once"
AT_WORK = "The mailbot that is at work does it at its next look, else the next run does"
UNSEEN = "A mailbot that runs does it at its next poll; where none runs, mailbot once does it now"
NOBODY = "No mailbot runs here: mailbot once does it now, mailbot run when it starts"


def nudge(keys: Iterable[str]) -> str:
    """Rings at the mailbots of these accounts. What happens next, for the owner."""
    from mailbot import bell, lock

    where, asked = lock.folder(os.environ), set(keys)
    heard = [bell.ring(key, where) for key in asked]
    if all(heard):
        return HEARD
    try:
        return AT_WORK if all(lock.is_held(key, where) for key in asked) else NOBODY
    except OwnerMustAct:  # what was asked for stands in the journal all the same
        return UNSEEN
