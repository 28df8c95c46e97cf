"""mailbot check: what it finds on good servers and on quirky ones, and that it leaves the mailbox as it was."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from checked import Checked, fails, of
from scripted import Scripted
from scripted_mailbox import SYSTEM_FLAGS
from worlds import question

from mailbot.check import trial

WRITES = re.compile(
    r"\S+ (APPEND|UID STORE|UID COPY|UID MOVE|UID EXPUNGE|CREATE|SUBSCRIBE|DELETE|RENAME|EXPUNGE|CLOSE)"
)


def test_a_good_server_has_nothing_to_do(checked: Checked) -> None:
    checked.account.deliver()

    findings = checked(extra='[model]\nname = ""')

    assert fails(findings) == []
    assert of(findings, "login")
    assert of(findings, "capabilities", "warn") == []
    assert of(findings, "folders") == [
        "drafts go to 'Drafts'",
        "watches 'INBOX', 0 flagged",
        "watches 'Archive', 0 flagged",
    ]
    assert "nothing was written" in of(findings, "write test", "ok")[0]


def test_without_consent_nothing_is_written_into_the_mailbox(quirky: Checked, scripted: Scripted) -> None:
    uid = quirky.account.deliver(None, "\\Flagged")
    before, told = quirky.account.flags(uid), len(scripted.log)

    quirky()

    assert [line for _, line in scripted.log[told:] if WRITES.match(line)] == []
    assert quirky.account.flags(uid) == before


def test_with_consent_a_draft_is_stored_read_marked_and_moved_to_trash(checked: Checked) -> None:
    uid = checked.account.deliver()

    findings = checked(write_test=True)

    assert fails(findings) == []
    assert of(findings, "write test") == [
        "a draft was stored, and the server says where (APPENDUID)",
        "the draft was read back as it was stored",
        "the test draft was moved to 'Trash'",
    ]
    assert re.fullmatch(r"a flag was seen after \d+\.\d s", of(findings, "IDLE", "ok")[0])
    assert of(findings, "keyword", "ok") == ["$MailbotDrafted was set and read back"]
    assert checked.account.mails("Drafts") == []
    assert [mail["Subject"] for mail in checked.account.mails("Trash")] == [trial.SUBJECT]
    assert checked.account.flags(uid) - {"\\Recent"} == set()


def test_the_test_draft_carries_no_star(quirky: Checked, scripted: Scripted) -> None:
    """A mailbot that runs beside, and watches all starred mail as at Gmail, would take it for a wish."""
    quirky(write_test=True)

    assert [line for _, line in scripted.log if "STORE" in line and "Flagged" in line] == []


def test_a_draft_of_somebody_else_with_the_same_subject_stays(quirky: Checked) -> None:
    quirky.account.deliver(trial.draft("ada@example.org", "<other@example.org>", 0), folder="Drafts")

    quirky(write_test=True)

    assert [mail["Message-ID"] for mail in quirky.account.mails("Drafts")] == ["<other@example.org>"]


def test_a_test_draft_that_a_person_changed_meanwhile_stays(quirky: Checked, scripted: Scripted) -> None:
    def edit(answer: bytes) -> bytes:
        drafts = scripted.folder("Drafts")
        (ours,) = drafts.messages
        with scripted.mailbox.changing():  # as Thunderbird saves: a new mail with the same Message-ID
            drafts.add(ours.raw + b"And one more thing.\r\n", (), ours.arrived)
            drafts.remove([ours.uid])
        return answer

    scripted.fault("UID STORE", when="after", then=edit)

    findings = quirky(write_test=True)

    assert "may still be in 'Drafts'" in of(findings, "write test", "warn")[0]
    (draft,) = quirky.account.mails("Drafts")
    assert "And one more thing." in draft.get_content()
    assert quirky.account.mails("Trash") == []


def test_a_draft_that_the_server_stores_in_a_form_of_its_own_is_still_moved_away(
    quirky: Checked, scripted: Scripted
) -> None:
    def rewrite(answer: bytes) -> bytes:
        (ours,) = scripted.folder("Drafts").messages
        ours.raw = ours.raw.replace(b"8bit", b"binary")
        return answer

    scripted.fault("APPEND", when="after", then=rewrite)

    findings = quirky(write_test=True)

    assert "the server changes what it stores" in of(findings, "write test", "warn")[0]
    assert quirky.account.mails("Drafts") == []


# The rows of the table of providers


def test_no_keywords(quirky: Checked, scripted: Scripted) -> None:
    scripted.permanent_flags = SYSTEM_FLAGS

    findings = quirky(write_test=True)

    assert fails(findings) == []
    assert "takes no keywords (that is fine" in of(findings, "folders", "ok")[1]
    assert "takes none (that is fine" in of(findings, "keyword", "ok")[0]
    assert "a flag was seen" in of(findings, "IDLE", "ok")[0]


def test_a_keyword_of_the_owner_where_none_can_be_set(quirky: Checked, scripted: Scripted) -> None:
    scripted.permanent_flags = SYSTEM_FLAGS

    assert "takes no new keywords" in of(quirky(more='flag = "reply"'), "folders", "warn")[0]


def test_no_idle(quirky: Checked, scripted: Scripted) -> None:
    scripted.capabilities.remove("IDLE")

    findings = quirky(write_test=True)

    assert fails(findings) == []
    assert "no IDLE: a flag is seen at the next poll (schedule.every)" in of(findings, "capabilities", "warn")
    assert of(findings, "IDLE") == []
    assert of(findings, "keyword", "ok") == ["$MailbotDrafted was set and read back"]


def test_idle_that_is_named_and_refused(quirky: Checked, scripted: Scripted) -> None:
    scripted.fault("IDLE", when="before", then=b"NO not now", times=9)

    findings = quirky(write_test=True)

    assert "names IDLE and refuses it" in of(findings, "IDLE", "warn")[0]
    assert quirky.account.mails("Drafts") == []


def test_idle_that_never_tells(quirky: Checked, scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "IDLE_WITHIN", 0.2)
    monkeypatch.setattr("mailbot.imap.session.Session.idle_check", lambda self, seconds: [])

    findings = quirky(write_test=True)

    assert "did not come through IDLE" in of(findings, "IDLE", "warn")[0]


def test_no_special_use(quirky: Checked, scripted: Scripted) -> None:
    scripted.mailbox.special_use.clear()

    (why,) = fails(quirky())
    assert "marks no folder as its Drafts folder. Set drafts under [[account]]" in why

    findings = quirky(more='drafts = "Drafts"', write_test=True)
    assert fails(findings) == []
    assert len(of(findings, "folders", "warn")) == 2, "sent and trash"
    assert "nothing was stored, because there is no Trash folder" in of(findings, "write test", "warn")[0]
    assert quirky.account.mails("Drafts") == []


def test_names_below_inbox(quirky: Checked, scripted: Scripted) -> None:
    box = scripted.mailbox
    with box.changing():
        for name in ("Drafts", "Sent", "Trash", "Junk", "Archive"):
            box.folders[f"INBOX.{name}"] = box.folders.pop(name)
            box.special_use[f"INBOX.{name}"] = box.special_use.pop(name)

    findings = quirky(write_test=True)

    assert fails(findings) == []
    assert "drafts go to 'INBOX.Drafts'" in of(findings, "folders", "ok")
    assert "the test draft was moved to 'INBOX.Trash'" in of(findings, "write test", "ok")


def test_attributes_in_lower_case(quirky: Checked, scripted: Scripted) -> None:
    scripted.mailbox.special_use.update({name: use.lower() for name, use in scripted.mailbox.special_use.items()})

    assert of(quirky(), "folders", "warn") == []


def test_no_uidnext_when_a_folder_is_opened(quirky: Checked, scripted: Scripted) -> None:
    def silent(answer: bytes) -> bytes:
        return re.sub(rb"\* OK \[UIDNEXT[^\n]*\n", b"", answer)

    scripted.fault("SELECT", when="after", then=silent, times=99)
    scripted.fault("EXAMINE", when="after", then=silent, times=99)

    assert fails(quirky(write_test=True)) == []


def test_limits_of_the_server_are_named(quirky: Checked, scripted: Scripted) -> None:
    scripted.capabilities += ["APPENDLIMIT=65536", "MESSAGELIMIT=1000", "UIDONLY", "APPENDLIMIT=nonsense"]

    warned = of(quirky(), "capabilities", "warn")

    assert [text for text in warned if "no mail above 65,536 octets" in text]
    assert [text for text in warned if "1,000 mails of a folder at a time" in text]


def test_a_generous_limit_is_no_news(quirky: Checked, scripted: Scripted) -> None:
    scripted.capabilities.append("APPENDLIMIT=35651584")

    assert of(quirky(), "capabilities", "warn") == []


def test_no_uidplus_but_move(quirky: Checked, scripted: Scripted) -> None:
    scripted.capabilities.remove("UIDPLUS")
    scripted.fault("APPEND", when="after", then=lambda answer: re.sub(rb"\[APPENDUID [^\]]*\] ", b"", answer))

    findings = quirky(write_test=True)

    assert fails(findings) == []
    assert "it was found by its Message-ID" in of(findings, "write test", "ok")[0]


def test_where_a_draft_could_not_be_moved_away_none_is_stored(quirky: Checked, scripted: Scripted) -> None:
    scripted.capabilities = [name for name in scripted.capabilities if name not in ("MOVE", "UIDPLUS")]

    findings = quirky(write_test=True)

    assert "neither MOVE nor UIDPLUS and the test draft would stay" in of(findings, "write test", "warn")[0]
    assert [line for _, line in scripted.log if "APPEND" in line] == []


# Trouble


def test_a_full_mailbox_says_so_and_nothing_is_left(quirky: Checked, scripted: Scripted) -> None:
    scripted.fault("APPEND", when="before", then=b"NO [OVERQUOTA] Quota exceeded")

    assert "Quota exceeded" in fails(quirky(write_test=True))[0]
    assert quirky.account.mails("Drafts") == []


def test_a_connection_that_breaks_after_the_draft_leaves_none_behind(quirky: Checked, scripted: Scripted) -> None:
    scripted.fault("APPEND", when="after", then="close")

    findings = quirky(write_test=True)

    assert len(fails(findings)) == 1
    assert quirky.account.mails("Drafts") == []


def test_a_wrong_password_says_what_to_do(quirky: Checked, scripted: Scripted) -> None:
    scripted.fault("AUTHENTICATE", when="before", then=b"NO [AUTHENTICATIONFAILED] Wrong")

    assert "Wrong" in of(quirky(), "login", "fail")[0]


def test_stars_in_a_folder_that_is_not_watched_are_named(quirky: Checked, scripted: Scripted) -> None:
    with scripted.mailbox.changing():
        scripted.mailbox.create("Family")
    scripted.append("Family", question(1), ["\\Flagged"])
    scripted.append("Junk", question(2), ["\\Flagged"])

    (warning,) = of(quirky(), "folders", "warn")

    assert warning.startswith("1 flagged in 'Family', which is not watched")
    assert of(quirky(more='folders = ["INBOX", "Family"]'), "folders", "warn") == []


def test_a_folder_that_may_not_be_opened_does_not_end_the_check(quirky: Checked, scripted: Scripted) -> None:
    with scripted.mailbox.changing():
        scripted.mailbox.create("Shared")
    scripted.fault("EXAMINE", when="before", then=b"NO [NOPERM] not yours")

    findings = quirky()

    assert "'Shared' cannot be opened" in of(findings, "folders", "warn")[0]
    assert of(findings, "write test")


def test_a_slow_clock_is_seen_by_the_newest_mail(quirky: Checked, scripted: Scripted) -> None:
    with scripted.mailbox.changing():
        scripted.folder("INBOX").add(question(1), (), datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2))

    assert "120 minutes from now" in of(quirky(), "clock", "warn")[-1]
