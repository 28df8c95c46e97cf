"""A sign-in at the authority of the tests, whose clock the tests set."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from authority import CLIENT, Authority

from mailbot.errors import MailbotError
from mailbot.oauth import SignIn

USER = "ada@example.org"


class Clock:
    def __init__(self) -> None:
        self.now = 1_767_600_000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


def sign_in(authority: Authority | str, folder: Path, clock: Clock, **changed: Any) -> SignIn:
    url = authority if isinstance(authority, str) else authority.url
    values: dict[str, Any] = {"user": USER, "client_id": CLIENT, "authority": url, "now": clock, **changed}
    return SignIn("home.imap", folder=folder, again="mailbot secret set x", alone=nullcontext, **values)


def caught(call: Callable[[], object]) -> MailbotError:
    with pytest.raises(MailbotError) as error:
        call()
    assert "secret-" not in repr(error.value), "an error tells a token"
    return error.value
