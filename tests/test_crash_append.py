"""The line or the process ends inside APPEND, at each kind of octet, once and twice: over a real socket, one draft.

``test_crash`` stops at effects, which an APPEND is one of; here it is cut where a server and a client can differ about
whether it happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from scripted import Scripted, When
from test_crash import Stop
from worlds import Lab, question

from mailbot.errors import MailbotError
from mailbot.imap.login import connect
from mailbot.imap.session import Session
from mailbot.job import Place, State

# What the line ends in: the fault of the scripted server, or None where all octets came through.
OCTETS: dict[str, When | None] = {
    "before +": "before",
    "in the literal": "literal",
    "after the literal": "after",
    "in the OK": "answer",
    "after the OK": None,
}
# (what it ends in, whether the process ends with it); a line that ends after the OK is no break.
BREAKS = [(octets, ends) for octets in OCTETS for ends in (True, False) if OCTETS[octets] or ends]
NAMES = {item: f"{item[0]}, process {'ends' if item[1] else 'lives'}" for item in BREAKS}


class Dying(Session):
    """The process ends with the APPEND, whatever the server made of it."""

    def append(self, folder: str, raw: bytes, flags: Iterable[str]) -> Place | None:
        try:
            return super().append(folder, raw, flags)
        finally:
            raise Stop("append")


def boot(lab: Lab, server: Scripted, *, dying: bool = False) -> None:
    imap = SimpleNamespace(host=server.host, port=server.port, security="none", auth="password", user="ada")

    def session() -> Session:
        plain = connect(imap, server.password, None)
        return Dying(plain._client) if dying else plain

    lab.boot(lambda world: replace(world, connect=session))


def broken(lab: Lab, server: Scripted, octets: str, *, ends: bool) -> None:
    """One run in which the next APPEND breaks."""
    if when := OCTETS[octets]:
        server.fault("APPEND", when=when, then="close")
    boot(lab, server, dying=ends)
    try:
        lab.cycle()
    except (MailbotError, Stop):
        lab.poller.close()
    lab.clock += 4000


def drafts(server: Scripted) -> list[bytes]:
    return [m.raw for folder in ("Drafts", "Sent", "Trash") for m in server.folder(folder).messages]


@pytest.fixture
def waiting(scripted: Scripted) -> Iterator[Lab]:
    lab = Lab()
    boot(lab, scripted)
    lab.cycle()
    scripted.append("INBOX", question().replace(b"\n", b"\r\n"), ["\\Flagged"])
    yield lab
    lab.close()


def settled(lab: Lab, server: Scripted) -> list[State]:
    boot(lab, server)
    lab.settle()
    return [job.state for job in lab.jobs()]


@pytest.mark.case(6)
@pytest.mark.parametrize("second", BREAKS, ids=NAMES.get)
@pytest.mark.parametrize("first", BREAKS, ids=NAMES.get)
def test_broken_twice_inside_append_it_goes_on_to_one_draft(
    waiting: Lab, scripted: Scripted, first: tuple[str, bool], second: tuple[str, bool]
) -> None:
    for octets, ends in (first, second):
        broken(waiting, scripted, octets, ends=ends)

    assert settled(waiting, scripted) == [State.DONE]
    assert len(drafts(scripted)) == 1


@pytest.mark.case(9)
@pytest.mark.parametrize("octets", OCTETS)
@pytest.mark.parametrize("to", ["Sent", "Trash"])
def test_a_draft_that_its_owner_took_meanwhile_is_not_made_again(
    waiting: Lab, scripted: Scripted, octets: str, to: str
) -> None:
    broken(waiting, scripted, octets, ends=True)
    for message in scripted.folder("Drafts").messages:
        scripted.append(to, message.raw)
        scripted.expunge("Drafts", message.uid)

    assert settled(waiting, scripted) == [State.DONE]
    assert len(drafts(scripted)) == 1
