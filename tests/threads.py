"""Letters of one thread, and what of it the model was shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from fakes import FakeSession
from worlds import Lab, question

from mailbot.imap.login import connect as log_in

ROOT = "<1.1766332362@northwind.example>"
OWN = {
    "From": "Ada Example <ada@example.org>",
    "To": "Mara Lindqvist <mara@northwind.example>",
    "Cc": "Bo <bo@northwind.example>",
}


def letter(number: int, text: str, **headers: str) -> bytes:
    """The numbered mail of a thread: each answers the one before it and knows the root."""
    before = {} if number == 1 else {"In_Reply_To": name(number - 1), "References": f"{ROOT} {name(number - 1)}"}
    return question(number, **before, **headers).replace(b"who buys the hardware?", text.encode())


def name(number: int) -> str:
    return f"<{number}.1766332362@northwind.example>"


def shown(lab: Lab, call: int = -1) -> list[dict[str, Any]]:
    """The mails of the prompt that the model was sent."""
    assert lab.endpoint is not None
    text = lab.endpoint.asked[call][-1]["content"]
    block = re.search(r"^--- \S+ begin ---\n(.*)\n--- \S+ end ---$", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    return list(json.loads(block[1]))


def said(lab: Lab, call: int = -1) -> list[tuple[str, str]]:
    """Author and the number of each mail in the prompt."""
    found = [(mail["author"], re.search(r"letter (\d+)", mail["text"])) for mail in shown(lab, call) if "text" in mail]
    return [(author, match[1]) for author, match in found if match]


def page(lab: Lab) -> str:
    (text,) = lab.pages().values()
    return text.replace("\\", "")


class Connecting:
    """Counts the connections of a lab; ``make`` gives the session."""

    def __init__(self, lab: Lab, make: Callable[[], Any]) -> None:
        self.made: list[Any] = []
        self._make = make
        lab.boot(lambda world: replace(world, connect=self))

    def __call__(self) -> Any:
        session = self._make()
        self.made.append(session)
        return session


def on(server: Any, user: str) -> Any:
    where = SimpleNamespace(host=server.host, port=server.port, security="none", ca_file="", user=user, auth="password")
    return log_in(where, server.password, None)


class Failing(FakeSession):
    def related(self, ids: Any, since: Any, folder: str) -> tuple[int, ...]:
        raise ZeroDivisionError
