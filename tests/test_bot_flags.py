"""What a flag does, on a whole mailbox: design section 7."""

from __future__ import annotations

import re
from typing import Any

import pytest
from worlds import CONFIG, Lab, question

from mailbot.bot import addressed, ask
from mailbot.bot.connect import connect
from mailbot.bot.observe import observe
from mailbot.errors import Later as LaterError
from mailbot.job import IllegalEvent, State


def states(lab: Lab) -> list[State]:
    return [job.state for job in lab.jobs()]


def test_a_flag_becomes_one_draft_one_page_and_one_keyword(lab: Lab) -> None:
    uid = lab.flag()

    lab.cycle()
    lab.cycle()

    assert states(lab) == [State.DONE]
    assert len(lab.mailbox.raws()) == 1
    assert len(lab.pages()) == 1
    assert lab.mailbox.boxes["INBOX"].mails[uid].flags == {"\\Flagged", "$MailbotDrafted"}


def test_flags_that_were_there_before_are_only_remembered() -> None:
    lab = Lab()
    lab.flag(question(1))
    lab.flag(question(2), "Archive")

    first = lab.cycle()
    lab.cycle()

    assert first.seen.remembered == 2
    assert (lab.jobs(), lab.mailbox.raws()) == ([], [])
    lab.close()


def test_include_existing_drafts_what_was_remembered_and_passes_the_limit() -> None:
    lab = Lab(CONFIG + "[schedule]\nhold_above = 1\n")
    for number in range(3):
        lab.flag(question(number))
    lab.cycle()

    lab.cycle(include_existing=True)

    assert states(lab) == [State.DONE] * 3
    lab.close()


def test_a_folder_that_is_watched_later_has_a_first_contact_of_its_own(lab: Lab) -> None:
    lab.flag(question(1), "Trash")
    lab.config = lab._load(CONFIG.replace("aliases", 'folders = ["INBOX", "Trash"]\naliases'), {})
    lab.boot()

    assert lab.cycle().seen.remembered == 1
    assert lab.jobs() == []


@pytest.mark.case(14)
def test_unflagged_before_the_model_is_asked_cancels(lab: Lab) -> None:
    uid = lab.flag()
    assert lab.endpoint is not None
    lab.world.store.write("Outbox/_prompts", "in the way: the prompt cannot be stored")
    lab.cycle()
    assert states(lab) == [State.NEW]

    lab.mailbox.star(uid, up=False)
    lab.cycle()

    assert states(lab) == [State.CANCELLED]
    assert lab.endpoint.asked == []


@pytest.mark.case(14)
def test_flagged_again_after_it_was_seen_unflagged_is_asked_anew(lab: Lab) -> None:
    uid = lab.flag()
    lab.cycle()
    lab.mailbox.star(uid, up=False)
    lab.cycle()
    lab.mailbox.star(uid)

    lab.cycle()

    assert [(j.state, j.generation, j.status) for j in lab.jobs()] == [
        (State.DONE, 2, "pending"),
        (State.DONE, 1, "superseded"),
    ]
    assert len(set(lab.mailbox.raws())) == 2
    assert "status: superseded" in lab.pages()["2026-01-05_Reply-To_Servers-for-Munchen.md"]


def test_all_drafts_of_a_mail_share_one_source_also_where_its_date_cannot_name_it(lab: Lab) -> None:
    uid = lab.flag(re.sub(rb"Date:[^\n]*\n", b"", question()))
    lab.cycle()
    lab.mailbox.star(uid, up=False)
    lab.cycle()
    lab.clock += 3 * 86_400
    lab.mailbox.star(uid)

    lab.cycle()

    assert states(lab) == [State.DONE] * 2
    assert len({job.names["source"] for job in lab.jobs()}) == 1


def test_the_page_of_an_earlier_draft_is_left_alone_when_the_owner_wrote_in_it(lab: Lab) -> None:
    uid = lab.flag()
    lab.cycle()
    path = lab.config.archive.folder / "Outbox" / next(iter(lab.pages()))
    path.write_text(path.read_text() + "\nMy own words.\n")
    before = path.read_text()
    lab.mailbox.star(uid, up=False)
    lab.cycle()
    lab.mailbox.star(uid)

    lab.cycle()

    assert path.read_text() == before


def test_after_the_state_was_lost_unknown_stars_are_held(lab: Lab) -> None:
    lab.flag(question(1))
    lab.cycle()
    lab.flag(question(2))
    lab.world.journal.path.unlink()
    for rest in lab.config.state.folder.glob("journal.sqlite-*"):
        rest.unlink()
    lab.boot()

    lab.cycle()

    assert states(lab) == [State.HELD]  # the first carries the keyword: remembered
    assert len(lab.mailbox.raws()) == 1


def test_flagged_again_after_the_state_was_lost_there_is_a_second_draft(lab: Lab) -> None:
    uid = lab.flag()
    lab.cycle()
    lab.world.journal.path.unlink()
    for rest in lab.config.state.folder.glob("journal.sqlite-*"):
        rest.unlink()
    lab.boot()
    lab.cycle()

    for up in (False, True):
        lab.mailbox.star(uid, up=up)
        lab.cycle()

    assert states(lab) == [State.DONE]
    assert len(lab.mailbox.raws()) == 2


def test_a_mail_with_the_keyword_of_another_copy_is_remembered(lab: Lab) -> None:
    lab.flag(question(), "INBOX", "$MailbotDrafted")

    assert lab.cycle().seen.remembered == 1
    assert lab.jobs() == []


def test_a_burst_is_held_and_told_and_flagging_again_releases_one() -> None:
    lab = Lab(CONFIG + "[schedule]\nhold_above = 2\n")
    lab.cycle()
    uids = [lab.flag(question(number)) for number in range(3)]

    lab.cycle()
    assert states(lab) == [State.HELD] * 3
    lab.mailbox.star(uids[0], up=False)
    lab.cycle()
    lab.mailbox.star(uids[0])
    lab.cycle()

    assert sorted(states(lab)) == [State.CANCELLED, State.DONE, State.HELD, State.HELD]
    notes = [raw for raw in lab.mailbox.raws("INBOX") if b"Auto-Submitted: auto-generated" in raw]
    assert len(notes) == 1
    assert b"3 flagged mails are held" in notes[0]
    lab.close()


def test_what_was_held_in_a_look_that_broke_is_told_in_the_next_one() -> None:
    lab = Lab(CONFIG + "[schedule]\nhold_above = 2\n")
    lab.cycle()
    for number in range(3):
        lab.flag(question(number))
    wire = connect(lab.world)
    observe(lab.world, wire)  # recorded, and then the connection breaks, or the process ends
    wire.session.close()

    lab.cycle()

    assert states(lab) == [State.HELD] * 3
    assert len([raw for raw in lab.mailbox.raws("INBOX") if b"3 flagged mails are held" in raw]) == 1
    lab.close()


def test_of_one_thread_flagged_at_once_only_the_newest_is_answered(lab: Lab) -> None:
    lab.flag(question(1))
    lab.flag(question(2, References="<1.1766332362@northwind.example>"))

    lab.cycle()

    assert sorted(states(lab)) == [State.DONE, State.SKIPPED]
    skipped = next(j for j in lab.jobs() if j.state is State.SKIPPED)
    assert skipped.reason.startswith("answered together with")
    assert skipped.status == "skipped"
    assert len(lab.mailbox.raws()) == 1


def test_answered_by_the_owner_after_the_flag_cancels(lab: Lab) -> None:
    lab.flag()
    assert lab.endpoint is not None
    reply = question(3, References="<1.1766332362@northwind.example>", From="ada@example.org")
    lab.endpoint.effect = lambda name: lab.mailbox.add("Sent", reply) and None if name == "ask" else None

    lab.cycle()

    assert states(lab) == [State.CANCELLED]
    assert lab.mailbox.raws() == []


def test_answered_in_a_client_that_sets_the_flag_cancels(lab: Lab) -> None:
    uid = lab.flag()
    assert lab.endpoint is not None
    lab.endpoint.effect = lambda name: lab.mailbox.boxes["INBOX"].mails[uid].flags.add("\\Answered")

    lab.cycle()

    assert states(lab) == [State.CANCELLED]


def test_answered_before_the_flag_is_a_wish_for_a_draft(lab: Lab) -> None:
    lab.mailbox.add("Sent", question(3, References="<1.1766332362@northwind.example>"))
    lab.flag(question(), "INBOX", "\\Answered")

    lab.cycle()

    assert states(lab) == [State.DONE]


def test_own_mail_gets_a_page_that_says_why_and_no_draft(lab: Lab) -> None:
    lab.flag(question(From="Ada Example <ada@example.com>"))

    lab.cycle()

    assert states(lab) == [State.SKIPPED]
    assert "status: skipped" in next(iter(lab.pages().values()))
    assert lab.mailbox.raws() == []


def test_a_burst_holds_nothing_that_the_model_was_asked_about_before() -> None:
    lab = Lab(CONFIG + "[schedule]\nhold_above = 2\n")
    lab.cycle()
    assert lab.endpoint is not None
    lab.endpoint.queue.append(LaterError("the model is down"))
    lab.flag(question(1))
    lab.cycle()
    for number in (2, 3):
        lab.flag(question(number))

    lab.cycle()

    assert [job.state for job in reversed(lab.jobs())] == [State.DONE, State.HELD, State.HELD]
    lab.close()


def test_more_drafts_than_a_day_allows_wait_until_tomorrow() -> None:
    lab = Lab(CONFIG + "[schedule]\ndaily_drafts = 1\n")
    lab.cycle()
    lab.flag(question(1))
    lab.flag(question(2))

    lab.cycle()
    lab.cycle()
    assert sorted(states(lab)) == [State.DONE, State.NEW]
    lab.clock += 86_400
    lab.cycle()

    assert states(lab) == [State.DONE] * 2
    lab.close()


def test_a_redo_keeps_the_owners_note_for_the_prompt(lab: Lab) -> None:
    lab.flag()
    lab.cycle()
    done = lab.jobs()[0]
    place = (done.place.folder, done.place.uidvalidity, done.place.uid)
    lab.world.journal.begin(
        "asked", lab.clock, account=done.account, key=done.key, generation=2, place=place, note="say no", mail=done.mail
    )

    lab.cycle()

    assert lab.endpoint is not None
    assert "say no" in lab.endpoint.asked[-1][1]["content"]
    assert states(lab) == [State.DONE] * 2


def test_in_gmails_starred_view_a_mail_that_left_was_unflagged_and_can_be_asked_anew() -> None:
    lab = Lab()
    lab.mailbox.more = frozenset({"X-GM-EXT-1"})
    lab.mailbox.boxes["Archive"].attributes = frozenset({"\\flagged"})
    lab.cycle()
    uid = lab.flag(question(), "Archive")
    lab.cycle()

    mail = lab.mailbox.boxes["Archive"].mails.pop(uid)
    lab.cycle()
    lab.mailbox.add("Archive", mail.raw, "\\Flagged")
    lab.cycle()

    assert [(j.state, j.generation) for j in lab.jobs()] == [(State.DONE, 2), (State.DONE, 1)]
    lab.close()


def test_in_gmails_starred_view_a_star_set_again_between_two_looks_is_the_same_wish() -> None:
    """The view gives the mail a new UID, as if it had left and another one had come."""
    lab = Lab()
    lab.mailbox.more = frozenset({"X-GM-EXT-1"})
    lab.mailbox.boxes["Archive"].attributes = frozenset({"\\flagged"})
    lab.cycle()
    assert lab.endpoint is not None
    lab.endpoint.queue.append(LaterError("the model is down"))
    uid = lab.flag(question(), "Archive")
    lab.cycle()

    lab.mailbox.add("Archive", lab.mailbox.boxes["Archive"].mails.pop(uid).raw, "\\Flagged")
    lab.settle()

    assert [(j.state, j.generation) for j in lab.jobs()] == [(State.DONE, 1)]
    lab.close()


def test_unflagged_while_the_model_is_down_cancels(lab: Lab) -> None:
    uid = lab.flag()
    assert lab.endpoint is not None
    lab.endpoint.queue.append(LaterError("the model is down"))
    lab.cycle()
    lab.mailbox.star(uid, up=False)

    lab.cycle()

    assert states(lab) == [State.CANCELLED]


@pytest.mark.parametrize("step", [ask.ask, addressed.kept_mail])
def test_what_works_on_a_job_that_was_cancelled_meanwhile_is_late_and_no_bug(lab: Lab, step: Any) -> None:
    uid = lab.flag()
    assert lab.endpoint is not None
    lab.endpoint.queue.append(LaterError("the model is down"))
    lab.cycle()
    (before,) = lab.jobs()
    lab.mailbox.star(uid, up=False)
    lab.cycle()

    with pytest.raises(IllegalEvent):
        step(lab.world, before)

    assert lab.jobs()[0].state is State.CANCELLED


def test_unflagged_while_the_model_writes_changes_nothing(lab: Lab) -> None:
    uid = lab.flag()
    assert lab.endpoint is not None
    lab.endpoint.effect = lambda name: lab.mailbox.star(uid, up=False)

    lab.cycle()
    lab.cycle()

    assert states(lab) == [State.DONE]
