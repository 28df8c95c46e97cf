"""What the owner is told, and how often."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fakes import FakeEndpoint, FakeSession
from told import FULL, TOO_BIG, days, full, notices, subjects
from worlds import CONFIG, Lab, question

from mailbot.errors import Later, OwnerMustAct
from mailbot.job import State
from mailbot.model import Reply
from mailbot.notices.trouble import BLOCKING, troubles

TROUBLE = {"reason": "the server does not store the draft", "hint": "Make room", "told": False}


# Each kind of trouble: once, and once when it is over


def test_a_full_drafts_folder_is_told_once_and_once_when_it_is_over(lab: Lab) -> None:
    full(lab, "Drafts")
    lab.flag(question(1))
    lab.flag(question(2))

    days(lab, 2)
    told = subjects(lab)
    full(lab)
    days(lab, 2)

    assert told == [f"the server does not store the draft: {FULL}"]
    assert subjects(lab) == [*told, f"over: {told[0]}"]
    assert len(lab.mailbox.raws()) == 2


def test_a_note_that_cannot_be_stored_follows_when_it_can(lab: Lab) -> None:
    full(lab, "Drafts", "INBOX")
    lab.flag()

    days(lab, 1)
    told = subjects(lab)
    full(lab, "Drafts")
    days(lab, 1)

    assert told == []
    assert subjects(lab) == [f"the server does not store the draft: {FULL}"]


def test_a_refused_login_is_told_as_soon_as_mailbot_gets_in_again(lab: Lab) -> None:
    def refuse() -> FakeSession:
        raise OwnerMustAct("login", "the server refused the login of ada", "Check user and password")

    lab.boot(lambda world: replace(world, connect=refuse))  # type: ignore[arg-type]
    days(lab, 2)
    (trouble,) = lab.world.journal.facts.all(f"trouble:{lab.world.key}").values()
    lab.boot()
    days(lab, 1)

    assert trouble["hint"] == "Check user and password"  # what status shows meanwhile
    assert subjects(lab) == ["over: the server refused the login of ada"]


def test_a_model_that_is_away_for_long_is_told_once_and_once_when_it_answers(lab: Lab) -> None:
    assert lab.endpoint is not None
    lab.flag()
    lab.endpoint.queue.extend([Later("the model's server cannot be reached")] * 9)

    told = []
    for _ in range(12):
        lab.clock += 4000
        lab.cycle()
        told.append(len(subjects(lab)))

    first, last = subjects(lab)
    assert told[:5] == [0] * 5  # a server that starts anew is no news
    assert first == "the model's server cannot be reached"
    assert last == f"over: {first}"
    assert "mailbot check" in notices(lab)[0].get_content()
    assert len(lab.mailbox.raws()) == 1


def test_held_mails_are_told_once_and_once_when_they_are_released() -> None:
    lab = Lab(CONFIG + "[schedule]\nhold_above = 1\n")
    lab.cycle()
    for number in range(3):
        lab.flag(question(number))

    days(lab, 1)
    told = subjects(lab)
    for job in lab.jobs():
        lab.world.record(job, "released")
    days(lab, 1)

    assert told == ["3 flagged mails are held"]
    assert "mailbot release --all" in notices(lab)[0].get_content()
    assert subjects(lab) == [*told, f"over: {told[0]}"]
    lab.close()


def test_the_daily_limit_is_told_once_and_over_on_the_next_day() -> None:
    lab = Lab(CONFIG + "[schedule]\ndaily_drafts = 1\n")
    lab.cycle()
    lab.flag(question(1))
    lab.flag(question(2))

    for _ in range(5):
        lab.cycle()
    told = subjects(lab)
    lab.clock += 86_400
    lab.cycle()

    assert told == ["the one draft of today is made (schedule.daily_drafts)"]
    assert subjects(lab) == [*told, f"over: {told[0]}"]
    lab.close()


def park(lab: Lab, *numbers: int) -> None:
    """Mails for which the model gives no usable answer; each is given up in the next cycle."""
    assert lab.endpoint is not None
    for number in numbers:
        lab.endpoint.queue += ['{"reply": ""}'] * 3
        lab.flag(question(number, Subject=f"mail {number}"))
    lab.cycle()


def test_each_parked_mail_is_told_once(lab: Lab) -> None:
    park(lab, 1)
    days(lab, 1)
    park(lab, 2)
    days(lab, 1)

    assert [s[:23] for s in subjects(lab)] == ["no draft for “mail 1”: ", "no draft for “mail 2”: "]
    assert f"mailbot redo {lab.jobs()[-1].id}" in notices(lab)[0].get_content()


def test_many_that_give_up_together_are_one_notice(lab: Lab) -> None:
    park(lab, *range(1, 15))
    days(lab, 1)

    assert subjects(lab) == ["no draft for 14 mails"]
    text = notices(lab)[0].get_content()
    assert text.count("* no draft for “mail ") == 10
    assert "* and 4 more" in text
    assert "mailbot redo ID" in text


def test_what_gives_up_one_after_the_other_is_told_once_an_hour(lab: Lab) -> None:
    for number in range(1, 30):
        park(lab, number)  # a minute apart
        lab.cycle()
    early = subjects(lab)
    lab.clock += 3600
    lab.cycle()
    lab.clock += 3600
    lab.cycle()

    assert [s.partition(":")[0] for s in early] == ["no draft for “mail 1”"]
    assert subjects(lab) == [*early, "no draft for 28 mails"]


def test_trouble_that_comes_and_goes_is_told_at_most_once_an_hour(lab: Lab) -> None:
    def flicker() -> None:
        full(lab, "Drafts")
        lab.flag(question(len(lab.jobs()) + 1))
        lab.cycle()
        lab.cycle()
        full(lab)
        lab.clock += 1000  # the back-off of a draft that was refused for good
        lab.cycle()

    began = lab.clock
    while lab.clock < began + 6 * 3600:
        flicker()
    told = subjects(lab)

    assert len([s for s in told if not s.startswith("over: ")]) <= 7
    assert [s.startswith("over: ") for s in told] == [False, True] * (len(told) // 2)


def test_what_was_over_before_anybody_heard_of_it_is_no_news(lab: Lab) -> None:
    full(lab, "Drafts")
    lab.flag(question(1))
    lab.cycle()
    full(lab)
    lab.clock += 1000
    lab.cycle()
    before = subjects(lab)
    lab.world.journal.facts.put(f"trouble:{lab.world.key}", "mailbox", {**TROUBLE, "since": lab.clock, "over": True})

    lab.cycle()

    assert subjects(lab) == before
    assert lab.world.journal.facts.all(f"trouble:{lab.world.key}") == {}


def test_notices_are_as_rare_after_a_restart(lab: Lab) -> None:
    park(lab, 1)
    lab.cycle()
    lab.boot()
    park(lab, 2)
    lab.boot()
    lab.cycle()

    assert len(subjects(lab)) == 1


def test_a_clock_that_is_set_back_silences_nobody(lab: Lab) -> None:
    park(lab, 1)
    lab.cycle()
    lab.clock -= 10 * 86_400
    park(lab, 2)
    lab.cycle()

    assert len(subjects(lab)) == 2


def test_an_archive_that_cannot_be_written_is_told_once_and_once_when_it_is_over(lab: Lab) -> None:
    archive = lab.config.archive.folder
    archive.write_text("a file in the place of the folder")
    lab.flag()

    days(lab, 1)
    told = subjects(lab)
    archive.unlink()
    days(lab, 1)

    assert len(told) == 1
    assert told[0].startswith("The archive cannot be used at ")
    assert subjects(lab) == [*told, f"over: {told[0]}"]


def test_a_missing_key_of_the_model_is_told_once_although_the_mailbox_lets_mailbot_in(lab: Lab) -> None:
    assert lab.endpoint is not None
    reason = "The file key for the secret model cannot be read"
    lab.endpoint.queue = [OwnerMustAct("secret", reason, "Write it")] * 5
    lab.flag()

    days(lab, 3)

    assert subjects(lab) == [reason, f"over: {reason}"]
    assert lab.jobs()[0].state is State.DONE


def test_a_draft_that_stays_too_big_is_told_once_while_others_are_stored(lab: Lab) -> None:
    full(lab)
    lab.flag(question(1) + b"z" * 200 + b"\n")
    for number in (2, 3):
        days(lab, 1)
        lab.flag(question(number))
    days(lab, 1)

    assert subjects(lab) == [f"the server does not store the draft: {TOO_BIG}"]
    assert len(lab.mailbox.raws()) == 2


def test_a_prompt_that_stays_too_long_is_told_once_while_others_are_answered(lab: Lab) -> None:
    class Narrow(FakeEndpoint):
        def ask(self, messages: Any, shape: str, **how: bool) -> Reply:
            if "z" * 200 in str(messages):
                raise OwnerMustAct("model", "The prompt is too long for the model", "Lower context_tokens")
            return super().ask(messages, shape, **how)

    lab.endpoint = Narrow()
    lab.boot()
    lab.flag(question(1) + b"z" * 200 + b"\n")
    for number in (2, 3):
        days(lab, 1)
        lab.flag(question(number))
    days(lab, 1)

    assert subjects(lab) == ["The prompt is too long for the model"]
    assert len(lab.mailbox.raws()) == 2


def test_trouble_of_one_kind_in_two_wordings_is_told_once_and_over_once(lab: Lab) -> None:
    full(lab, "Drafts")
    lab.flag(question(1))
    lab.flag(question(2) + b"z" * 200 + b"\n")
    days(lab, 1)
    full(lab)
    days(lab, 1)
    told = subjects(lab)

    lab.boot()  # the server that takes large mails, too
    days(lab, 1)

    assert told == [f"the server does not store the draft: {FULL}"]
    assert subjects(lab) == [*told, f"over: {told[0]}"]


def test_trouble_that_comes_back_is_told_again(lab: Lab) -> None:
    for number in range(2):
        full(lab, "Drafts")
        lab.flag(question(number))
        days(lab, 1)
        full(lab)
        days(lab, 1)

    assert [s.startswith("over: ") for s in subjects(lab)] == [False, True, False, True]


# A notice


def test_a_notice_is_unseen_marked_as_automatic_and_never_answered(lab: Lab) -> None:
    full(lab, "Drafts")
    lab.flag()
    days(lab, 1)
    full(lab)
    days(lab, 1)
    drafts = len(lab.mailbox.raws())
    inbox = lab.mailbox.boxes["INBOX"].mails
    uids = [uid for uid, mail in inbox.items() if b"Auto-Submitted: auto-generated\r\n" in mail.raw]
    flags = [set(inbox[uid].flags) for uid in uids]

    for uid in uids:
        lab.mailbox.star(uid)
    days(lab, 1)

    assert flags == [set(), set()]
    assert len(lab.mailbox.raws()) == drafts
    assert {job.state for job in lab.jobs()[:2]} == {State.SKIPPED}


def test_no_notice_is_stored_where_the_owner_wants_none() -> None:
    lab = Lab(CONFIG.replace("[state]", '[notify]\nby = "off"\n[state]'))
    lab.cycle()
    full(lab, "Drafts")
    lab.flag()

    days(lab, 1)
    full(lab)
    days(lab, 1)

    assert subjects(lab) == []
    assert len(lab.mailbox.raws()) == 1
    lab.close()


@pytest.mark.parametrize("kind", ["disk", "state", "lock"])
def test_trouble_that_no_job_met_is_over_with_the_next_good_look(lab: Lab, kind: str) -> None:
    def connect() -> FakeSession:
        raise OwnerMustAct(kind, "the tokens cannot be written", "Make room")

    lab.boot(lambda world: replace(world, connect=connect))  # type: ignore[arg-type, return-value]
    with pytest.raises(OwnerMustAct):
        lab.cycle()
    began = troubles(lab.world)[kind]["over"]
    lab.boot()
    lab.cycle()

    assert (kind in BLOCKING, began) == (True, False)
    assert kind not in troubles(lab.world)
    assert subjects(lab) == ["over: the tokens cannot be written"]
