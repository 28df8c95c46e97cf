"""Which mail a flag means, wherever it lies by then: moved, gone, delivered twice, in a folder that was built anew."""

from __future__ import annotations

import fakes
import pytest
from test_bot_flags import states
from worlds import Lab, question

from mailbot.errors import Later as LaterError
from mailbot.imap.trouble import Rejection
from mailbot.job import State


def test_in_a_rebuilt_folder_an_old_uid_says_nothing_of_the_mail_that_has_it_now(lab: Lab) -> None:
    assert lab.endpoint is not None
    lab.endpoint.queue.append(LaterError("the model is down"))
    uid = lab.flag()
    lab.cycle()
    flagged = lab.mailbox.boxes["INBOX"].mails.pop(uid).raw
    lab.mailbox.rebuild("INBOX")
    assert lab.mailbox.add("INBOX", question(2)) == uid
    lab.mailbox.add("INBOX", flagged, "\\Flagged")
    lab.endpoint.queue.append(LaterError("the model is down"))
    lab.cycle()

    lab.settle()

    assert states(lab) == [State.DONE]


def test_archived_while_under_way_the_job_goes_on(lab: Lab) -> None:
    uid = lab.flag()
    assert lab.endpoint is not None
    lab.endpoint.effect = lambda name: lab.mailbox.move("INBOX", uid, "Archive") if name == "ask" else None

    lab.cycle()
    (archived,) = lab.mailbox.boxes["Archive"].mails.values()
    assert "$MailbotDrafted" in archived.flags
    lab.endpoint.effect = lambda name: None
    lab.cycle()

    assert states(lab) == [State.DONE]
    assert len(lab.mailbox.raws()) == 1


def test_archived_before_it_was_fetched_it_is_found_by_its_message_id(lab: Lab) -> None:
    uid = lab.flag(folder="INBOX")
    archive_after_look(lab, uid)

    lab.cycle()
    lab.cycle()

    assert states(lab) == [State.DONE]


def archive_after_look(lab: Lab, uid: int, to: str = "Archive") -> None:
    """The owner archives the mail right after mailbot saw its flag."""
    before = lab.world.journal.stars.look

    def look(account: str, folder: str, uidvalidity: int) -> None:
        if uid in lab.mailbox.boxes["INBOX"].mails:
            lab.mailbox.move("INBOX", uid, to)
        before(account, folder, uidvalidity)

    lab.world.journal.stars.look = look  # type: ignore[method-assign]


def test_a_mail_that_is_nowhere_any_more_is_skipped_with_a_page(lab: Lab) -> None:
    uid = lab.flag()
    archive_after_look(lab, uid, "Trash")

    lab.cycle()

    assert states(lab) == [State.SKIPPED]
    assert "The mail is gone." in next(iter(lab.pages().values()))


@pytest.mark.parametrize("known", [True, False])
def test_a_mail_whose_folder_cannot_be_opened_for_a_while_is_not_gone(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    raw = question() if known else question().replace(b"Message-ID", b"X-Id")
    lab.flag(raw)
    lab.mailbox.add("Archive", question(2), "\\Flagged", "$MailbotDrafted")  # so that Archive is open after the look
    examine, opened = fakes.FakeSession.examine, []

    def refused(self: fakes.FakeSession, folder: str) -> object:
        opened.append(folder)
        if 3 < len(opened) < 7:  # the first three are the look at the flags
            raise Rejection("[UNAVAILABLE] try again")
        return examine(self, folder)

    monkeypatch.setattr(fakes.FakeSession, "examine", refused)
    lab.cycle()
    assert lab.jobs()[0].waits_for == "the server refused: [UNAVAILABLE] try again"
    lab.settle()

    assert states(lab) == [State.DONE]


@pytest.mark.case(12)
def test_a_move_between_watched_folders_asks_nothing_new(lab: Lab) -> None:
    uid = lab.flag()
    lab.cycle()

    lab.mailbox.move("INBOX", uid, "Archive")
    lab.cycle()
    lab.cycle()

    assert states(lab) == [State.DONE]


def test_a_rebuilt_folder_asks_nothing_new(lab: Lab) -> None:
    lab.flag()
    lab.cycle()

    lab.mailbox.rebuild("INBOX")
    lab.cycle()

    assert states(lab) == [State.DONE]


def test_a_star_that_is_unknown_in_a_rebuilt_folder_is_held_and_released(lab: Lab) -> None:
    lab.cycle()
    lab.mailbox.rebuild("INBOX")
    lab.flag()

    lab.cycle()
    assert states(lab) == [State.HELD]
    lab.world.journal.record(lab.jobs()[0], "released", lab.clock)
    lab.cycle()

    assert states(lab) == [State.DONE]


@pytest.mark.case(12)
def test_a_second_delivery_joins_the_first(lab: Lab) -> None:
    lab.flag(question())
    lab.cycle()

    lab.flag(question(Received="from list.example by mx.example.org; Mon, 5 Jan 2026 08:01:00 +0100"))
    lab.cycle()

    assert states(lab) == [State.DONE]


@pytest.mark.case(27)
def test_different_mails_with_one_message_id_are_two(lab: Lab) -> None:
    lab.flag(question(1))
    lab.flag(question(2, Message_ID="<1.1766332362@northwind.example>", From="Eve <eve@evil.example>"))

    lab.cycle()

    assert len(lab.jobs()) == 2


def test_the_second_delivery_stands_in_when_the_first_is_gone(lab: Lab) -> None:
    uid = lab.flag()
    copy = question(Received="from list.example by mx.example.org; Mon, 5 Jan 2026 08:01:00 +0100")
    lab.mailbox.add("Archive", copy)
    archive_after_look(lab, uid, "Trash")

    lab.cycle()

    assert states(lab) == [State.DONE]
    assert lab.jobs()[0].draft["draft_message_id"].encode() in lab.mailbox.raws()[0]


def test_a_server_whose_header_lines_differ_from_its_mail_gets_its_draft(lab: Lab) -> None:
    uid = lab.flag()
    plain = fakes._fields
    lab.mailbox.boxes["INBOX"].mails[uid].raw = question().replace(b"\n", b"\r\n")

    def trimmed(raw: bytes, wanted: tuple[bytes, ...]) -> bytes:
        return plain(raw, wanted).replace(b" +0100", b"")

    fakes._fields = trimmed
    try:
        lab.cycle()
    finally:
        fakes._fields = plain

    assert states(lab) == [State.DONE]
    assert lab.jobs()[0].draft["draft_message_id"].encode() in lab.mailbox.raws()[0]
