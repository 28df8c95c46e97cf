"""Trouble with the server and the model, on a whole mailbox: design section 8."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from fakes import ANSWER, FakeSession
from worlds import CONFIG, Lab, question

from mailbot import doubt
from mailbot.bot import fetch, look, resolve
from mailbot.bot.connect import connect
from mailbot.errors import Later, MailbotError, OwnerMustAct, Unknown
from mailbot.imap.session import Session
from mailbot.job import Place, State
from mailbot.mail import parse
from mailbot.mail.key import mail_key


def queue(lab: Lab, *answers: str | Exception) -> None:
    assert lab.endpoint is not None
    lab.endpoint.queue.extend(answers)


def at_the_append(lab: Lab, act: Callable[[], object], *, after: bool = False) -> None:
    """Something happens once, right before the next APPEND or right after the server stored it."""

    def effect(name: str) -> None:
        if name == ("appended" if after else "append"):
            lab.mailbox.effect = lambda name: None
            act()

    lab.mailbox.effect = effect


def break_append(lab: Lab, *, after: bool) -> None:
    def breaks() -> None:
        raise Unknown("the connection broke")

    at_the_append(lab, breaks, after=after)


def try_cycle(lab: Lab) -> None:
    try:
        lab.cycle()
    except MailbotError:
        lab.poller.close()


@pytest.mark.parametrize("after", [False, True])
def test_an_append_of_unknown_outcome_is_resolved_by_looking(lab: Lab, after: bool) -> None:
    lab.flag()
    break_append(lab, after=after)

    try_cycle(lab)
    assert lab.jobs()[0].state is State.APPENDING
    lab.cycle()

    assert lab.jobs()[0].state is State.DONE
    assert len(lab.mailbox.raws()) == 1


def test_nothing_is_looked_up_before_the_old_connection_can_no_longer_deliver(lab: Lab) -> None:
    lab.flag()
    break_append(lab, after=False)
    try_cycle(lab)

    lab.clock -= 50  # ten seconds after the break, doubt_wait is twenty
    lab.cycle()

    assert lab.jobs()[0].state is State.APPENDING


@pytest.mark.case(14)
def test_a_draft_that_the_owner_sent_meanwhile_is_found_in_sent(lab: Lab) -> None:
    lab.flag()
    break_append(lab, after=True)
    try_cycle(lab)
    uid = next(iter(lab.mailbox.boxes["Drafts"].mails))
    lab.mailbox.move("Drafts", uid, "Sent")

    lab.cycle()

    (job,) = lab.jobs()
    assert (job.state, job.remarks) == (State.DONE, (doubt.LEFT,))  # and not that a server had confirmed it
    assert lab.mailbox.raws() == []


@pytest.mark.parametrize("folder", ["Drafts", "Sent", "Trash"])
def test_a_folder_that_was_rebuilt_in_the_doubt_is_read_from_its_first_mail(lab: Lab, folder: str) -> None:
    lab.flag()
    break_append(lab, after=True)
    try_cycle(lab)
    if folder != "Drafts":
        lab.mailbox.move("Drafts", 1, folder)
    lab.mailbox.rebuild(folder)
    assert list(lab.mailbox.boxes[folder].mails) == [1]

    lab.cycle()
    lab.cycle()

    (job,) = lab.jobs()
    assert (job.state, job.remarks) == (State.DONE, () if folder == "Drafts" else (doubt.LEFT,))
    assert len(lab.mailbox.raws()) == (folder == "Drafts")


@pytest.mark.parametrize("after", [False, True])
def test_folders_that_vanished_in_the_doubt_hold_nothing(lab: Lab, after: bool) -> None:
    lab.flag()
    break_append(lab, after=after)
    try_cycle(lab)
    del lab.mailbox.boxes["Sent"], lab.mailbox.boxes["Trash"]

    lab.cycle()
    lab.cycle()

    assert [job.state for job in lab.jobs()] == [State.DONE]
    assert len(lab.mailbox.raws()) == 1


@pytest.mark.case(9)
def test_drafts_that_vanished_before_the_append_are_made_again(lab: Lab) -> None:
    del lab.mailbox.boxes["Drafts"]
    lab.flag()

    lab.cycle()

    assert lab.jobs()[0].state is State.DONE
    assert len(lab.mailbox.raws()) == 1


def test_a_doubt_is_not_resolved_on_a_connection_that_was_there_before_it(lab: Lab) -> None:
    """The server may still be at work on the APPEND; only of a connection that began later it tells what came of it."""
    lab.flag()
    break_append(lab, after=False)
    try_cycle(lab)
    (job,) = lab.jobs()
    lab.clock += 100
    wire = connect(lab.world)

    with pytest.raises(Later):
        resolve.resolve(lab.world, replace(wire, since=job.doubt_since), job)

    assert lab.jobs()[0].state is State.APPENDING
    assert resolve.resolve(lab.world, wire, job).state is State.ANSWERED


def test_a_draft_is_known_by_its_id_where_the_server_tells_the_place_of_another(lab: Lab) -> None:
    class Mistaken(FakeSession):
        def append(self, folder: str, raw: bytes, flags: Iterable[str]) -> Place | None:
            if folder == "Drafts":
                lab.mailbox.add("Drafts", b"Message-ID: <own@example.org>\nSubject: by the owner\n\nmine\n", "\\Draft")
            place = super().append(folder, raw, flags)
            return replace(place, uid=place.uid - 1) if place and folder == "Drafts" else place

    lab.boot(lambda world: replace(world, connect=lambda: Mistaken(lab.mailbox)))  # type: ignore[arg-type, return-value]
    lab.cycle()
    lab.flag()

    lab.cycle()

    (job,) = lab.jobs()
    assert job.state is State.DONE
    assert [remark for remark in job.remarks if "server stored the draft" in remark] == []


def second_host(lab: Lab) -> Lab:
    """Another mailbot, with state of its own, that knows the mailbox."""
    other = Lab()
    other.mailbox = lab.mailbox
    for name in ("INBOX", "Archive"):
        other.world.journal.stars.look(other.world.key, name, lab.mailbox.boxes[name].uidvalidity)
    other.clock = lab.clock
    return other


def test_of_two_hosts_the_slower_finds_the_draft_of_the_faster(lab: Lab) -> None:
    lab.mailbox.keywords = False
    lab.flag()
    other = second_host(lab)

    lab.cycle()
    other.cycle()

    assert lab.jobs()[0].state is other.jobs()[0].state is State.DONE
    assert len(lab.mailbox.raws("Drafts")) == 1
    assert "Another copy of mailbot" in " ".join(other.jobs()[0].remarks)
    other.close()


def test_of_two_hosts_that_store_at_the_same_time_one_draft_is_left(lab: Lab) -> None:
    lab.mailbox.keywords = False
    lab.flag()
    other = second_host(lab)
    at_the_append(lab, other.cycle)

    lab.cycle()

    assert lab.jobs()[0].state is other.jobs()[0].state is State.DONE
    assert len(lab.mailbox.raws("Drafts")) == 1
    assert len(lab.mailbox.raws("Trash")) == 1
    assert "the double was moved to Trash" in " ".join(lab.jobs()[0].remarks)
    other.close()


def test_two_drafts_that_have_to_stand_are_told(lab: Lab) -> None:
    lab.mailbox.keywords = False
    del lab.mailbox.boxes["Trash"]
    lab.flag()
    other = second_host(lab)
    at_the_append(lab, other.cycle)

    lab.cycle()

    assert len(lab.mailbox.raws("Drafts")) == 2
    assert "could not be moved to Trash: delete one" in " ".join(lab.jobs()[0].remarks)
    other.close()


@pytest.mark.parametrize("to", ["Sent", "Trash"])
def test_of_two_hosts_the_slower_makes_no_second_draft_after_the_first_was_sent_or_deleted(lab: Lab, to: str) -> None:
    lab.flag()
    other = second_host(lab)
    queue(other, Later("the model is down"))
    other.cycle()
    lab.cycle()
    lab.mailbox.move("Drafts", 1, to)

    other.clock += 4000
    other.cycle()

    assert other.jobs()[0].state is State.CANCELLED
    assert (lab.mailbox.raws("Drafts"), len(lab.mailbox.raws(to))) == ([], 1)
    other.close()


@pytest.mark.parametrize("to", ["Drafts", "Trash"])
def test_flagged_again_two_hosts_make_one_second_draft(lab: Lab, to: str) -> None:
    uid = lab.flag()
    other = second_host(lab)
    hosts = (lab, other)
    for host in hosts:
        host.cycle()
    if to != "Drafts":
        lab.mailbox.move("Drafts", 1, to)
    for up in (False, True):
        lab.mailbox.star(uid, up=up)
        for host in hosts:
            host.cycle()

    assert len({*lab.mailbox.raws("Drafts"), *lab.mailbox.raws(to)}) == 2
    assert len(lab.mailbox.raws("Drafts")) == (2 if to == "Drafts" else 1)
    other.close()


def test_a_server_that_changes_the_draft_is_remarked_and_not_asked_again(lab: Lab) -> None:
    lab.flag()

    def effect(name: str) -> None:
        if name == "appended":
            for mail in lab.mailbox.boxes["Drafts"].mails.values():
                mail.raw = mail.raw.replace(b"Cc: Bo <bo@northwind.example>\r\n", b"")

    lab.mailbox.effect = effect

    lab.cycle()

    assert lab.jobs()[0].state is State.DONE
    assert "another Cc" in next(iter(lab.pages().values()))
    assert len(lab.mailbox.raws()) == 1


def test_a_model_that_is_down_is_tried_again_for_ever(lab: Lab) -> None:
    lab.flag()
    queue(lab, *[Later("down")] * 30)

    for _ in range(31):
        lab.clock += 4000
        lab.cycle()

    assert lab.jobs()[0].state is State.DONE


def test_a_job_that_waits_is_not_tried_before_its_time_unless_retry_is_asked(lab: Lab) -> None:
    lab.flag()
    queue(lab, Later("busy", after=7200))
    lab.cycle()

    lab.cycle()
    assert lab.jobs()[0].waits_for == "busy"
    lab.cycle(retry=True)

    assert lab.jobs()[0].state is State.DONE


@pytest.mark.parametrize("bad", ["", json.dumps({**ANSWER, "reply": ""}), "<think>on and on"])
def test_three_bad_answers_park_the_job_with_a_page_and_a_notice(lab: Lab, bad: str) -> None:
    lab.flag()
    queue(lab, bad, bad, bad)

    lab.cycle()
    lab.cycle()

    assert lab.jobs()[0].state is State.PARKED
    assert "status: failed" in next(iter(lab.pages().values()))
    assert lab.mailbox.raws() == []
    assert sum(b"no draft for" in raw for raw in lab.mailbox.raws("INBOX")) == 1
    assert lab.endpoint is not None
    assert len(lab.endpoint.asked) == 3


def test_a_bad_answer_and_then_a_good_one_make_a_draft(lab: Lab) -> None:
    lab.flag()
    queue(lab, "not JSON")

    lab.cycle()

    assert (lab.jobs()[0].state, lab.jobs()[0].bad_answers) == (State.DONE, 1)


def test_a_stored_answer_is_never_paid_twice(lab: Lab) -> None:
    lab.flag()
    break_append(lab, after=False)
    try_cycle(lab)
    lab.boot()

    lab.settle()

    assert lab.jobs()[0].state is State.DONE
    assert lab.endpoint is not None
    assert len(lab.endpoint.asked) == 1


def test_a_wrong_key_waits_and_is_told_once_and_told_when_it_is_over(lab: Lab) -> None:
    lab.flag()
    queue(lab, *[OwnerMustAct("model", "the key is wrong", "Set the right one")] * 3)

    for _ in range(6):
        lab.clock += 4000
        lab.cycle()

    subjects = [
        line for raw in lab.mailbox.raws("INBOX") for line in raw.split(b"\r\n") if line.startswith(b"Subject: mailbot")
    ]
    assert subjects == [b"Subject: mailbot: the key is wrong", b"Subject: mailbot: over: the key is wrong"]
    assert lab.jobs()[0].state is State.DONE


def twins(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two mails of one second, one subject and keys that begin alike are flagged."""
    for module in (look, fetch):
        monkeypatch.setattr(module, "mail_key", lambda raw: "5666" + mail_key(raw))
    monkeypatch.setattr(parse, "mail_key", lambda raw: "5666" + mail_key(raw))
    for number in (1, 2):
        lab.flag(question(number, Date="Mon, 5 Jan 2026 08:00:00 +0100") + b"number %d\n" % number)


def test_two_mails_of_one_second_have_a_source_each(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    twins(lab, monkeypatch)

    lab.settle()

    sources = {job.names["source"] for job in lab.jobs()}
    texts = [(lab.config.archive.folder / source).read_text() for source in sources]
    assert len(sources) == 2
    assert sum("number 1" in text for text in texts) == sum("number 2" in text for text in texts) == 1


def test_a_source_is_written_once_also_when_the_state_was_lost(lab: Lab) -> None:
    lab.flag()
    lab.settle()
    for part in lab.config.state.folder.glob("journal.sqlite*"):
        part.unlink()
    lab.boot()
    for mail in lab.mailbox.boxes["INBOX"].mails.values():
        mail.flags.discard("$MailbotDrafted")

    lab.cycle(include_existing=True)
    lab.settle()

    assert len(list(lab.config.archive.folder.glob("Sources/Email/*/*.md"))) == 1
    assert len(lab.pages()) == 2


def test_a_name_that_another_account_chose_is_taken_before_its_file_is_there(lab: Lab) -> None:
    lab.world.store.write = lambda rel, text: None  # type: ignore[method-assign]
    for number in (1, 2):
        lab.flag(question(number))

    lab.cycle()

    assert len({job.names["page"] for job in lab.jobs()}) == 2


def test_an_archive_that_cannot_be_written_stops_before_the_model(lab: Lab) -> None:
    lab.flag()
    lab.config.archive.folder.parent.mkdir(exist_ok=True)
    lab.config.archive.folder.write_text("a file in the place of the folder")

    lab.cycle()

    assert lab.endpoint is not None
    assert lab.endpoint.asked == []
    assert lab.jobs()[0].state is State.NEW


def test_one_mail_with_a_bug_does_not_stop_the_others(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from mailbot.bot import steps
    from mailbot.job import Step

    plain = steps.AT_HOME[Step.PREPARE]

    def prepare(world: object, one: object) -> object:
        if one.mail["subject"] == "poison":  # type: ignore[attr-defined]
            raise RuntimeError("a bug")
        return plain(world, one)  # type: ignore[arg-type]

    monkeypatch.setitem(steps.AT_HOME, Step.PREPARE, prepare)  # type: ignore[arg-type]
    lab.flag(question(1, Subject="poison"))
    lab.flag(question(2))

    for _ in range(4):
        lab.clock += 4000
        lab.cycle()

    assert sorted(j.state for j in lab.jobs()) == [State.DONE, State.PARKED]


def test_a_session_has_no_way_to_expunge_what_it_did_not_name() -> None:
    words = {name for name in dir(Session) if not name.startswith("_")}

    assert not words & {"expunge", "close_folder", "delete", "delete_folder", "rename", "unselect"}


def test_the_exact_prompt_is_on_disk_before_it_leaves(lab: Lab) -> None:
    lab.flag()
    assert lab.endpoint is not None
    on_disk: list[object] = []
    folder = lab.config.archive.folder / "Outbox" / "_prompts"
    lab.endpoint.effect = lambda name: on_disk.extend(json.loads(p.read_text()) for p in folder.iterdir())

    lab.cycle()

    assert on_disk[0]["messages"] == lab.endpoint.asked[0]  # type: ignore[index]
    assert "answer" not in on_disk[0]  # type: ignore[operator]


def test_a_prompt_that_waited_for_half_a_day_is_made_anew(lab: Lab) -> None:
    lab.flag()
    queue(lab, Later("down"))
    lab.cycle()
    lab.clock += 13 * 3600

    lab.cycle()

    assert lab.jobs()[0].state is State.DONE
    assert lab.endpoint is not None
    first, second = (messages[1]["content"] for messages in lab.endpoint.asked)
    assert "2026-01-05 09:02" in first
    assert "2026-01-05 22:03" in second


def test_every_call_counts_for_the_day_also_the_ones_that_failed() -> None:
    lab = Lab(CONFIG + "[schedule]\ndaily_drafts = 2\n")
    lab.cycle()
    lab.flag()
    queue(lab, Later("down"), Later("down"), Later("down"))

    for _ in range(4):
        lab.cycle(retry=True)

    assert lab.endpoint is not None
    assert len(lab.endpoint.asked) == 2
    lab.close()


def test_where_no_call_can_be_written_down_none_is_made(lab: Lab) -> None:
    lab.flag()
    record = lab.world.journal.record

    def full(job: object, kind: str, at: float, **data: object) -> object:
        if kind == "called":
            raise OwnerMustAct("disk", "the disk is full", "Make room")
        return record(job, kind, at, **data)  # type: ignore[arg-type]

    lab.world.journal.record = full  # type: ignore[method-assign, assignment]
    lab.cycle()
    lab.cycle()

    assert lab.endpoint is not None
    assert lab.endpoint.asked == []
    assert lab.jobs()[0].until is not None


def test_a_bug_in_the_model_call_does_not_ask_again_at_every_poll(lab: Lab) -> None:
    lab.flag()
    queue(lab, RuntimeError("a bug"), RuntimeError("a bug"))

    for _ in range(3):
        lab.clock -= 50
        lab.cycle()

    assert lab.endpoint is not None
    assert len(lab.endpoint.asked) == 1
    assert "bug" in lab.jobs()[0].waits_for
