"""A whole mailbot on real Dovecot, while another client of the same person does what people do."""

from __future__ import annotations

import os
import re
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import pytest
from dovecot import Dovecot
from imapclient.exceptions import IMAPClientError
from running import SOON, until
from scripted import Scripted
from served import Served
from worlds import CONFIG, question

from mailbot.errors import Unknown
from mailbot.imap.idle import Watcher
from mailbot.imap.session import Session
from mailbot.job import State

LARGE = int(os.environ.get("MAILBOT_LARGE", "6000"))  # mails; `make large` takes 100,000
OLD_STARS = 5_000


@pytest.fixture
def home(dovecot: Dovecot) -> Iterator[Served]:
    """Mailbot knows the mailbox already."""
    home = Served(dovecot)
    home.cycle()
    yield home
    home.close()


def before(home: Served, method: str, act: Callable[[], Any]) -> None:
    """The other client acts once, right before mailbot's next call of this method of its session."""

    def wrap(session: Session) -> Any:
        plain = getattr(session, method)

        def called(*args: Any, **options: Any) -> Any:
            home.wrap_session = lambda session: session
            setattr(session, method, plain)
            act()
            return plain(*args, **options)

        setattr(session, method, called)
        return session

    home.wrap_session = wrap


def expunge(home: Served, uid: int, folder: str = "INBOX") -> None:
    with home.other(folder) as client:
        client.delete_messages([uid])
        client.uid_expunge([uid])


# Flags at awkward moments


@pytest.mark.case(1)
def test_a_flag_set_while_another_mail_is_fetched_gets_its_draft(home: Served) -> None:
    second = home.deliver(question(2))
    home.starred(question(1))
    before(home, "mail", lambda: home.star(second))

    home.cycle()
    home.cycle()

    home.check(drafts=2)


@pytest.mark.case(2)
def test_a_flag_that_is_pending_when_idle_begins_wakes_at_once(home: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    uid = home.deliver()
    woken = threading.Event()
    begun = threading.Event()

    def connect() -> tuple[Any, str]:
        session = home.connect()
        plain = session.idle

        def pending() -> None:
            if not begun.is_set():
                home.star(uid)  # after EXAMINE, before IDLE: the server tells it in the first answer
            plain()
            begun.set()

        session.idle = pending
        return session, "INBOX"

    watcher = Watcher(connect, lambda: woken.set() if begun.is_set() else None)
    watcher.start()
    assert woken.wait(SOON)
    watcher.stop()


@pytest.mark.case(14)
def test_unflagged_before_the_model_is_asked_there_is_no_draft(home: Served) -> None:
    uid = home.starred()
    home.config.archive.folder.write_text("in the way: no prompt can be stored")
    home.cycle()
    home.star(uid, up=False)
    home.config.archive.folder.unlink()

    home.cycle()

    assert home.states() == [State.CANCELLED]
    assert home.mails() == {}


@pytest.mark.case(14)
def test_unflagged_and_flagged_again_between_two_looks_is_the_same_flag(home: Served) -> None:
    uid = home.starred()
    home.cycle()

    home.star(uid, up=False)
    home.star(uid)
    home.cycle()
    home.check(drafts=1)

    home.star(uid, up=False)
    home.cycle()
    home.star(uid)
    home.cycle()
    home.check(drafts=2)


# Mails that move or vanish under way


def archive(home: Served, uid: int) -> None:
    with home.other() as client:
        client.move([uid], "Archive")


def copy(home: Served, uid: int) -> None:
    """Gmail's labels look like this: one mail in two folders, both starred."""
    with home.other() as client:
        client.copy([uid], "Archive")


@pytest.mark.case(12)
@pytest.mark.parametrize("action", [archive, copy])
@pytest.mark.parametrize("moment", ["headers", "mail", "append", "select"])
def test_a_mail_that_is_moved_or_copied_under_way_gets_one_draft(home: Served, action: Any, moment: str) -> None:
    uid = home.starred()
    before(home, moment, lambda: action(home, uid))

    home.settle()
    home.cycle()
    home.cycle()

    home.check()


@pytest.mark.case(12)
def test_what_becomes_of_another_mail_under_the_number_of_one_that_was_moved_counts_for_nothing(home: Served) -> None:
    """Between commands a server names mails by their place in the folder, not by UID: UID 4 is the third here."""
    first, moved = home.deliver(question(1)), 3
    home.deliver(question(2)), home.deliver(question(3)), home.deliver(question(4)), home.deliver(question(5))
    expunge(home, first)
    home.star(moved)

    def meanwhile(name: str) -> None:
        if name == "ask":
            archive(home, moved)
            with home.other() as client:
                client.add_flags([4], ["\\Answered", "$MailbotDrafted"])

    assert home.endpoint is not None
    home.endpoint.effect = meanwhile
    home.cycle()
    home.cycle()

    home.check(drafts=1)


@pytest.mark.case(12)
def test_a_mail_in_all_mail_and_in_the_starred_view_gets_one_draft(scripted: Scripted) -> None:
    """Gmail: each label is a folder with UIDs of its own, and the star is in all of them."""
    scripted.capabilities = [*scripted.capabilities, "X-GM-EXT-1"]
    for name, use in (("[Gmail]/All Mail", "\\All"), ("[Gmail]/Starred", "\\Flagged")):
        scripted.mailbox.create(name)
        scripted.mailbox.special_use[name] = use
    home = Served(scripted)
    home.cycle()

    for folder in ("INBOX", "[Gmail]/All Mail", "[Gmail]/Starred"):
        home.starred(folder=folder)
    home.cycle()
    with home.other("[Gmail]/Starred") as client:
        client.copy([1], "[Gmail]/Starred")  # the star is taken away and set again: a new UID in the view
        client.delete_messages([1])
        client.uid_expunge([1])
    home.cycle()

    assert len(home.jobs()) == len(home.mails()) == 1
    home.close()


@pytest.mark.case(13)
@pytest.mark.parametrize(
    ("moment", "states"), [("headers", [[], [State.SKIPPED]]), ("mail", [[State.SKIPPED], [State.DONE]])]
)
def test_a_mail_that_is_expunged_after_its_flag_was_seen_stops_no_other(
    home: Served, moment: str, states: list[list[State]]
) -> None:
    """The second of the states where the server hands such a mail out once more (Cyrus)."""
    uid = home.starred(question(1))
    before(home, moment, lambda: expunge(home, uid))
    home.cycle()
    after = home.states()

    home.starred(question(2))
    home.cycle()

    assert after in states
    assert home.states() == [State.DONE, *after]


@pytest.mark.case(19)
@pytest.mark.timeout(900)
def test_in_a_large_mailbox_thousands_of_old_stars_are_only_remembered(dovecot: Dovecot) -> None:
    home = Served(dovecot)
    raws = (question(1, Message_ID=f"<{number}@x>", Subject=f"Mail {number}") for number in range(LARGE))
    dovecot.fill(home.user, raws, OLD_STARS)
    tracemalloc.start()

    first = home.cycle()
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    home.starred(question(2))
    home.cycle()

    assert first.seen.remembered == OLD_STARS
    assert home.states() == [State.DONE]
    assert taken < 40_000_000  # octets
    sent, received = dovecot.traffic(home.user)
    assert max(sent) < 40_000  # the first look: so many UIDs, in lots that no server cuts off
    assert max(received) < OLD_STARS * 1_000
    home.close()


# What the owner does with a draft


def delete(home: Served, uid: int) -> None:
    expunge(home, uid, "Drafts")


def edit(home: Served, uid: int) -> None:
    """As clients do it: a new mail with the same ids, and the old one goes."""
    draft = home.mails()[uid]
    draft.set_content("We buy it, Ada.\n")
    with home.other("Drafts") as client:
        client.append("Drafts", draft.as_bytes(), ["\\Draft", "\\Seen"])
    delete(home, uid)


def edit_with_a_new_id(home: Served, uid: int) -> None:
    draft = home.mails()[uid]
    del draft["Message-ID"]
    draft["Message-ID"] = "<another@mua.example>"
    with home.other("Drafts") as client:
        client.append("Drafts", draft.as_bytes(), ["\\Draft", "\\Seen"])
    delete(home, uid)


def send(home: Served, uid: int) -> None:
    with home.other("Drafts") as client:
        client.move([uid], "Sent")
        client.select_folder("INBOX")
        client.add_flags([1], ["\\Answered"])


@pytest.mark.case(14)
@pytest.mark.case(29)
@pytest.mark.parametrize("action", [delete, edit, edit_with_a_new_id, send])
def test_a_draft_that_stood_is_the_owners_and_never_made_again(home: Served, action: Any) -> None:
    home.starred()
    home.cycle()
    (uid,) = home.mails()

    action(home, uid)
    there = {name: [str(m) for m in home.mails(name).values()] for name in ("Drafts", "Sent", "Trash")}
    home.cycle()
    home.boot()
    home.cycle()

    assert home.states() == [State.DONE]
    assert {name: [str(m) for m in home.mails(name).values()] for name in there} == there


# The process ends inside an APPEND


class Stop(BaseException):
    """kill -9, in process: nothing that comes after it in the code runs, and the sockets close."""


def ends_in_append(home: Served, parts: float) -> None:
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

    home.wrap_session = wrap


@pytest.mark.case(6)
@pytest.mark.parametrize(("parts", "stored"), [(0, 0), (0.5, 0), (1, 0), (1.5, 0), (2, 0), (3, 1)])
def test_a_process_that_ends_inside_an_append_leaves_one_draft(home: Served, parts: float, stored: int) -> None:
    home.starred()
    ends_in_append(home, parts)

    with pytest.raises(Stop):
        home.cycle()
    home.wrap_session = lambda session: session
    until(lambda: len(home.mails()) == stored, "what the server makes of it")
    home.clock += 100
    home.boot()
    home.settle()

    home.check()


# An APPEND of unknown outcome


def breaks(home: Served, *, stored: bool, then: Callable[[], Any] = lambda: None) -> None:
    """The next APPEND is carried out or not, the other client acts, and the wire breaks before the answer."""

    def wrap(session: Any) -> Any:
        plain = session.append

        def append(*args: Any) -> None:
            home.wrap_session = lambda session: session
            if stored:
                plain(*args)
            then()
            raise Unknown("the connection broke")

        session.append = append
        return session

    home.wrap_session = wrap


def someone_writes(home: Served) -> None:
    home.deliver(question(7, Subject="A draft of Ada's own"), "\\Draft", folder="Drafts")


def ours(home: Served) -> list[int]:
    ids = [job.draft["draft_message_id"] for job in home.jobs()]
    return [uid for uid, mail in home.mails().items() if mail["Message-ID"] in ids]


@pytest.mark.case(9)
@pytest.mark.parametrize("stored", [False, True])
def test_drafts_of_the_owner_beside_an_append_in_doubt_make_no_second_one(home: Served, stored: bool) -> None:
    home.starred()
    someone_writes(home)
    breaks(home, stored=stored, then=lambda: someone_writes(home))

    home.settle()

    assert home.states() == [State.DONE]
    assert len(ours(home)) == 1
    assert len(home.mails()) == 3


@pytest.mark.case(9)
def test_a_gap_without_a_trace_of_the_draft_means_it_is_stored_again(home: Served) -> None:
    """A draft that is deleted for good while mailbot is in doubt can come back once: the one stated exception."""
    home.starred()
    breaks(home, stored=True, then=lambda: expunge(home, 1, "Drafts"))

    home.settle()
    home.cycle()

    home.check()


@pytest.mark.case(9)
def test_a_gap_with_a_newer_reply_in_its_place_means_it_was_stored(home: Served) -> None:
    home.starred()
    breaks(home, stored=True, then=lambda: edit_with_a_new_id(home, 1))

    home.settle()

    home.check()
    assert "not certain" in " ".join(home.jobs()[0].remarks)


# Folders whose UIDs change


def make_anew(home: Served, folder: str) -> None:
    with home.other() as client:
        try:
            client.delete_folder(folder)
        except IMAPClientError as error:
            pytest.skip(f"a server that keeps its special folders: {error}")  # Cyrus
        client.create_folder(folder)


@pytest.mark.case(10)
@pytest.mark.parametrize("folders", [["INBOX"], ["Drafts"], ["INBOX", "Drafts"]])
def test_folders_rebuilt_while_nothing_ran_ask_for_nothing_and_double_nothing(home: Served, folders: list[str]) -> None:
    home.starred(question(1))
    home.cycle()
    home.starred(question(2))
    breaks(home, stored=True)
    home.cycle_anyway()
    for folder in folders:
        home.server.rebuild(home.user, folder)  # type: ignore[union-attr]

    home.settle()

    home.check(drafts=2)


@pytest.mark.case(10)
def test_drafts_deleted_and_made_again_while_nothing_ran_take_the_next_draft(home: Served) -> None:
    home.starred(question(1))
    home.cycle()
    make_anew(home, "Drafts")
    home.starred(question(2))

    home.cycle()

    home.check(drafts=1)


@pytest.mark.case(10)
def test_drafts_deleted_and_made_again_between_intent_and_append(home: Served) -> None:
    home.starred()

    before(home, "append", lambda: make_anew(home, "Drafts"))
    home.settle()

    home.check()


@pytest.mark.case(10)
def test_a_watched_folder_deleted_and_made_again_while_it_is_open(dovecot: Dovecot) -> None:
    home = Served(dovecot, CONFIG.replace("aliases", 'folders = ["Letters"]\naliases'))
    with home.other() as client:
        client.create_folder("Letters")
    home.cycle()
    home.starred(folder="Letters")

    before(home, "mail", lambda: make_anew(home, "Letters"))
    home.settle()
    home.cycle()
    assert home.states() == [State.SKIPPED]
    home.starred(question(2), folder="Letters")
    home.settle()

    assert home.states() == [State.DONE, State.SKIPPED]
    home.close()


@pytest.mark.case(11)
def test_two_folders_with_equal_uidvalidity_and_uids_are_two(dovecot: Dovecot) -> None:
    home = Served(dovecot)
    with home.other() as client:
        client.select_folder("Archive")
    for folder in ("INBOX", "Archive"):
        dovecot.rebuild(home.user, folder, uidvalidity=4711)
    home.cycle()

    uids = [home.starred(question(1)), home.starred(question(2), folder="Archive")]
    home.cycle()

    places = {(job.place.uidvalidity, job.place.uid) for job in home.jobs()}
    assert uids == [1, 1]
    assert places == {(4711, 1)}
    home.check(drafts=2)
    assert [home.flags(1, folder) for folder in ("INBOX", "Archive")] == [{"\\Flagged", "$MailbotDrafted"}] * 2
    home.close()


# Names, ids, own mail


NAMES = [
    'Say "hi"',
    "back\\slash",
    "R&D",
    "Entwürfe",
    "[x]",
    "1234",
    "NIL",
    "草稿",
    "{5}",
    "a b  c",
    "end ",
    "A%B*",
    "(list)",
]


@pytest.mark.case(20)
@pytest.mark.parametrize("name", NAMES)
def test_a_folder_of_any_name_can_be_watched_and_hold_the_drafts(dovecot: Dovecot, name: str) -> None:
    written = name.replace("\\", "\\\\").replace('"', '\\"')
    keys = f'folders = ["in {written}"]\ndrafts = "{written}"\naliases'
    home = Served(dovecot, CONFIG.replace("aliases", keys))
    with home.other() as client:
        for folder in (name, f"in {name}"):
            try:
                client.create_folder(folder)
            except IMAPClientError as error:
                pytest.skip(f"a server that has no such names: {error}")  # Cyrus
    home.cycle()
    uid = home.starred(folder=f"in {name}")

    home.cycle()

    assert home.states() == [State.DONE]
    assert len(home.mails(name)) == 1
    assert "$MailbotDrafted" in home.flags(uid, f"in {name}")
    home.close()


@pytest.mark.case(27)
@pytest.mark.parametrize(
    "message_id", ["", "<a b c@northwind.example>", "no brackets@x", "<<twice@x>>", "<(c)@x>", "<"]
)
def test_a_mail_with_an_odd_id_or_none_gets_its_draft_also_after_it_was_moved(home: Served, message_id: str) -> None:
    raw = re.sub(rb"Message-ID: .*\n", b"Message-ID: %s\n" % message_id.encode() if message_id else b"", question())
    uid = home.starred(raw)

    before(home, "append", lambda: archive(home, uid))
    home.settle()
    home.cycle()

    home.check()


@pytest.mark.case(27)
def test_two_mails_with_one_id_get_a_draft_each(home: Served) -> None:
    home.starred(question(1))
    home.starred(question(2, Message_ID="<1.1766332362@northwind.example>", Subject="Something else"))

    home.cycle()
    home.cycle()

    drafts = home.mails().values()
    assert len({draft["Message-ID"] for draft in drafts}) == len(drafts) == 2


@pytest.mark.case(32)
@pytest.mark.parametrize("folder", ["Drafts", "Sent", "Trash", "Junk"])
def test_a_star_in_a_folder_that_is_not_watched_asks_for_nothing(home: Served, folder: str) -> None:
    home.starred(folder=folder)

    home.cycle()

    assert home.jobs() == []


@pytest.mark.case(32)
def test_stars_on_own_mail_own_drafts_and_notices_give_no_draft(home: Served) -> None:
    home.starred(question(1, From="Ada Example <ada@example.com>"))
    home.starred(question(2))
    home.cycle()
    drafts = home.mails()
    for draft in drafts.values():
        home.starred(draft.as_bytes())
    home.starred(notice().as_bytes())

    home.cycle()

    assert sorted(home.states()) == [State.DONE, State.SKIPPED, State.SKIPPED, State.SKIPPED]
    assert len(home.mails()) == len(drafts)


def notice() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = mail["To"] = "ada@example.org"
    mail["Subject"] = "mailbot: over: the key is wrong"
    mail["Message-ID"] = "<notice@example.org>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("All is well again.\n")
    return mail
