"""Flags and mails of a whole mailbot on real Dovecot, while another client of the same person does what people do."""

from __future__ import annotations

import os
import re
import threading
import tracemalloc
from email.message import EmailMessage
from typing import Any

import pytest
from dovecot import Dovecot
from imapclient.exceptions import IMAPClientError
from running import SOON
from scripted import Scripted
from served import Served
from worlds import CONFIG, question

from mailbot.imap.idle import Watcher
from mailbot.job import State

LARGE = int(os.environ.get("MAILBOT_LARGE", "6000"))  # mails; `make large` takes 100,000
OLD_STARS = 5_000


# Flags at awkward moments


@pytest.mark.case(1)
def test_a_flag_set_while_another_mail_is_fetched_gets_its_draft(served: Served) -> None:
    second = served.deliver(question(2))
    served.starred(question(1))
    served.before("mail", lambda: served.star(second))

    served.cycle()
    served.cycle()

    served.check(drafts=2)


@pytest.mark.case(2)
def test_a_flag_that_is_pending_when_idle_begins_wakes_at_once(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    uid = served.deliver()
    woken = threading.Event()
    begun = threading.Event()

    def connect() -> tuple[Any, str]:
        session = served.connect()
        plain = session.idle

        def pending() -> None:
            if not begun.is_set():
                served.star(uid)  # after EXAMINE, before IDLE: the server tells it in the first answer
            plain()
            begun.set()

        session.idle = pending
        return session, "INBOX"

    watcher = Watcher(connect, lambda: woken.set() if begun.is_set() else None)
    watcher.start()
    assert woken.wait(SOON)
    watcher.stop()


@pytest.mark.case(14)
def test_unflagged_before_the_model_is_asked_there_is_no_draft(served: Served) -> None:
    uid = served.starred()
    served.config.archive.folder.write_text("in the way: no prompt can be stored")
    served.cycle()
    served.star(uid, up=False)
    served.config.archive.folder.unlink()

    served.cycle()

    assert served.states() == [State.CANCELLED]
    assert served.mails() == {}


@pytest.mark.case(14)
def test_unflagged_and_flagged_again_between_two_looks_is_the_same_flag(served: Served) -> None:
    uid = served.starred()
    served.cycle()

    served.star(uid, up=False)
    served.star(uid)
    served.cycle()
    served.check(drafts=1)

    served.star(uid, up=False)
    served.cycle()
    served.star(uid)
    served.cycle()
    served.check(drafts=2)


# Mails that move or vanish under way


def archive(served: Served, uid: int) -> None:
    with served.other() as client:
        client.move([uid], "Archive")


def copy(served: Served, uid: int) -> None:
    """Gmail's labels look like this: one mail in two folders, both starred."""
    with served.other() as client:
        client.copy([uid], "Archive")


@pytest.mark.case(12)
@pytest.mark.parametrize("action", [archive, copy])
@pytest.mark.parametrize("moment", ["headers", "mail", "append", "select"])
def test_a_mail_that_is_moved_or_copied_under_way_gets_one_draft(served: Served, action: Any, moment: str) -> None:
    uid = served.starred()
    served.before(moment, lambda: action(served, uid))

    served.settle()
    served.cycle()
    served.cycle()

    served.check()


@pytest.mark.case(12)
def test_what_becomes_of_another_mail_under_the_number_of_one_that_was_moved_counts_for_nothing(served: Served) -> None:
    """Between commands a server names mails by their place in the folder, not by UID: UID 4 is the third here."""
    first, moved = served.deliver(question(1)), 3
    served.deliver(question(2)), served.deliver(question(3)), served.deliver(question(4)), served.deliver(question(5))
    served.expunge(first)
    served.star(moved)

    def meanwhile(name: str) -> None:
        if name == "ask":
            archive(served, moved)
            with served.other() as client:
                client.add_flags([4], ["\\Answered", "$MailbotDrafted"])

    assert served.endpoint is not None
    served.endpoint.effect = meanwhile
    served.cycle()
    served.cycle()

    served.check(drafts=1)


@pytest.mark.case(12)
def test_a_mail_in_all_mail_and_in_the_starred_view_gets_one_draft(scripted: Scripted) -> None:
    """Gmail: each label is a folder with UIDs of its own, and the star is in all of them."""
    scripted.capabilities = [*scripted.capabilities, "X-GM-EXT-1"]
    for name, use in (("[Gmail]/All Mail", "\\All"), ("[Gmail]/Starred", "\\Flagged")):
        scripted.mailbox.create(name)
        scripted.mailbox.special_use[name] = use
    served = Served(scripted)
    served.cycle()

    for folder in ("INBOX", "[Gmail]/All Mail", "[Gmail]/Starred"):
        served.starred(folder=folder)
    served.cycle()
    with served.other("[Gmail]/Starred") as client:
        client.copy([1], "[Gmail]/Starred")  # the star is taken away and set again: a new UID in the view
        client.delete_messages([1])
        client.uid_expunge([1])
    served.cycle()

    assert len(served.jobs()) == len(served.mails()) == 1
    served.close()


@pytest.mark.case(13)
@pytest.mark.parametrize(
    ("moment", "states"), [("headers", [[], [State.SKIPPED]]), ("mail", [[State.SKIPPED], [State.DONE]])]
)
def test_a_mail_that_is_expunged_after_its_flag_was_seen_stops_no_other(
    served: Served, moment: str, states: list[list[State]]
) -> None:
    """The second of the states where the server hands such a mail out once more (Cyrus)."""
    uid = served.starred(question(1))
    served.before(moment, lambda: served.expunge(uid))
    served.cycle()
    after = served.states()

    served.starred(question(2))
    served.cycle()

    assert after in states
    assert served.states() == [State.DONE, *after]


@pytest.mark.case(19)
@pytest.mark.timeout(900)
def test_in_a_large_mailbox_thousands_of_old_stars_are_only_remembered(dovecot: Dovecot) -> None:
    served = Served(dovecot)
    raws = (question(1, Message_ID=f"<{number}@x>", Subject=f"Mail {number}") for number in range(LARGE))
    dovecot.fill(served.user, raws, OLD_STARS)
    tracemalloc.start()

    first = served.cycle()
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    served.starred(question(2))
    served.cycle()

    assert first.seen.remembered == OLD_STARS
    assert served.states() == [State.DONE]
    assert taken < 40_000_000  # octets
    sent, received = dovecot.traffic(served.user)
    assert max(sent) < 40_000  # the first look: so many UIDs, in lots that no server cuts off
    assert max(received) < OLD_STARS * 1_000
    served.close()


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
    served = Served(dovecot, CONFIG.replace("aliases", keys))
    with served.other() as client:
        for folder in (name, f"in {name}"):
            try:
                client.create_folder(folder)
            except IMAPClientError as error:
                pytest.skip(f"a server that has no such names: {error}")  # Cyrus
    served.cycle()
    uid = served.starred(folder=f"in {name}")

    served.cycle()

    assert served.states() == [State.DONE]
    assert len(served.mails(name)) == 1
    assert "$MailbotDrafted" in served.flags(uid, f"in {name}")
    served.close()


@pytest.mark.case(27)
@pytest.mark.parametrize(
    "message_id", ["", "<a b c@northwind.example>", "no brackets@x", "<<twice@x>>", "<(c)@x>", "<"]
)
def test_a_mail_with_an_odd_id_or_none_gets_its_draft_also_after_it_was_moved(served: Served, message_id: str) -> None:
    raw = re.sub(rb"Message-ID: .*\n", b"Message-ID: %s\n" % message_id.encode() if message_id else b"", question())
    uid = served.starred(raw)

    served.before("append", lambda: archive(served, uid))
    served.settle()
    served.cycle()

    served.check()


@pytest.mark.case(27)
def test_two_mails_with_one_id_get_a_draft_each(served: Served) -> None:
    served.starred(question(1))
    served.starred(question(2, Message_ID="<1.1766332362@northwind.example>", Subject="Something else"))

    served.cycle()
    served.cycle()

    drafts = served.mails().values()
    assert len({draft["Message-ID"] for draft in drafts}) == len(drafts) == 2


@pytest.mark.case(32)
@pytest.mark.parametrize("folder", ["Drafts", "Sent", "Trash", "Junk"])
def test_a_star_in_a_folder_that_is_not_watched_asks_for_nothing(served: Served, folder: str) -> None:
    served.starred(folder=folder)

    served.cycle()

    assert served.jobs() == []


@pytest.mark.case(32)
def test_stars_on_own_mail_own_drafts_and_notices_give_no_draft(served: Served) -> None:
    served.starred(question(1, From="Ada Example <ada@example.com>"))
    served.starred(question(2))
    served.cycle()
    drafts = served.mails()
    for draft in drafts.values():
        served.starred(draft.as_bytes())
    served.starred(notice().as_bytes())

    served.cycle()

    assert sorted(served.states()) == [State.DONE, State.SKIPPED, State.SKIPPED, State.SKIPPED]
    assert len(served.mails()) == len(drafts)


def notice() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = mail["To"] = "ada@example.org"
    mail["Subject"] = "mailbot: over: the key is wrong"
    mail["Message-ID"] = "<notice@example.org>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("All is well again.\n")
    return mail
