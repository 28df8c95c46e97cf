"""The daily digest: once a day, at its time, of the drafts that lie in Drafts then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from fakes import ANSWER
from served import Served
from told import BY_SMTP
from worlds import CONFIG, Lab, question

from mailbot.errors import Unknown
from mailbot.imap.trouble import Rejection
from mailbot.notices.waiting import Waiting, age, compose

WANTED = CONFIG.replace("[state]", '[notify]\ndigest = "07:30"\n[state]')
NOW = datetime(2026, 1, 5, 7, 30, tzinfo=UTC)


def digests(lab: Lab) -> list[EmailMessage]:
    mails = [message_from_bytes(raw, policy=policy.default) for raw in lab.mailbox.raws("INBOX")]
    return [mail for mail in mails if "in Drafts, account" in mail.get_content()]


def to(lab: Lab, clock: str, days: int = 0) -> None:
    """Sets the clock to a time of the owner's day, so many days on, and lets mailbot look."""
    hour, minute = map(int, clock.split(":"))
    day = lab.world.time() + timedelta(days=days)
    lab.clock = day.replace(hour=hour, minute=minute, second=0).timestamp() - 60
    lab.cycle()


@pytest.fixture
def wanted() -> Iterator[Lab]:
    """A mailbox that mailbot knows, with one draft of yesterday afternoon; it is night."""
    lab = Lab(WANTED)
    to(lab, "16:00")
    lab.flag(question(1))
    lab.cycle()
    lab.world.journal.facts.put("digest", lab.world.key, lab.world.time().date().isoformat())
    to(lab, "00:30", days=1)
    yield lab
    lab.close()


def drafted(lab: Lab, number: int, urgency: str) -> None:
    assert lab.endpoint is not None
    lab.endpoint.queue.append(json.dumps({**ANSWER, "urgency": urgency}))
    lab.flag(question(number, Subject=f"mail {number}"))
    lab.cycle()


def test_it_comes_at_its_time_and_once_a_day(wanted: Lab) -> None:
    to(wanted, "07:29")
    before = len(digests(wanted))
    to(wanted, "07:30")
    wanted.cycle()
    wanted.boot()  # and a restart does not bring it again
    wanted.cycle()
    to(wanted, "23:00")

    assert (before, len(digests(wanted))) == (0, 1)
    to(wanted, "07:31", days=1)
    assert len(digests(wanted)) == 2


def test_it_says_subject_urgency_and_age_and_the_urgent_ones_first(wanted: Lab) -> None:
    drafted(wanted, 2, "low")
    drafted(wanted, 3, "urgent")

    to(wanted, "07:30")

    (mail,) = digests(wanted)
    assert mail["Subject"] == "mailbot: 3 drafts wait"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert (mail["From"], mail["To"]) == ("mailbot <ada@example.org>", "ada@example.org")
    rows = [line for line in mail.get_content().splitlines() if line.startswith("* ")]
    assert [row.partition(", to ")[0] for row in rows] == [
        "* urgent: Re: mail 3",
        "* normal: Re: Servers for München",
        "* low: Re: mail 2",
    ]
    assert rows[1].endswith(", to Mara Lindqvist <mara@northwind.example>, 15 hours old")


@pytest.mark.parametrize("subject", ["Servers for the north " * 30, "关于十二月的会议安排" * 30])
def test_a_long_subject_and_many_recipients_take_one_line(subject: str) -> None:
    everybody = ", ".join(["Mara Lindqvist <mara@northwind.example>"] * 20)
    draft = Waiting(subject, everybody, "normal", NOW - timedelta(hours=3))

    raw = compose([draft], to="ada@example.org", account="home", folder="Drafts", now=NOW, word="w1")

    mail = message_from_bytes(raw, policy=policy.default)
    _, _, row, *_ = mail.get_content().splitlines()
    assert row.startswith(f"* normal: {subject[:60]}")
    assert "…, to Mara Lindqvist <mara@" in row
    assert row.endswith("…, 3 hours old")


def test_what_was_sent_deleted_or_moved_waits_no_more(wanted: Lab) -> None:
    drafted(wanted, 2, "normal")
    drafted(wanted, 3, "normal")
    sent, deleted, marked = wanted.mailbox.boxes["Drafts"].mails
    wanted.mailbox.move("Drafts", sent, "Sent")
    wanted.mailbox.move("Drafts", deleted, "Trash")
    wanted.mailbox.boxes["Drafts"].mails[marked].flags.add("\\Deleted")

    to(wanted, "07:30")

    assert digests(wanted) == []


def test_a_draft_that_the_owner_edits_waits_under_its_message_id(wanted: Lab) -> None:
    (uid,) = wanted.mailbox.boxes["Drafts"].mails
    raw = wanted.mailbox.boxes["Drafts"].mails.pop(uid).raw
    wanted.mailbox.add("Drafts", raw.replace(b"we buy it", b"we will buy it"), "\\Seen")

    to(wanted, "07:30")

    assert len(digests(wanted)) == 1


@pytest.mark.parametrize("kept", ["In-Reply-To", "References"])  # what clients leave in a draft that they save again
def test_a_draft_that_the_owner_edited_waits_under_a_new_message_id(wanted: Lab, kept: str) -> None:
    (uid,) = wanted.mailbox.boxes["Drafts"].mails
    draft = message_from_bytes(wanted.mailbox.boxes["Drafts"].mails.pop(uid).raw, policy=policy.default)
    draft.replace_header("Message-ID", "<its-own@thunderbird.example>")
    for header in {"In-Reply-To", "References"} - {kept}:
        del draft[header]
    wanted.mailbox.add("Drafts", draft.as_bytes(), "\\Seen")

    to(wanted, "07:30")

    (mail,) = digests(wanted)
    assert mail["Subject"] == "mailbot: 1 draft waits"


def test_a_draft_beside_the_owners_own_reply_is_named_once(wanted: Lab) -> None:
    (uid,) = wanted.mailbox.boxes["Drafts"].mails
    raw = wanted.mailbox.boxes["Drafts"].mails[uid].raw
    draft = message_from_bytes(raw, policy=policy.default)
    draft.replace_header("Message-ID", "<its-own@thunderbird.example>")
    wanted.mailbox.add("Drafts", draft.as_bytes(), "\\Seen")

    to(wanted, "07:30")

    (mail,) = digests(wanted)
    assert mail["Subject"] == "mailbot: 1 draft waits"


def test_a_draft_of_the_owners_to_a_mail_that_got_none_is_not_named(wanted: Lab) -> None:
    wanted.mailbox.boxes["Drafts"].mails.clear()
    wanted.flag(question(2, From="ada@example.org", To="bo@x.example"))  # the owner's own: skipped
    wanted.cycle()
    id = wanted.jobs()[0].mail["message_id"]
    wanted.mailbox.add("Drafts", question(7, In_Reply_To=id), "\\Draft")

    to(wanted, "07:30")

    assert wanted.jobs()[0].drafted_at is None
    assert digests(wanted) == []


def test_drafts_of_others_are_not_named(wanted: Lab) -> None:
    wanted.mailbox.boxes["Drafts"].mails.clear()
    wanted.mailbox.add("Drafts", question(7), "\\Draft")

    to(wanted, "07:30")

    assert digests(wanted) == []


def test_when_nothing_waits_at_its_time_there_is_none_that_day(wanted: Lab) -> None:
    wanted.mailbox.boxes["Drafts"].mails.clear()
    to(wanted, "07:30")
    drafted(wanted, 2, "urgent")
    to(wanted, "09:00")

    assert digests(wanted) == []
    to(wanted, "07:30", days=1)
    assert len(digests(wanted)) == 1


def test_a_mailbot_that_was_off_in_the_morning_sends_it_when_it_is_back(wanted: Lab) -> None:
    to(wanted, "15:00")

    assert len(digests(wanted)) == 1


def test_it_is_off_when_nobody_asked_for_it(lab: Lab) -> None:
    lab.flag()
    lab.cycle()
    to(lab, "23:00")

    assert digests(lab) == []


def test_by_smtp_it_goes_to_the_owner_only() -> None:
    lab = Lab(BY_SMTP.replace("[notify]", '[notify]\ndigest = "07:30"'))
    lab.cycle()
    lab.flag()
    lab.cycle()
    to(lab, "07:30", days=1)

    mails = [message_from_bytes(raw, policy=policy.default) for raw in lab.notices]
    assert [str(mail["To"]) for mail in mails] == ["ada@example.com"] * len(mails)
    assert "1 draft waits in Drafts" in mails[-1].get_content()
    lab.close()


@pytest.mark.parametrize("after", [False, True])
def test_a_digest_of_which_nobody_knows_whether_it_arrived_is_not_sent_twice(wanted: Lab, after: bool) -> None:
    def broken(name: str) -> None:
        if name == ("appended" if after else "append"):
            wanted.mailbox.effect = lambda name: None
            raise Unknown("the connection broke")

    wanted.mailbox.effect = broken
    with pytest.raises(Unknown):
        to(wanted, "07:30")
    wanted.poller.close()
    wanted.cycle()

    assert len(digests(wanted)) == after


def test_a_digest_that_the_server_refused_comes_at_the_next_look(wanted: Lab) -> None:
    def refuse(name: str) -> None:
        if name == "append":
            wanted.mailbox.effect = lambda name: None
            raise Rejection("[UNAVAILABLE] try later")

    wanted.mailbox.effect = refuse
    to(wanted, "07:30")
    before = len(digests(wanted))
    wanted.cycle()

    assert (before, len(digests(wanted))) == (0, 1)


def test_a_clock_that_was_wrong_for_a_while_neither_doubles_nor_silences_it(wanted: Lab) -> None:
    to(wanted, "07:30")
    to(wanted, "23:00", days=-1)  # set back over midnight: that day had none, but it is over
    assert len(digests(wanted)) == 1

    wanted.world.journal.facts.put("digest", wanted.world.key, "2199-01-01")
    to(wanted, "07:30", days=2)
    assert len(digests(wanted)) == 2


def test_it_is_never_answered(wanted: Lab) -> None:
    to(wanted, "07:30")
    drafts = len(wanted.mailbox.raws())
    wanted.mailbox.star(max(wanted.mailbox.boxes["INBOX"].mails))
    wanted.cycle()

    assert len(wanted.mailbox.raws()) == drafts


def test_on_dovecot_it_looks_at_the_server(dovecot: Any) -> None:
    home = Served(dovecot, WANTED)
    try:
        home.cycle()
        home.star(home.deliver())
        home.cycle()
        to(home, "07:30", days=1)

        with home.other("INBOX") as client:
            found = client.search(["SUBJECT", "1 draft waits"])
            seen = client.get_flags(found)
        assert len(found) == 1
        assert seen[found[0]] == () or b"\\Seen" not in seen[found[0]]
    finally:
        home.close()


# The note


def note(*drafts: Waiting) -> EmailMessage:
    raw = compose(drafts, to="ada@example.org", account="home", folder="Drafts", now=NOW, word="n1")
    return message_from_bytes(raw, policy=policy.default)


def test_a_hostile_subject_stays_a_line_of_text() -> None:
    mail = note(Waiting("Re: x\r\nBcc: eve@evil.example\x1b[31m", "a\r\n\r\nb", "normal", NOW))

    assert mail["Bcc"] is None
    assert len([line for line in mail.get_content().splitlines() if line.startswith("* ")]) == 1
    assert "\x1b" not in mail.get_content()


def test_of_very_many_the_first_are_named() -> None:
    text = note(*(Waiting("x", "a", "normal", NOW) for _ in range(70))).get_content()

    assert text.count("* normal: x") == 50
    assert "And 20 more." in text


@pytest.mark.parametrize(
    ("hours", "words"),
    [(0, "less than an hour"), (1, "1 hour"), (47, "47 hours"), (48, "2 days"), (-3, "less")],
)
def test_ages(hours: int, words: str) -> None:
    assert age(timedelta(hours=hours)).startswith(words)
