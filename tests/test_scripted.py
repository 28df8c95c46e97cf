"""The scripted server answers like Dovecot, and goes wrong where a test says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from dovecot import Dovecot
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError
from mail_server import ANSWER_WITHIN
from scripted import Scripted

MAIL = (
    b"From: Mara <mara@northwind.example>\r\nTo: ada@example.org\r\nSubject: Caf\xc3\xa9\r\n"
    b"References: <a@x.example>\r\n <b@x.example>\r\nMessage-ID: <one@northwind.example>\r\n\r\n"
    b"Hello,\r\n\r\nis it \xc3\xbcber?\r\n"
)
OTHER = b"From: b@x.example\r\nMessage-ID: <two@x.example>\r\n\r\nx\r\n"
WHEN = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)

Server = Dovecot | Scripted


def rows(answer: dict[int, dict[bytes, Any]]) -> dict[int, dict[bytes, Any]]:
    """A FETCH answer without what may differ: sequence numbers, and ``\\Recent``, which only Dovecot sets."""
    return {uid: {key: plain(value) for key, value in row.items() if key != b"SEQ"} for uid, row in answer.items()}


def plain(value: Any) -> Any:
    return tuple(sorted(set(value) - {rb"\Recent"})) if isinstance(value, tuple) else value


def flags(answer: dict[int, tuple[bytes, ...]]) -> dict[int, Any]:
    return {uid: plain(value) for uid, value in answer.items()}


def kind(action: Callable[[], Any]) -> tuple[str, str]:
    """How a command is refused: NO or BAD, and the response code."""
    with pytest.raises(IMAPClientError) as caught:
        action()
    code = re.search(r"\[([A-Z]+)", str(caught.value))
    return type(caught.value).__name__, code[1] if code else ""


def fill(client: IMAPClient) -> None:
    client.append("INBOX", MAIL, [r"\Flagged"], WHEN)
    client.append("INBOX", OTHER, [r"\Seen", "$Known"], WHEN)
    client.append("INBOX", OTHER, [r"\Flagged", r"\Deleted"], WHEN)


def lists_folders_with_special_use(client: IMAPClient) -> object:
    return {(name, separator, attributes) for attributes, separator, name in client.list_folders()}


def lists_a_new_folder_by_its_name(client: IMAPClient) -> object:
    client.create_folder('Entwürfe & "Co"')
    client.subscribe_folder('Entwürfe & "Co"')
    client.append('Entwürfe & "Co"', OTHER)
    return client.list_folders("", "Entw*"), client.folder_status('Entwürfe & "Co"', ["MESSAGES", "UIDNEXT", "UNSEEN"])


def opens_a_folder(client: IMAPClient) -> object:
    fill(client)
    answers = [client.select_folder("INBOX"), client.select_folder("INBOX", readonly=True)]
    keys = (b"EXISTS", b"UIDNEXT", b"READ-WRITE", b"READ-ONLY")
    told = [{key: answer.get(key) for key in keys} for answer in answers]
    return told, [rb"\*" in answer[b"PERMANENTFLAGS"] for answer in answers]


def searches(client: IMAPClient) -> object:
    fill(client)
    client.select_folder("INBOX", readonly=True)
    criteria: list[list[Any]] = [
        ["ALL"],
        ["FLAGGED", "UNDELETED"],
        ["KEYWORD", "$known"],
        ["UNKEYWORD", "$Known", "UNSEEN"],
        ["UID", "2:*"],
        ["UID", "9:*"],
        ["UID", "1,3"],
        ["HEADER", "Message-ID", "<two@x.example>"],
        ["HEADER", "Message-ID", "wo@X.EXAMPLE"],
        ["HEADER", "References", "b@x.example"],
        ["OR", ["HEADER", "In-Reply-To", "a@x"], ["HEADER", "References", "<a@x"]],
        ["NOT", "FLAGGED"],
        ["SINCE", WHEN.date(), "FLAGGED"],
    ]
    return [list(client.search(each)) for each in criteria]


def fetches(client: IMAPClient) -> object:
    fill(client)
    client.select_folder("INBOX", readonly=True)
    asked = [
        ["UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE"],
        ["BODY.PEEK[]"],
        ["BODY.PEEK[]<0.20>"],
        ["BODY.PEEK[]<10.100000>"],
        ["BODY.PEEK[HEADER]"],
        ["BODY.PEEK[TEXT]"],
        ["FLAGS", "BODY.PEEK[HEADER.FIELDS (REFERENCES FROM X-NONE)]"],
    ]
    return [rows(client.fetch([1, 2, 77], items)) for items in asked]


def stores_flags(client: IMAPClient) -> object:
    fill(client)
    client.select_folder("INBOX")
    told = [
        flags(client.add_flags([1, 2], ["$MailbotDrafted", r"\ANSWERED"])),
        flags(client.remove_flags([1], [r"\Flagged"])),
        flags(client.set_flags([2], [r"\Draft"])),
    ]
    client.add_flags([3], ["$Silent"], silent=True)
    return told, rows(client.fetch([1, 2, 3], ["FLAGS"]))


def copies_moves_and_expunges(client: IMAPClient) -> object:
    fill(client)
    client.select_folder("INBOX")
    client.copy([2], "Archive")
    client.move([1], "Trash")
    client.uid_expunge([2, 3])
    left = client.search(["ALL"])
    found = {name: client.folder_status(name, ["MESSAGES", "UIDNEXT"]) for name in ("INBOX", "Archive", "Trash")}
    client.select_folder("Trash", readonly=True)
    return list(left), found, rows(client.fetch([1], ["FLAGS", "INTERNALDATE", "BODY.PEEK[]"]))


def tells_where_a_mail_was_stored(client: IMAPClient) -> object:
    answer = client.append("Drafts", MAIL, [r"\Draft", r"\Seen"])
    validity = client.folder_status("Drafts", ["UIDVALIDITY"])[b"UIDVALIDITY"]
    return answer.startswith(b"[APPENDUID %d 1]" % validity)


def refuses(client: IMAPClient) -> object:
    fill(client)
    client.select_folder("INBOX", readonly=True)
    return [
        kind(lambda: client.append("Nowhere", OTHER)),
        kind(lambda: client.copy([1], "Nowhere")),
        kind(lambda: client.select_folder("Nowhere"))[0],
        kind(lambda: client.folder_status("Nowhere", ["UIDNEXT"]))[0],
    ]


def leaves_a_read_only_folder_alone(client: IMAPClient) -> object:
    fill(client)
    client.select_folder("INBOX", readonly=True)
    with suppress(IMAPClientError):  # Dovecot says OK and does nothing; RFC 9051, 6.3.3 wants a NO
        client.add_flags([1], [r"\Answered"])
    return rows(client.fetch([1], ["FLAGS"]))


SCRIPTS = [
    lists_folders_with_special_use,
    lists_a_new_folder_by_its_name,
    opens_a_folder,
    searches,
    fetches,
    stores_flags,
    copies_moves_and_expunges,
    tells_where_a_mail_was_stored,
    refuses,
    leaves_a_read_only_folder_alone,
]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_answers_like_dovecot(script: Callable[[IMAPClient], object], dovecot: Dovecot, scripted: Scripted) -> None:
    with dovecot.client(dovecot.user()) as client:
        expected = script(client)

    with scripted.client(scripted.user()) as client:
        assert script(client) == expected


def test_the_same_wrong_password_is_refused(mailbox_server: Server) -> None:
    with IMAPClient(mailbox_server.host, port=mailbox_server.port, ssl=False, timeout=ANSWER_WITHIN) as client:
        with pytest.raises(IMAPClientError, match="AUTHENTICATIONFAILED"):
            client.login(mailbox_server.user(), "wrong")
        assert client.plain_login(mailbox_server.user(), mailbox_server.password) is not None


def test_other_sessions_are_told_with_their_next_command(mailbox_server: Server) -> None:
    user = mailbox_server.user()
    with mailbox_server.client(user) as one, mailbox_server.client(user) as two:
        fill(one)
        one.select_folder("INBOX")
        two.select_folder("INBOX")

        two.add_flags([2], [r"\Flagged"])
        two.uid_expunge([3])

        assert one.noop()[0] is not None
        assert list(one.search(["FLAGGED"])) == [1, 2]


def hears(idler: IMAPClient, wanted: Callable[[Any], bool]) -> None:
    """Until it was told so; fails the test when nothing more comes."""
    while told := idler.idle_check(timeout=ANSWER_WITHIN):
        if any(wanted(row) for row in told):
            return
    pytest.fail("the server tells nothing more")


def test_an_idling_session_hears_of_mail_and_flags_and_expunged_mail(mailbox_server: Server) -> None:
    user = mailbox_server.user()
    with mailbox_server.client(user) as idler, mailbox_server.client(user) as other:
        fill(other)
        idler.select_folder("INBOX", readonly=True)
        other.select_folder("INBOX")
        idler.idle()

        other.append("INBOX", OTHER)
        hears(idler, lambda row: row == (4, b"EXISTS"))
        other.add_flags([2], [r"\Flagged"])
        hears(idler, lambda row: row[:2] == (2, b"FETCH") and rb"\Flagged" in row[2][1])
        other.uid_expunge([3])
        hears(idler, lambda row: row == (3, b"EXPUNGE"))
        idler.idle_done()

        assert list(idler.search(["ALL"])) == [1, 2, 4]


@pytest.mark.parametrize("capability", ["LITERAL+", ""])
def test_a_refused_append_stores_nothing_and_the_next_one_works(scripted: Scripted, capability: str) -> None:
    scripted.capabilities = ["IMAP4rev1", *filter(None, [capability])]
    scripted.fault("APPEND", when="before", then=b"NO [OVERQUOTA] full")
    with scripted.client(scripted.user()) as client:
        assert kind(lambda: client.append("Drafts", MAIL)) == ("error", "OVERQUOTA")
        assert scripted.folder("Drafts").messages == []

        client.append("Drafts", MAIL)
        assert [message.raw for message in scripted.folder("Drafts").messages] == [MAIL]


@pytest.mark.parametrize(("when", "stored"), [("before", 0), ("literal", 0), ("after", 1), ("answer", 1)])
def test_an_append_that_is_cut_off_is_stored_only_when_it_was_whole(scripted: Scripted, when: Any, stored: int) -> None:
    scripted.fault("APPEND", when=when, then="close")
    client = scripted.client(scripted.user())
    with pytest.raises((IMAPClientAbortError, OSError)):
        client.append("Drafts", MAIL)
    client.shutdown()

    assert len(scripted.folder("Drafts").messages) == stored


def test_a_stalled_command_runs_into_the_clients_timeout(scripted: Scripted) -> None:
    scripted.fault("UID SEARCH", when="before", then="stall")
    client = scripted.client(scripted.user())
    client.select_folder("INBOX")
    client.socket().settimeout(0.1)
    with pytest.raises(TimeoutError):
        client.search(["ALL"])
    client.shutdown()


def test_an_answer_can_be_rewritten(scripted: Scripted) -> None:
    scripted.fault("APPEND", when="after", then=lambda answer: re.sub(rb"\[APPENDUID.*?\] ", b"", answer))
    with scripted.client(scripted.user()) as client:
        assert client.append("Drafts", MAIL) == b"stored"


def test_a_greeting_can_fail(scripted: Scripted) -> None:
    scripted.fault("GREETING", when="before", then=b"* BYE too many connections")
    with pytest.raises(IMAPClientError, match="too many connections"):
        scripted.client(scripted.user())


def test_a_rebuilt_folder_has_new_uids_and_throws_out_whoever_has_it_open(scripted: Scripted) -> None:
    uid = scripted.append("INBOX", MAIL, [r"\Flagged"])
    before = scripted.folder("INBOX").uidvalidity
    client = scripted.client(scripted.user())
    client.select_folder("INBOX")

    scripted.rebuild("INBOX")

    with pytest.raises(IMAPClientAbortError):
        client.noop()
    client.shutdown()
    assert scripted.folder("INBOX").uidvalidity > before
    assert [message.raw for message in scripted.folder("INBOX").messages] == [MAIL]
    assert scripted.folder("INBOX").get(uid) is None


def test_a_mailbox_without_keywords_keeps_none(scripted: Scripted) -> None:
    scripted.permanent_flags = (r"\Seen", r"\Flagged")
    uid = scripted.append("INBOX", MAIL)
    with scripted.client(scripted.user()) as client:
        client.select_folder("INBOX")
        client.add_flags([uid], ["$MailbotDrafted", r"\Flagged"])
    assert scripted.folder("INBOX").messages[0].flags == {r"\Flagged"}


@pytest.mark.parametrize(
    "action",
    [
        lambda client: client.close_folder(),
        lambda client: client.expunge(),
        lambda client: client.fetch([1], ["BODY[]"]),
        lambda client: client.fetch([1], ["ENVELOPE"]),
        lambda client: client._imap.fetch("1", "(FLAGS)"),
        lambda client: client._imap.store("1", "+FLAGS", r"(\Seen)"),
        lambda client: client._imap.copy("1", "Trash"),
        lambda client: client._imap.search(None, "ALL"),
        lambda client: client.search(["1:*"]),
        lambda client: client.delete_folder("Trash"),
    ],
    ids=["CLOSE", "EXPUNGE", "BODY[]", "ENVELOPE", "FETCH", "STORE", "COPY", "SEARCH", "numbers", "DELETE"],
)
def test_a_command_that_no_careful_client_needs_is_a_violation(action: Callable[[IMAPClient], Any]) -> None:
    with Scripted() as server:
        server.append("INBOX", MAIL)
        with server.client(server.user()) as client:
            client.select_folder("INBOX")
            with pytest.raises(IMAPClientError):
                action(client)
        assert len(server.violations) == 1
        assert server.folder("INBOX").messages[0].flags == frozenset()


def test_commands_round_trips_and_octets_are_counted(scripted: Scripted) -> None:
    with scripted.client(scripted.user()) as client:
        before = scripted.round_trips, scripted.octets
        client.noop()
        client.append("Drafts", MAIL)  # two round trips: imapclient waits for the server before it sends the mail
    assert [line.split()[1] for _, line in scripted.log][-3:] == ["NOOP", "APPEND", "LOGOUT"]
    assert scripted.round_trips - before[0] == 4
    assert len(MAIL) < scripted.octets - before[1] < len(MAIL) + 250


def test_the_log_tells_the_sessions_apart(scripted: Scripted) -> None:
    with scripted.client(scripted.user()), scripted.client(scripted.user()):
        pass
    assert {session for session, _ in scripted.log} == {1, 2}
