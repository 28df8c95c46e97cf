"""Anything at any time: owner, server, network, clock, model and process as rules, the promises as invariants.

hypothesis plays many short stories on a mailbox in memory and looks after each step. ``make machine`` plays more and
longer ones, new at each run."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from fakes import Mailbox, Stored
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from machine import COMMANDS, Copy, Log
from machine_letters import CANARY, mails
from test_crash import Stop, stopped_files
from worlds import CONFIG, Lab, question

from mailbot.bot.deliver import DRAFTED_BY_ANOTHER
from mailbot.bot.fetch import GONE
from mailbot.errors import Later, MailbotError, OwnerMustAct
from mailbot.flags import DRAFTED_KEYWORD
from mailbot.job import OPEN, Job, State
from mailbot.mail.key import mail_key, twin_key
from mailbot.mail.parse import parse

pytestmark = pytest.mark.timeout(1200)  # shrinking a story that fails takes a while
STORIES = int(os.environ.get("MAILBOT_STORIES", "0"))  # 0: the short form, the same at each run
WATCHED = ("INBOX", "Archive")
KEPT = ("Drafts", "Sent", "Trash")
TROUBLES = ("cut before", "cut after", "cut after", "no", "[OVERQUOTA] full", "[UNAVAILABLE] later")
MOMENTS = ("", "append", "appended", "before commit", "after commit", "asked")
FAULTY = ("", "append", "append", *sorted(COMMANDS))  # commands, the one that matters most more often
TAKEN = ("edit", "edit, same id", "discard", "send", "send another", "purge")
ACTS = ("flag", "flag", "unflag", "mark", "archive", "move", "copy", "answer", "delete")
CANCELLING = frozenset({"unflag", "answer", "dismiss", "send", "send another"})
CALM = 40  # rounds in which everything that is open must have come to its end
SOME = st.integers(0, 1000)  # which of several, by remainder, the newest first
NTH = st.integers(1, 6)


@dataclass(eq=False)
class Letter:
    """A mail that came in. ``stored`` is None when it was deleted for good."""

    raw: bytes
    stored: Stored | None
    message_id: str
    acts: set[str] = field(default_factory=set)  # what the owner ever did to it


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.copies: list[Copy] = []
        self.letters: list[Letter] = []
        self.numbers = 0
        self.made: Counter[bytes] = Counter()  # APPENDs of mailbot into Drafts, by the draft's id
        self.forgiven: Counter[bytes] = (
            Counter()
        )  # drafts deleted for good while in doubt: each time they may come back once
        self._ends = ExitStack()
        self._ends.enter_context(Log().listening())

    @initialize(hold_above=st.sampled_from((0, 0, 2)), copies=st.sampled_from((1, 1, 2)))
    def start(self, hold_above: int, copies: int) -> None:
        for _ in range(copies):
            copy = Copy(Lab(f"{CONFIG}[schedule]\nhold_above = {hold_above}\n"), self.copies)
            self.copies.append(copy)
            self._ends.callback(copy.lab.close)
            self._work(copy)

    @property
    def mailbox(self) -> Mailbox:
        return self.copies[0].mailbox

    def teardown(self) -> None:
        self._ends.close()

    # mailbot at work

    @rule(which=SOME, retry=st.booleans())
    def work(self, which: int, retry: bool) -> None:
        self._work(self.copies[which % len(self.copies)], retry=retry)

    def _work(self, copy: Copy, **options: Any) -> None:
        """One ``mailbot once``; the mailbox afterwards is as before, but for what mailbot may do."""
        before = {id(m): (folder, m, frozenset(m.flags)) for folder, m in self._all()}
        lab = copy.lab
        lab.clock = max(each.lab.clock for each in self.copies)
        lab.mailbox.effect = copy.model.effect = copy.moment
        try:
            with stopped_files([copy.moment]):
                lab.cycle(**options)
        except Stop:
            copy.boot()
        except MailbotError:
            lab.poller.close()
        finally:
            copy.moment.set("", 0)
            lab.mailbox.effect = lambda name: None
        self._compare(before, lab)

    def _all(self) -> list[tuple[str, Stored]]:
        return [(folder, mail) for folder, box in self.mailbox.boxes.items() for mail in box.mails.values()]

    def _compare(self, before: dict[int, tuple[str, Stored, frozenset[str]]], lab: Lab) -> None:
        after = {id(m): (folder, m) for folder, m in self._all()}
        for key, (folder, mail, flags) in before.items():
            assert key in after, f"a mail in {folder} is gone"
            assert after[key][0] == folder, f"a mail in {folder} was moved"
            assert frozenset(mail.flags) - flags <= {DRAFTED_KEYWORD}, f"flags were set: {mail.flags - flags}"
            assert flags <= mail.flags, f"flags were taken away: {flags - mail.flags}"
        for key in after.keys() - before.keys():
            folder, mail = after[key]
            if folder == "Drafts":
                assert mail.flags == {"\\Draft", "\\Seen"}
                self.made[_id(mail.raw)] += 1
            else:
                assert folder == "INBOX", f"something new in {folder}"
                assert b"Auto-Submitted: auto-generated" in mail.raw, "what came is no notice"
        assert lab.notices == []

    # The owner

    @rule(
        data=st.data(),
        flags=st.sets(st.sampled_from(("\\Seen", "\\Answered"))),
        up=st.sampled_from((True, True, False)),
        known=st.sampled_from((True, True, True, False)),
        reply=st.sampled_from((False, False, True)),
        which=SOME,
    )
    def receive(self, data: Any, flags: set[str], up: bool, known: bool, reply: bool, which: int) -> None:
        self.numbers += 1
        message_id = f"<{self.numbers}.1@northwind.example>" if known else None
        related = self.letters[which % len(self.letters)].message_id if reply and self.letters else ""
        raw = data.draw(mails(self.numbers, message_id, related))
        self._arrive(raw, flags | ({"\\Flagged"} if up else set()), "INBOX", message_id or "")

    @precondition(lambda self: self.letters)
    @rule(which=SOME, up=st.booleans())
    def receive_again(self, which: int, up: bool) -> None:
        """The same mail over a list: another Received field."""
        letter = self._letter(which)
        raw = b"Received: from list.example by mx.example.org\n" + letter.raw
        self._arrive(raw, {"\\Flagged"} if up else set(), "INBOX", letter.message_id)

    def _arrive(self, raw: bytes, flags: set[str], folder: str, message_id: str) -> None:
        uid = self.mailbox.add(folder, raw, *flags)
        self.letters.append(Letter(raw, self.mailbox.boxes[folder].mails[uid], message_id))

    def _letter(self, which: int) -> Letter:
        return self.letters[-1 - which % len(self.letters)]

    def _place(self, stored: Stored) -> tuple[str, int]:
        """Folder and UID."""
        boxes = self.mailbox.boxes.items()
        return next((f, uid) for f, box in boxes for uid, mail in box.mails.items() if mail is stored)

    @precondition(lambda self: self.letters)
    @rule(
        which=SOME,
        act=st.sampled_from(ACTS),
    )
    def touch(self, which: int, act: str) -> None:
        """What an owner does to a mail."""
        letter = self._letter(which)
        if letter.stored:
            letter.acts.add(act)
            getattr(self, f"_{act}")(letter, letter.stored)

    def _flag(self, letter: Letter, stored: Stored) -> None:
        stored.flags.add("\\Flagged")

    def _unflag(self, letter: Letter, stored: Stored) -> None:
        stored.flags.discard("\\Flagged")

    def _mark(self, letter: Letter, stored: Stored) -> None:
        stored.flags ^= {("\\Seen", "\\Deleted")[self.numbers % 2]}

    def _archive(self, letter: Letter, stored: Stored) -> None:
        self._move(letter, stored, "Archive")

    def _move(self, letter: Letter, stored: Stored, to: str = "") -> None:
        folder, uid = self._place(stored)
        to = to or ("INBOX", "Trash")[self.numbers % 2]
        if folder != to:
            letter.stored = self.mailbox.boxes[to].mails[self.mailbox.move(folder, uid, to)]

    def _copy(self, letter: Letter, stored: Stored) -> None:
        self._arrive(letter.raw, set(stored.flags), "Archive", letter.message_id)

    def _delete(self, letter: Letter, stored: Stored) -> None:
        folder, uid = self._place(stored)
        del self.mailbox.boxes[folder].mails[uid]
        letter.stored = None

    def _answer(self, letter: Letter, stored: Stored) -> None:
        stored.flags.add("\\Answered")
        self.numbers += 1
        raw = f"From: ada@example.org\nMessage-ID: <{self.numbers}@own>\nIn-Reply-To: {letter.message_id}\n\n"
        self.mailbox.add("Sent", raw.encode(), "\\Seen")

    @rule(which=SOME, how=st.sampled_from(TAKEN))
    def take_draft(self, which: int, how: str) -> None:
        self._take(which, how)

    def _take(self, which: int, how: str) -> None:
        drafts = self.mailbox.boxes["Drafts"].mails
        if not drafts:
            return
        uid = sorted(drafts)[-1 - which % len(drafts)]
        raw = drafts[uid].raw
        for letter in self.letters:
            if letter.message_id and letter.message_id.encode() in raw:
                letter.acts.add(how)
        if len(self.copies) > 1:
            self._forgive(_id(raw))
        self.numbers += 1
        changed = raw if how == "edit, same id" else raw.replace(_id(raw), f"<{self.numbers}@client>".encode(), 1)
        changed += b"I wrote this.\r\n"
        if how.startswith("edit"):
            self.mailbox.add("Drafts", changed, "\\Draft", "\\Seen")
            self.mailbox.move("Drafts", uid, "Trash")
        elif how in ("discard", "send"):
            self.mailbox.move("Drafts", uid, "Trash" if how == "discard" else "Sent")
        else:
            if how == "send another":
                self.mailbox.add("Sent", changed, "\\Seen")
            if how == "purge" or b"\nIn-Reply-To:" not in raw:
                self._forgive(_id(raw))
            del drafts[uid]

    def _forgive(self, draft_id: bytes) -> None:
        """The exceptions to the promise: nobody knows yet whether the draft was stored, or a second host cannot know,
        as it looks for the keyword on the mail and for the draft's id in Drafts."""
        all_jobs = [job for copy in self.copies for job in copy.lab.jobs()]
        jobs = [job for job in all_jobs if job.draft.get("draft_message_id", "").encode() == draft_id]
        letters = [m for m in self.letters if m.stored and any(job.key in self._keys(m) for job in jobs)]
        marked = any(letter.stored and DRAFTED_KEYWORD in letter.stored.flags for letter in letters)
        if any(job.state is State.APPENDING for job in jobs) or (len(self.copies) > 1 and not marked):
            self.forgiven[draft_id] += 1

    @rule(which=SOME, what=st.sampled_from(("release", "dismiss", "redo")))
    def command(self, which: int, what: str) -> None:
        lab = self.copies[0].lab
        jobs = [job for job in lab.jobs() if _may(job, what, lab)]
        if not jobs:
            return
        job = jobs[which % len(jobs)]
        for letter in self.letters:
            if job.key in self._keys(letter):
                letter.acts.add(what)
        if what != "redo":
            lab.world.journal.record(job, "released" if what == "release" else "dismissed", lab.clock)
            return
        lab.world.journal.begin(
            "asked",
            lab.clock,
            account=job.account,
            key=job.key,
            generation=job.generation + 1,
            place=(job.place.folder, job.place.uidvalidity, job.place.uid) if job.place else None,
            was_answered=True,
            limited=False,
            mail=dict(job.mail),
        )

    # Server, network, clock, model, process

    @rule(folder=st.sampled_from((*WATCHED, *KEPT)))
    def rebuild(self, folder: str) -> None:
        self.mailbox.rebuild(folder)

    @rule(
        name=st.sampled_from(FAULTY),
        nth=NTH,
        what=st.sampled_from(TROUBLES),
        how=st.sampled_from(TAKEN),
    )
    def trouble(self, name: str, nth: int, what: str, how: str) -> None:
        """A command of the next round goes wrong, and the owner goes on with what there is."""
        copy = self.copies[0]
        copy.line.name, copy.line.after, copy.line.what = name, 1 if name == "append" else nth, what
        self._busy(copy, how, known=nth % 4 > 0)

    @rule(seconds=st.sampled_from((1, 60, 3600, 86_400)), down=st.sampled_from((False, False, True)))
    def wait(self, seconds: int, down: bool) -> None:
        """Time passes, and the network comes or goes."""
        for copy in self.copies:
            copy.lab.clock += seconds
            copy.line.down = down

    @rule(
        answer=st.sampled_from(
            (
                "not an answer",
                "",
                '{"reply": ""}',
                Later("429", after=30.0),
                Later("it said nothing for two minutes"),
                OwnerMustAct("model", "the key was refused", "Store another"),
            )
        )
    )
    def model(self, answer: str | Exception) -> None:
        self.copies[0].model.queue.append(answer)

    @rule(name=st.sampled_from(MOMENTS), nth=st.integers(1, 40), how=st.sampled_from(TAKEN))
    def stop(self, name: str, nth: int, how: str) -> None:
        """The process ends at an effect of the next round and starts anew; the owner goes on with what there is."""
        self.copies[0].moment.set(name, 1 + nth % 15 if "commit" in name else nth if not name else 1)
        self._busy(self.copies[0], how, known=nth % 4 > 0)

    def _busy(self, copy: Copy, how: str, *, known: bool) -> None:
        """Works, with something to do; then the owner takes the newest draft, if its job is not done yet."""
        if not any(job.state in OPEN for job in copy.lab.jobs()):
            self.numbers += 1
            message_id = f"<{self.numbers}.1@northwind.example>" if known else ""
            raw = question(self.numbers % 60, Message_ID=message_id, Subject=f"{CANARY} {self.numbers}")
            self._arrive(raw, {"\\Flagged"}, "INBOX", message_id)
        self._work(copy, retry=True)
        if any(job.state is State.APPENDING for job in copy.lab.jobs()):
            self._take(0, how)

    # What is promised

    @invariant()
    def one_flag_one_draft(self) -> None:
        for draft_id, count in self.made.items():
            assert count <= 1 + self.forgiven[draft_id], f"{draft_id!r} was made {count} times"

    @rule()
    def calm(self) -> None:
        """Everything works and time passes: what was asked for is there, or something says why not."""
        for copy in self.copies:
            copy.line.down, copy.line.what = False, ""
            copy.model.queue.clear()
            for _ in range(CALM):
                self._work(copy)
                if not copy.lab.world.journal.open_jobs(copy.lab.world.key):
                    break
                copy.lab.clock += 4000
        for copy in self.copies:
            for job in copy.lab.jobs():
                self._ended(copy.lab, job)
        for letter in self.letters:
            self._served(letter)

    def _ended(self, lab: Lab, job: Job) -> None:
        assert job.state not in OPEN, f"{job.id} is still {job.state}: {job.waits_for}"
        if job.state is State.DONE:
            draft_id = job.draft["draft_message_id"].encode()
            assert self.made[draft_id] or any("newer reply" in r for r in job.remarks), f"{job.id} has no draft"
        else:
            assert job.reason, f"{job.id} is {job.state} and does not say why"
            acts = {act for letter in self.letters if job.key in self._keys(letter) for act in letter.acts}
            if job.state is State.CANCELLED:
                assert job.reason == DRAFTED_BY_ANOTHER or acts & CANCELLING, job.reason
            if job.reason == GONE and job.mail["message_id"]:
                assert acts & {"delete", "move", "mark", "archive"}, "a mail that is there was not found"
        if job.state in (State.DONE, State.SKIPPED, State.PARKED):
            assert (lab.config.archive.folder / job.names["page"]).is_file(), f"{job.id} has no page"

    def _served(self, letter: Letter) -> None:
        """A flag that is up has a job, or the keyword of a copy that had one."""
        if letter.stored is None or self._place(letter.stored)[0] not in WATCHED:
            return
        flags = letter.stored.flags
        if "\\Flagged" not in flags or "\\Deleted" in flags or DRAFTED_KEYWORD in flags:
            return
        keys = self._keys(letter)
        assert any(job.key in keys for copy in self.copies for job in copy.lab.jobs()), "a flag was overlooked"

    def _keys(self, letter: Letter) -> set[str]:
        """The keys under which the mail may be known: its own, and those of its other deliveries."""
        twin = twin_key(letter.raw)
        return {mail_key(each.raw) for each in self.letters if each is letter or (twin and twin_key(each.raw) == twin)}


def _may(job: Job, what: str, lab: Lab) -> bool:
    """Whether the command would take the job."""
    newest = lab.world.journal.generations(job.account, job.key)[-1]
    if what == "release":
        return job.state is State.HELD
    if what == "dismiss":
        return job.state in (State.HELD, State.PARKED)
    return newest is not None and newest.id == job.id and job.state not in OPEN and job.state is not State.HELD


def _id(raw: bytes) -> bytes:
    return parse(raw).message_id.encode()


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=STORIES or 150,
    stateful_step_count=60 if STORIES else 25,
    derandomize=not STORIES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
