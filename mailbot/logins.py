"""Logging in without locking the owner out: a secret that was refused three times is not tried again for hours."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import TypeVar

from mailbot.errors import OwnerMustAct
from mailbot.journal import Journal

T = TypeVar("T")

REFUSALS = 3
PAUSE = 6 * 3600.0  # seconds
SCOPE = "login"


def guarded(journal: Journal, key: str, secret: str, use: Callable[[str], T], now: float, *, insist: bool) -> T:
    """What ``use`` gives with the secret, unless that is known to be wrong. ``key`` names the login. ``insist``: tries
    all the same, as ``check`` does.

    Only a salted hash of the secret is kept. Raises OwnerMustAct, kind "login"."""
    known = journal.facts.get(SCOPE, key) or {}
    salt = bytes.fromhex(known.get("salt", "")) or os.urandom(16)
    digest = hashlib.scrypt(secret.encode(), salt=salt, n=2**12, r=8, p=1).hex() if known else ""
    count = known["count"] if known and known["hash"] == digest else 0
    # A refusal in the future is one from before the clock was set back.
    if count >= REFUSALS and known["at"] <= now < known["at"] + PAUSE and not insist:
        raise OwnerMustAct(
            "login",
            f"the server refused this login {count} times; mailbot tries again in "
            f"{(known['at'] + PAUSE - now) / 3600:.1f} hours",
            "Store the right one (mailbot setup asks for it), or run mailbot check to try now",
        )
    try:
        result = use(secret)
    except OwnerMustAct as error:
        if error.kind == "login":
            digest = digest or hashlib.scrypt(secret.encode(), salt=salt, n=2**12, r=8, p=1).hex()
            journal.facts.put(SCOPE, key, {"salt": salt.hex(), "hash": digest, "count": count + 1, "at": now})
        raise
    if known:
        journal.facts.put(SCOPE, key, None)
    return result
