"""The demo's mailbox behaves like a mailbox, and its mails like mails."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError
from mail_server import logged_in
from running import until

from mailbot.demo import mailbox
from mailbot.demo.samples import ADDRESS, Sample, samples

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MAIL = b"From: mara@northwind.example\r\nMessage-ID: <one@northwind.example>\r\n\r\nHello\r\n"


@pytest.fixture
def box() -> Iterator[mailbox.Mailbox]:
    with mailbox.running(ADDRESS, "correct-horse") as running:
        yield running


def log_in(box: mailbox.Mailbox) -> IMAPClient:
    return logged_in(box.host, box.port, box.user, box.password)


def test_lists_the_usual_folders_with_special_use(box: mailbox.Mailbox) -> None:
    with log_in(box) as client:
        found = {name: attributes for attributes, _, name in client.list_folders()}
        subscribed = {name for _, _, name in client.list_sub_folders()}
    assert set(found) == {"INBOX", "Drafts", "Sent", "Archive", "Trash"}
    for name in ("Drafts", "Sent", "Archive", "Trash"):
        assert f"\\{name}".encode() in found[name]
    assert set(found) == subscribed


def test_delivers_a_mail_with_flags_and_its_date(box: mailbox.Mailbox) -> None:
    uid = box.append("INBOX", MAIL, [r"\Flagged"], NOW)
    with log_in(box) as client:
        client.select_folder("INBOX", readonly=True)
        row = client.fetch([uid], ["FLAGS", "INTERNALDATE", "BODY.PEEK[]"])[uid]
    assert row[b"BODY[]"] == MAIL
    assert rb"\Flagged" in row[b"FLAGS"]
    assert row[b"INTERNALDATE"].astimezone(UTC) == NOW


def test_keeps_a_keyword(box: mailbox.Mailbox) -> None:
    uid = box.append("INBOX", MAIL, [], NOW)
    with log_in(box) as client:
        assert rb"\*" in client.select_folder("INBOX")[b"PERMANENTFLAGS"]
        client.add_flags([uid], ["$MailbotDrafted"])
    with log_in(box) as client:
        client.select_folder("INBOX", readonly=True)
        assert list(client.search(["KEYWORD", "$MailbotDrafted"])) == [uid]


def test_stores_a_draft_and_tells_where(box: mailbox.Mailbox) -> None:
    with log_in(box) as client:
        answer = client.append("Drafts", MAIL, [r"\Draft", r"\Seen"])
        opened = client.select_folder("Drafts", readonly=True)
        (uid,) = client.search(["ALL"])
    assert answer.startswith(b"[APPENDUID %d %d]" % (opened[b"UIDVALIDITY"], uid))


def test_makes_a_folder_once(box: mailbox.Mailbox) -> None:
    with log_in(box) as client:
        client.create_folder("Later")
        client.append("Later", MAIL)
        with pytest.raises(IMAPClientError):
            client.create_folder("Later")
        assert client.folder_status("Later", ["MESSAGES"])[b"MESSAGES"] == 1


def test_refuses_a_wrong_password(box: mailbox.Mailbox) -> None:
    with pytest.raises(IMAPClientError):
        logged_in(box.host, box.port, box.user, "wrong")


def test_a_client_that_idles_outlives_the_garbage_collector(box: mailbox.Mailbox) -> None:
    with log_in(box) as client:
        client.select_folder("INBOX")
        client.idle()
        gc.collect()
        client.idle_done()


def test_ends_cleanly_while_a_client_is_still_connected() -> None:
    before = threading.active_count()
    with mailbox.running(ADDRESS, "correct-horse") as box:
        client = log_in(box)
        client.select_folder("INBOX")
        client.idle()
    until(lambda: threading.active_count() <= before + 1, "the end of its threads")  # pymap keeps one of a pool
    client.shutdown()
    with pytest.raises(OSError, match="refused"):
        log_in(box)


def test_says_what_to_install_when_pymap_is_missing() -> None:
    program = (
        "import sys; sys.modules['pymap'] = None; sys.modules['pymap.backend.dict'] = None\n"
        "from mailbot.demo import mailbox\n"
        "with mailbox.running('a@b.example', 'x'): pass"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert 'In the checkout: pip install ".[demo]"' in ended.stderr


def parsed() -> dict[str, EmailMessage]:
    return {
        sample.name: message_from_bytes(sample.raw, _class=EmailMessage, policy=policy.default)
        for sample in samples(NOW)
    }


def test_samples_are_mails_of_the_last_two_days_oldest_first() -> None:
    arrived = [sample.arrived for sample in samples(NOW)]
    dates = [parsedate_to_datetime(mail["Date"]) for mail in parsed().values()]
    assert dates == arrived == sorted(arrived)
    assert NOW - timedelta(days=2) < arrived[0] <= arrived[-1] < NOW


def test_one_sample_is_asked_and_it_asks_two_things_of_two_people() -> None:
    (asked,) = [sample for sample in samples(NOW) if sample.asked]
    mail = parsed()[asked.name]
    assert mail.get_content().count("?") == 2
    assert ADDRESS in mail["To"]
    assert mail["Cc"]


@pytest.mark.parametrize("sample", samples(NOW), ids=lambda sample: sample.name)
def test_a_sample_is_well_formed_and_names_nobody_real(sample: Sample) -> None:
    raw = sample.raw
    mail = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    assert [part.defects for part in mail.walk() if part.defects] == []
    assert b"@DATE@" not in raw
    assert b"@EARLIER@" not in raw
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert all(address.endswith(b".example") for address in re.findall(rb"@([\w.-]+\w)", raw))


def test_two_samples_are_german_with_umlauts() -> None:
    german = {name for name, mail in parsed().items() if any(c in mail["Subject"] for c in "äöüß")}
    assert german == {"termin", "newsletter"}


def test_the_appointment_quotes_what_the_owner_wrote() -> None:
    text = parsed()["termin"].get_content()
    assert "Am 01.03.2026 um 08:00 schrieb Ada Example:\r\n> Lieber Herr Böttcher," in text


def test_the_list_mail_and_the_newsletter_say_what_they_are() -> None:
    mails = parsed()
    assert "joiners.lists.timber.example" in mails["list"]["List-Id"]
    assert mails["newsletter"]["List-Unsubscribe"]
    assert mails["newsletter"].get_body(("html",)) is not None
