"""What mailbot asks of a mailbox, held against real Dovecot, the scripted server and the mailbox in memory alike."""

from __future__ import annotations

import imaplib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import pytest
from fakes import FakeSession, Mailbox
from scripted import Scripted
from worlds import question

from mailbot.errors import Later, OwnerMustAct
from mailbot.imap.login import connect
from mailbot.imap.session import Session
from mailbot.imap.trouble import Rejection
from mailbot.mail import structure

RAW = question().replace(b"\n", b"\r\n")


@dataclass
class Side:
    """One server: ``new`` opens a session, every one on the same mailbox."""

    new: Any

    def opened(self, folder: str = "INBOX", *, writable: bool = False) -> Any:
        session = self.new()
        (session.select if writable else session.examine)(folder)
        return session


def imap(server: Any, user: str) -> Any:
    return SimpleNamespace(host=server.host, port=server.port, security="none", ca_file="", user=user, auth="password")


@pytest.fixture(params=["dovecot", "scripted", "memory"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    sessions: list[Any] = []

    def keep(session: Any) -> Any:
        sessions.append(session)
        return session

    if request.param == "memory":
        mailbox = Mailbox(time.time)
        yield Side(lambda: keep(FakeSession(mailbox)))
    else:
        server = request.getfixturevalue(request.param)
        user = server.user()
        yield Side(lambda: keep(connect(imap(server, user), server.password, None)))
    for session in sessions:
        session.close()


def test_the_special_folders_are_told(side: Side) -> None:
    attributes = {a: f.name for f in side.new().folders() for a in f.attributes}

    assert {attributes[a] for a in ("\\drafts", "\\sent", "\\trash")} == {"Drafts", "Sent", "Trash"}


def test_an_appended_mail_comes_back_octet_by_octet_with_its_flags(side: Side) -> None:
    session = side.new()

    place = session.append("Drafts", RAW, ("\\Draft", "\\Seen"))
    session.examine("Drafts")
    fetched = session.mail(place.uid, 1_000_000)

    assert (fetched.data, fetched.size) == (RAW, len(RAW))
    assert {"\\Draft", "\\Seen"} <= fetched.flags
    assert abs(fetched.arrived - time.time()) < 120


def test_the_parts_of_a_mail_are_listed_and_fetched_one_by_one(side: Side) -> None:
    message = EmailMessage()
    message["Subject"] = "Plans"
    message.set_content("Have a look.\n")
    message.add_attachment(b"%PDF" * 5000, maintype="application", subtype="pdf", filename="plan.pdf")
    place = side.new().append("INBOX", message.as_bytes().replace(b"\n", b"\r\n"), ())
    session = side.opened()

    root = structure.read(session.structure(place.uid))
    found = session.parts(place.uid, [("1", 1000), ("2", 10), ("3", 10)], 500)

    assert root is not None
    leaves = [(n.section, n.type, n.disposition, n.name) for n in root.children]
    assert leaves == [("1", "text/plain", "", ""), ("2", "application/pdf", "attachment", "plan.pdf")]
    assert found["1"] == b"Have a look.\r\n"
    assert len(found["2"]) == 10
    assert b'filename="plan.pdf"' in found["2.MIME"]
    assert not found.get("3")
    assert "\\Seen" not in session.flags([place.uid])[place.uid]
    assert session.structure(place.uid + 1) is None


def test_only_the_beginning_of_a_mail_is_fetched_when_asked(side: Side) -> None:
    place = side.new().append("INBOX", RAW, ())

    fetched = side.opened().mail(place.uid, 100)

    assert (fetched.data, fetched.size) == (RAW[:100], len(RAW))


def test_reading_leaves_a_mail_unread(side: Side) -> None:
    place = side.new().append("INBOX", RAW, ())
    session = side.opened()

    session.mail(place.uid, 1000)
    session.headers([place.uid], ("From",))

    assert "\\Seen" not in side.opened().flags([place.uid])[place.uid]


def test_flagged_finds_stars_that_are_not_marked_as_deleted(side: Side) -> None:
    session = side.new()
    star = session.append("INBOX", RAW, ("\\Flagged",))
    session.append("INBOX", RAW, ("\\Flagged", "\\Deleted"))
    session.append("INBOX", RAW, ())

    assert side.opened().flagged("\\Flagged") == {star.uid}


def test_a_keyword_can_be_the_flag(side: Side) -> None:
    place = side.new().append("INBOX", RAW, ())
    session = side.opened(writable=True)

    assert session.add_keyword(place.uid, "reply")
    assert not session.add_keyword(place.uid + 7, "reply"), "a mail that is gone"
    assert side.opened().flagged("reply") == {place.uid}


def test_headers_are_those_that_were_asked_for_and_unknown_uids_are_missing(side: Side) -> None:
    place = side.new().append("INBOX", RAW, ())

    found = side.opened().headers([place.uid, place.uid + 7], ("Message-ID", "Received"))

    assert list(found) == [place.uid]
    assert b"Message-ID: <1.1766332362@northwind.example>" in found[place.uid].data
    assert b"Received: from mx.northwind.example" in found[place.uid].data
    assert b"Subject" not in found[place.uid].data


def test_flags_of_a_uid_that_is_gone_are_not_answered(side: Side) -> None:
    assert side.opened().flags([4711]) == {}
    assert side.opened().mail(4711, 100) is None


def test_uidnext_rises_and_what_came_later_is_listed(side: Side) -> None:
    session = side.new()
    before = session.mark("Drafts")
    place = session.append("Drafts", RAW, ())

    after = session.mark("Drafts")
    session.examine("Drafts")

    assert before.uidvalidity == after.uidvalidity == place.uidvalidity
    assert before.uidnext <= place.uid < after.uidnext
    assert session.uids_from(before.uidnext) == (place.uid,)
    assert session.uids_from(after.uidnext) == ()


def test_a_mail_is_found_by_its_message_id(side: Side) -> None:
    place = side.new().append("INBOX", RAW, ())

    assert side.opened().with_message_id("<1.1766332362@northwind.example>") == (place.uid,)
    assert side.opened().with_message_id("<nobody@northwind.example>") == ()


def test_the_mails_of_a_thread_are_found_by_the_ids_in_their_headers(side: Side) -> None:
    session = side.new()
    mail = session.append("INBOX", question(1), ())
    answer = session.append("INBOX", question(2, References="<1.1766332362@northwind.example>"), ())
    brief = session.append("INBOX", question(3, In_Reply_To="<1.1766332362@northwind.example>"), ())
    session.append("INBOX", question(4), ())
    session.append("INBOX", question(5, References="<1.1766332362@northwind.example>"), ("\\Deleted",))
    today = datetime.now(UTC).date()

    found = side.opened().related(["<1.1766332362@northwind.example>", "<else@x>"], today - timedelta(days=1), "INBOX")

    assert found == (mail.uid, answer.uid, brief.uid)
    assert side.opened().related(["<1.1766332362@northwind.example>"], today + timedelta(days=2), "INBOX") == ()


def test_an_id_with_every_special_character_is_only_looked_for(side: Side) -> None:
    hostile = '<a") (b{3}\\c%*" OR ALL@x>'
    place = side.new().append("INBOX", question(Message_ID="<other@x>"), ())

    assert side.opened().related([hostile, "<other@x>"], date(2020, 1, 1), "INBOX") == (place.uid,)
    assert side.opened().related([hostile], date(2020, 1, 1), "INBOX") == ()


def test_several_mails_are_fetched_at_once(side: Side) -> None:
    session = side.new()
    places = [session.append("INBOX", question(n).replace(b"\n", b"\r\n"), ()) for n in (1, 2)]

    found = side.opened().mails([places[0].uid, places[1].uid, 4711], 60)

    assert [(uid, len(mail.data)) for uid, mail in found.items()] == [(place.uid, 60) for place in places]
    assert side.opened().mails([], 60) == {}


def test_the_mails_of_a_thread_have_one_name_where_the_server_knows_threads(side: Side) -> None:
    session = side.new()
    mail = session.append("INBOX", RAW, ())
    headers = {"References": "<1.1766332362@northwind.example>", "Subject": "Re: Servers for =?utf-8?q?M=C3=BCnchen?="}
    answer = session.append("INBOX", question(2, **headers), ())
    session.append("INBOX", question(3, Subject="Something else"), ())
    session.examine("INBOX")

    name = session.thread_id(mail.uid)

    assert bool(name) == bool(session.thread_item)
    assert session.thread_id(4711) == ""
    if name:
        assert session.with_thread_id(name, "INBOX") == (mail.uid, answer.uid)


@pytest.mark.parametrize(("capability", "name"), [("X-GM-EXT-1", "17"), ("OBJECTID", "T17")])
def test_the_servers_own_threads_are_asked_for_where_it_has_them(scripted: Any, capability: str, name: str) -> None:
    scripted.capabilities.append(capability)
    uids = [scripted.append("INBOX", RAW, thread=number) for number in (17, 18, 17)]
    session = connect(imap(scripted, scripted.user()), scripted.password, None)
    session.examine("INBOX")

    assert session.thread_id(uids[0]) == name
    assert session.with_thread_id(name, "INBOX") == (uids[0], uids[2])
    assert session.thread_id(4711) == ""
    session.close()


def test_at_gmail_the_labels_of_a_mail_are_the_folders_that_it_lies_in(scripted: Any) -> None:
    user = imap(scripted, scripted.user())
    uid = scripted.append("INBOX", RAW)
    session = connect(user, scripted.password, None)
    session.examine("INBOX")
    assert session.labels([uid]) == {}
    session.close()

    scripted.capabilities.append("X-GM-EXT-1")
    scripted.mailbox.folders["INBOX"].get(uid).labels = (r"\Starred", "2024", '"Health/&ANw-bersicht"', '"2025"')
    session = connect(user, scripted.password, None)
    session.examine("INBOX")
    assert session.labels([uid, 4711]) == {uid: {"Starred", "2024", "Health/Übersicht", "2025"}}
    session.close()


@pytest.mark.parametrize("message_id", ["<a(b)@x.example>", "<a{5}b@x.example>", '<a"b@x.example>', "<a*%b@x.example>"])
def test_an_odd_message_id_is_found_as_well(side: Side, message_id: str) -> None:
    raw = f"From: a@x.example\r\nMessage-ID: {message_id}\r\n\r\nhello\r\n".encode()
    place = side.new().append("INBOX", raw, ())

    assert side.opened().with_message_id(message_id) == (place.uid,)


def test_a_moved_mail_is_gone_here_and_there_in_the_other_folder(side: Side) -> None:
    place = side.new().append("Drafts", RAW, ("\\Draft",))

    assert side.opened("Drafts", writable=True).move(place.uid, "Trash")

    assert side.opened("Drafts").mail(place.uid, 10) is None
    assert len(side.opened("Trash").uids_from(1)) == 1


def test_a_folder_that_is_not_there_is_a_rejection_and_can_be_made(side: Side) -> None:
    session = side.new()
    with pytest.raises(Rejection):
        session.mark("Elsewhere")

    session.create("Elsewhere")

    assert session.mark("Elsewhere").uidnext >= 1


def test_what_another_client_changes_is_seen_at_the_next_look(side: Side) -> None:
    place = side.new().append("INBOX", RAW, ())
    mine, theirs = side.opened(), side.opened(writable=True)
    assert mine.flagged("\\Flagged") == set()

    theirs.add_keyword(place.uid, "\\Flagged")
    mine.examine("INBOX")

    assert mine.flagged("\\Flagged") == {place.uid}


@pytest.mark.parametrize("server_name", ["dovecot", "scripted"])
def test_a_wrong_password_is_for_the_owner(server_name: str, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue(server_name)

    with pytest.raises(OwnerMustAct) as caught:
        connect(imap(server, server.user()), "wrong", None)

    assert caught.value.kind == "login"


def test_nobody_listening_is_transport_trouble() -> None:
    with pytest.raises(Later):
        connect(SimpleNamespace(host="127.0.0.1", port=1, security="none", user="a", auth="password"), "x", None)


@pytest.mark.parametrize("value", ["a\r\nX1 DELETE INBOX", "a\nb", "a\0b"])
def test_no_argument_can_smuggle_a_command(dovecot: Any, value: str) -> None:
    session = connect(imap(dovecot, dovecot.user()), dovecot.password, None)
    session.examine("INBOX")

    for command in (session.examine, session.mark, session.create, session.with_message_id):
        with pytest.raises(ValueError, match="control character"):
            command(value)
    session.close()


@pytest.mark.case(23)
def test_a_certificate_of_nobody_is_for_the_owner(dovecot: Any) -> None:
    from mailbot.imap.login import tls_context

    where = SimpleNamespace(
        host="127.0.0.1", port=dovecot.tls_port, security="tls", user=dovecot.user(), auth="password"
    )
    with pytest.raises(OwnerMustAct) as caught:
        connect(where, dovecot.password, tls_context(""))
    assert caught.value.kind == "tls"

    session: Session = connect(where, dovecot.password, tls_context(str(dovecot.ca_file)))
    assert "IDLE" in session.capabilities
    session.close()


def test_a_search_does_not_wait_for_its_own_first_half(scripted: Scripted) -> None:
    """The line of a SEARCH is written in pieces; while TCP holds small ones back, each search takes 40 ms more here and
    a round trip more elsewhere."""
    session = connect(imap(scripted, scripted.user()), scripted.password, None)
    session.examine("INBOX")
    took = []

    for _ in range(51):
        began = time.monotonic()
        session.flagged("\\Flagged")
        took.append(time.monotonic() - began)

    assert sorted(took)[25] < 0.03  # the median: a machine that pauses now and then does not count
    session.close()


def test_how_far_folders_are_filled_is_told_with_the_next_answer(side: Side) -> None:
    session = side.new()
    place = session.append("INBOX", RAW, ())
    session.examine("INBOX")

    told = session.ask_marks(["Sent", "Trash"])
    flags = session.flags([place.uid])
    marks = told()

    assert set(flags) == {place.uid}
    assert list(marks) == [session.mark("Sent"), session.mark("Trash")]
    assert [mark.folder for mark in marks] == ["Sent", "Trash"]


def test_a_folder_that_is_refused_leaves_the_others_and_the_next_answer_whole(side: Side) -> None:
    session = side.new()
    place = session.append("INBOX", RAW, ())
    session.examine("INBOX")

    told = session.ask_marks(["Elsewhere", "Trash"])
    flags = session.flags([place.uid])
    with pytest.raises(Rejection):
        told()

    assert set(flags) == {place.uid}
    assert session.mark("Trash").folder == "Trash"
    assert session.mail(place.uid, 10).data == RAW[:10]


def test_what_is_asked_in_one_breath_is_told_in_any_order(side: Side) -> None:
    session = side.new()
    place = session.append("INBOX", RAW, ("\\Flagged",))
    draft = session.append("Drafts", question(1).replace(b"\n", b"\r\n"), ())
    session.examine("INBOX")

    session.renew()
    flags = session.ask_flags(place.uid)
    marks = session.ask_marks(["Sent", "Trash"])
    archive = session.ask_flagged("Archive", "\\Flagged")
    starred = session.ask_flagged("INBOX", "\\Flagged")
    found = session.with_message_id("<1.1766332362@northwind.example>", "Drafts")

    assert (found, session.selected.folder) == ((draft.uid,), "Drafts")
    assert (starred()[0].folder, tuple(starred()[1])) == ("INBOX", (place.uid,))
    assert (archive()[0].folder, tuple(archive()[1])) == ("Archive", ())
    assert [mark.folder for mark in marks()] == ["Sent", "Trash"]
    assert "\\Flagged" in flags()[place.uid]


@pytest.mark.parametrize("first", ["ask_flagged", "ask_marks"])
def test_a_refusal_in_one_breath_is_told_to_who_asked_and_to_nobody_else(side: Side, first: str) -> None:
    session = side.new()
    place = session.append("INBOX", RAW, ("\\Flagged",))
    how: dict[str, Any] = {
        "ask_flagged": lambda: session.ask_flagged("Elsewhere", "\\Flagged"),
        "ask_marks": lambda: session.ask_marks(["Elsewhere"]),
    }

    refused = how[first]()
    starred = session.ask_flagged("INBOX", "\\Flagged")

    assert tuple(starred()[1]) == (place.uid,)
    assert session.selected.folder == "INBOX"
    with pytest.raises(Rejection):
        refused()
    assert session.mail(place.uid, 10).data == RAW[:10]


def test_what_others_changed_in_the_open_folder_comes_with_the_next_fetch(side: Side) -> None:
    place = side.new().append("INBOX", RAW, ())
    mine, theirs = side.opened(), side.opened(writable=True)

    for keyword in ("first", "second"):
        theirs.add_keyword(place.uid, keyword)
        mine.renew()
        assert keyword in mine.flags([place.uid])[place.uid]


def test_a_mail_that_was_appended_to_the_open_folder_can_be_fetched_at_once(side: Side) -> None:
    session = side.opened("Drafts")

    place = session.append("Drafts", RAW, ("\\Draft",))
    session.renew()

    assert session.mail(place.uid, 1_000_000).data == RAW


@pytest.mark.parametrize(("capability", "octets", "waits"), [("LITERAL+", 9000, 0), ("LITERAL-", 9000, 1)])
def test_a_draft_is_not_announced_where_the_server_takes_it_at_once(
    scripted: Any, capability: str, octets: int, waits: int
) -> None:
    scripted.capabilities = [c for c in scripted.capabilities if c != "LITERAL+"] + [capability]
    session = connect(imap(scripted, scripted.user()), scripted.password, None)
    for raw, turns in ((RAW, 1), (RAW + b"x" * octets + b"\r\n", 1 + waits)):
        before = scripted.round_trips

        session.append("Drafts", raw, ())

        assert scripted.round_trips - before == turns
        assert scripted.folder("Drafts").messages[-1].raw == raw
    session.close()


def test_a_draft_is_stored_by_a_python_that_lets_no_line_end_into_a_word(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As 3.13 and 3.14 do since July 2026 (python/cpython#153287)."""
    plain = imaplib.IMAP4._command  # type: ignore[attr-defined]

    def command(library: Any, name: str, *words: Any) -> Any:
        for word in words:
            if re.search(b"[\0\r\n]", word.encode() if isinstance(word, str) else word or b""):
                raise ValueError("NUL, CR and LF not allowed in commands")
        return plain(library, name, *words)

    monkeypatch.setattr(imaplib.IMAP4, "_command", command)
    session = side.opened("Drafts")

    place = session.append("Drafts", RAW, ("\\Draft",))
    session.renew()

    assert session.mail(place.uid, 1_000_000).data == RAW


def test_a_draft_with_line_ends_of_every_kind_is_stored_as_mail_has_them(scripted: Any) -> None:
    session = connect(imap(scripted, scripted.user()), scripted.password, None)

    session.append("Drafts", b"Subject: a\n\nb\rc\r\nd\n", ())

    assert scripted.folder("Drafts").messages[0].raw == b"Subject: a\r\n\r\nb\r\nc\r\nd\r\n"
    session.close()


def test_a_folder_is_opened_in_one_breath_with_the_search_in_it(side: Side) -> None:
    session = side.new()
    place = session.append("Drafts", RAW, ())

    found = session.with_message_id("<1.1766332362@northwind.example>", "Drafts")
    look = session.selected

    assert (look.folder, look.uidvalidity, found) == ("Drafts", place.uidvalidity, (place.uid,))
    assert session.mail(place.uid, 1_000_000).data == RAW


def test_a_search_in_a_folder_that_is_not_there_is_refused_and_the_session_goes_on(side: Side) -> None:
    session = side.opened("INBOX")

    with pytest.raises(Rejection):
        session.with_message_id("<1@northwind.example>", "Elsewhere")

    assert session.selected is None
    assert session.examine("Drafts").folder == "Drafts"
    assert session.with_message_id("<1@northwind.example>", "INBOX") == ()


def test_a_search_that_no_command_can_carry_leaves_nothing_behind(side: Side) -> None:
    session = side.opened("INBOX")
    place = session.append("Drafts", RAW, ())

    with pytest.raises(ValueError, match="cannot be sent"):
        session.with_message_id("<1\r\nX LOGOUT>", "Sent")

    assert session.examine("Drafts").uidvalidity == place.uidvalidity
    assert session.with_message_id("<1.1766332362@northwind.example>") == (place.uid,)
    assert session.selected.folder == "Drafts"
