"""What can go wrong around mailbot in the model-based test: a line that breaks, a process that ends, a model that
watches; and a mailbot among them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from fakes import FakeEndpoint, FakeSession, Mailbox
from machine_letters import CANARY
from test_crash import Fuse, fused
from worlds import Lab

from mailbot.errors import Later, Unknown
from mailbot.imap.trouble import Rejection
from mailbot.world import World

EFFECTS = frozenset({"append", "create", "add_keyword", "move"})
COMMANDS = EFFECTS | {"folders", "examine", "select", "mark", "flagged", "uids_from", "with_message_id", "flags"}
COMMANDS |= {"headers", "mail"}


class Line:
    """The way to the server: the ``after``-th command called ``name`` (any: "") meets ``what``. ``down``: nobody
    answers."""

    def __init__(self) -> None:
        self.down = False
        self.name = self.what = ""
        self.after = 0

    def command(self, name: str, perform: Callable[..., Any], *args: Any) -> Any:
        if self.down:
            raise Later("the network is down")
        self.after -= self.name in ("", name)
        if self.after or not self.what:
            return perform(*args)
        broken = Unknown if name in EFFECTS else Later
        what, self.what = self.what, ""
        if what == "cut before":
            raise broken("the line was cut")
        if what == "cut after":
            perform(*args)
            raise broken("the line was cut")
        raise Rejection(what)


class Wired:
    """A session on such a line."""

    def __init__(self, session: FakeSession, line: Line) -> None:
        self._session, self._line = session, line

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._session, name)
        return (lambda *args: self._line.command(name, found, *args)) if name in COMMANDS else found


class Moment(Fuse):
    """The ``at``-th effect called ``name`` (any: "")."""

    name = ""

    def __call__(self, name: str = "") -> None:
        if self.name in ("", name):
            super().__call__(name)

    def set(self, name: str, at: int) -> None:
        self.name, self.at, self.count = name, at, 0


class Model(FakeEndpoint):
    """Sees that what it is asked lies in the archive already."""

    def __init__(self, archive: Callable[[], list[Any]]) -> None:
        super().__init__()
        self._archive = archive

    def ask(self, messages: Any, shape: str, **how: bool) -> Any:
        assert messages in self._archive(), "the model was asked what is not on disk"
        return super().ask(messages, shape, **how)


class Log(logging.Handler):
    """What mailbot says of itself: nothing of a mail, and no bug."""

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        assert CANARY not in text, f"a mail's text is in the log: {text}"
        assert record.exc_info is None, f"a bug: {record.exc_info}"

    @contextmanager
    def listening(self) -> Iterator[None]:
        logger = logging.getLogger("mailbot")
        before = logger.level
        logger.addHandler(self)
        logger.setLevel(logging.INFO)
        yield
        logger.removeHandler(self)
        logger.setLevel(before)


class Copy:
    """A mailbot with a disk, a line and a model of its own; ``others`` work on the same mailbox."""

    def __init__(self, lab: Lab, others: list[Copy]) -> None:
        self.lab, self.line, self.moment = lab, Line(), Moment()
        if others:
            lab.mailbox = others[0].lab.mailbox
        self.model = lab.endpoint = Model(partial(_prompts, lab))
        self.boot()

    @property
    def mailbox(self) -> Mailbox:
        return self.lab.mailbox

    def boot(self) -> None:
        """A new process on what is on the disk."""

        def in_danger(world: World) -> World:
            connect: Any = lambda: Wired(FakeSession(self.mailbox), self.line)  # noqa: E731
            return fused(world, self.moment, connect)

        self.lab.boot(in_danger)


def _prompts(lab: Lab) -> list[Any]:
    folder = lab.config.archive.folder / "Outbox" / "_prompts"
    return [json.loads(path.read_text())["messages"] for path in folder.glob("*.json")]
