"""Drafts and folders of a mailbot on real Dovecot: what their owner does with them, what a broken APPEND leaves."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from dovecot import Dovecot
from imapclient.exceptions import IMAPClientError
from running import until
from served import Served
from worlds import CONFIG, question

from mailbot.errors import Unknown
from mailbot.job import State

# What the owner does with a draft


def delete(served: Served, uid: int) -> None:
    served.expunge(uid, "Drafts")


def edit(served: Served, uid: int) -> None:
    """As clients do it: a new mail with the same ids, and the old one goes."""
    draft = served.mails()[uid]
    draft.set_content("We buy it, Ada.\n")
    with served.other("Drafts") as client:
        client.append("Drafts", draft.as_bytes(), ["\\Draft", "\\Seen"])
    delete(served, uid)


def edit_with_a_new_id(served: Served, uid: int) -> None:
    draft = served.mails()[uid]
    del draft["Message-ID"]
    draft["Message-ID"] = "<another@mua.example>"
    with served.other("Drafts") as client:
        client.append("Drafts", draft.as_bytes(), ["\\Draft", "\\Seen"])
    delete(served, uid)


def send(served: Served, uid: int) -> None:
    with served.other("Drafts") as client:
        client.move([uid], "Sent")
        client.select_folder("INBOX")
        client.add_flags([1], ["\\Answered"])


@pytest.mark.case(14)
@pytest.mark.case(29)
@pytest.mark.parametrize("action", [delete, edit, edit_with_a_new_id, send])
def test_a_draft_that_stood_is_the_owners_and_never_made_again(served: Served, action: Any) -> None:
    served.starred()
    served.cycle()
    (uid,) = served.mails()

    action(served, uid)
    there = {name: [str(m) for m in served.mails(name).values()] for name in ("Drafts", "Sent", "Trash")}
    served.cycle()
    served.boot()
    served.cycle()

    assert served.states() == [State.DONE]
    assert {name: [str(m) for m in served.mails(name).values()] for name in there} == there


# The process ends inside an APPEND


class Stop(BaseException):
    """kill -9, in process: nothing that comes after it in the code runs, and the sockets close."""


def ends_in_append(served: Served, parts: float) -> None:
    """The process ends when it has sent so many of the three parts of APPEND: the line that announces the mail, the
    mail, the line end."""

    def wrap(session: Any) -> Any:
        imap = session._client._imap
        plain, sent = imap.send, -1

        def send_literal(data: bytes) -> None:
            send(data[:-2])
            send(data[-2:])

        def send(data: bytes) -> None:
            nonlocal sent
            sent = sent + 1 if sent >= 0 or b" APPEND " in data else sent
            if sent < 0:
                plain(data)
                return
            share = min(1.0, parts - sent)
            plain(data[: int(len(data) * share)] if share > 0 else b"")
            if sent + 1 >= parts:
                imap.sock.shutdown(socket.SHUT_RDWR)
                raise Stop

        imap.send = send
        session._client.socket = lambda: SimpleNamespace(sendall=send_literal)
        return session

    served.wrap_session = wrap


@pytest.mark.case(6)
@pytest.mark.parametrize(("parts", "stored"), [(0, 0), (0.5, 0), (1, 0), (1.5, 0), (2, 0), (3, 1)])
def test_a_process_that_ends_inside_an_append_leaves_one_draft(served: Served, parts: float, stored: int) -> None:
    served.starred()
    ends_in_append(served, parts)

    with pytest.raises(Stop):
        served.cycle()
    served.wrap_session = lambda session: session
    until(lambda: len(served.mails()) == stored, "what the server makes of it")
    served.clock += 100
    served.boot()
    served.settle()

    served.check()


# An APPEND of unknown outcome


def breaks(served: Served, *, stored: bool, then: Callable[[], Any] = lambda: None) -> None:
    """The next APPEND is carried out or not, the other client acts, and the wire breaks before the answer."""

    def wrap(session: Any) -> Any:
        plain = session.append

        def append(*args: Any) -> None:
            served.wrap_session = lambda session: session
            if stored:
                plain(*args)
            then()
            raise Unknown("the connection broke")

        session.append = append
        return session

    served.wrap_session = wrap


def someone_writes(served: Served) -> None:
    served.deliver(question(7, Subject="A draft of Ada's own"), "\\Draft", folder="Drafts")


def ours(served: Served) -> list[int]:
    ids = [job.draft["draft_message_id"] for job in served.jobs()]
    return [uid for uid, mail in served.mails().items() if mail["Message-ID"] in ids]


@pytest.mark.case(9)
@pytest.mark.parametrize("stored", [False, True])
def test_drafts_of_the_owner_beside_an_append_in_doubt_make_no_second_one(served: Served, stored: bool) -> None:
    served.starred()
    someone_writes(served)
    breaks(served, stored=stored, then=lambda: someone_writes(served))

    served.settle()

    assert served.states() == [State.DONE]
    assert len(ours(served)) == 1
    assert len(served.mails()) == 3


@pytest.mark.case(9)
def test_a_gap_without_a_trace_of_the_draft_means_it_is_stored_again(served: Served) -> None:
    """A draft that is deleted for good while mailbot is in doubt can come back once: the one stated exception."""
    served.starred()
    breaks(served, stored=True, then=lambda: served.expunge(1, "Drafts"))

    served.settle()
    served.cycle()

    served.check()


@pytest.mark.case(9)
def test_a_gap_with_a_newer_reply_in_its_place_means_it_was_stored(served: Served) -> None:
    served.starred()
    breaks(served, stored=True, then=lambda: edit_with_a_new_id(served, 1))

    served.settle()

    served.check()
    assert "not certain" in " ".join(served.jobs()[0].remarks)


# Folders whose UIDs change


def make_anew(served: Served, folder: str) -> None:
    with served.other() as client:
        try:
            client.delete_folder(folder)
        except IMAPClientError as error:
            pytest.skip(f"a server that keeps its special folders: {error}")  # Cyrus
        client.create_folder(folder)


@pytest.mark.case(10)
@pytest.mark.parametrize("folders", [["INBOX"], ["Drafts"], ["INBOX", "Drafts"]])
def test_folders_rebuilt_while_nothing_ran_ask_for_nothing_twice(served: Served, folders: list[str]) -> None:
    served.starred(question(1))
    served.cycle()
    served.starred(question(2))
    breaks(served, stored=True)
    served.cycle_anyway()
    for folder in folders:
        served.server.rebuild(served.user, folder)  # type: ignore[union-attr]

    served.settle()

    served.check(drafts=2)


@pytest.mark.case(10)
def test_drafts_deleted_and_made_again_while_nothing_ran_take_the_next_draft(served: Served) -> None:
    served.starred(question(1))
    served.cycle()
    make_anew(served, "Drafts")
    served.starred(question(2))

    served.cycle()

    served.check(drafts=1)


@pytest.mark.case(10)
def test_drafts_deleted_and_made_again_between_intent_and_append(served: Served) -> None:
    served.starred()

    served.before("append", lambda: make_anew(served, "Drafts"))
    served.settle()

    served.check()


@pytest.mark.case(10)
def test_a_watched_folder_deleted_and_made_again_while_it_is_open(dovecot: Dovecot) -> None:
    served = Served(dovecot, CONFIG.replace("aliases", 'folders = ["Letters"]\naliases'))
    with served.other() as client:
        client.create_folder("Letters")
    served.cycle()
    served.starred(folder="Letters")

    served.before("mail", lambda: make_anew(served, "Letters"))
    served.settle()
    served.cycle()
    assert served.states() == [State.SKIPPED]
    served.starred(question(2), folder="Letters")
    served.settle()

    assert served.states() == [State.DONE, State.SKIPPED]
    served.close()


@pytest.mark.case(11)
def test_two_folders_with_equal_uidvalidity_and_uids_are_two(dovecot: Dovecot) -> None:
    served = Served(dovecot)
    with served.other() as client:
        client.select_folder("Archive")
    for folder in ("INBOX", "Archive"):
        dovecot.rebuild(served.user, folder, uidvalidity=4711)
    served.cycle()

    uids = [served.starred(question(1)), served.starred(question(2), folder="Archive")]
    served.cycle()

    places = {(job.place.uidvalidity, job.place.uid) for job in served.jobs()}
    assert uids == [1, 1]
    assert places == {(4711, 1)}
    served.check(drafts=2)
    assert [served.flags(1, folder) for folder in ("INBOX", "Archive")] == [{"\\Flagged", "$MailbotDrafted"}] * 2
    served.close()
