"""Anything at any time: owner, server, network, clock, model and process as rules, the promises as invariants.

hypothesis plays many short stories on a mailbox in memory and looks after each step. ``make machine`` plays more and
longer ones, new at each run."""

from __future__ import annotations

import json
import logging
import os
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from fakes import FakeEndpoint, FakeSession, Stored
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from machine_letters import CANARY, mails
from test_crash import Fuse, Stop, fused, stopped_files
from worlds import CONFIG, Lab

from mailbot.bot.world import World
from mailbot.errors import Later, MailbotError, OwnerMustAct, Unknown
from mailbot.flags import DRAFTED_KEYWORD
from mailbot.imap.trouble import Rejection
from mailbot.job import OPEN, Job, State
from mailbot.mail.key import mail_key, twin_key
from mailbot.mail.parse import parse

STORIES = int(os.environ.get("MAILBOT_STORIES", "0"))  # 0: the short form, the same at each run
WATCHED = ("INBOX", "Archive")
KEPT = ("Drafts", "Sent", "Trash")
EFFECTS = frozenset({"append", "create", "add_keyword", "move"})
COMMANDS = EFFECTS | {"folders", "examine", "select", "mark", "flagged", "uids_from", "with_message_id", "flags"}
COMMANDS |= {"headers", "mail"}
CODES = ("", "[OVERQUOTA] ", "[SERVERBUG] ", "[UNAVAILABLE] ", "[NONEXISTENT] ")
CALM = 40  # rounds in which everything that is open must have come to its end
SOME = st.integers(0, 1000)  # which of several, by remainder


class Line:
    """The way to the server: ``after`` commands from now something happens, once. ``down``: nobody answers."""

    def __init__(self) -> None:
        self.down = False
        self.after = 0  # 0: nothing
        self.what = ""

    def command(self, name: str, perform: Callable[..., Any], *args: Any) -> Any:
        broken = Unknown if name in EFFECTS else Later
        if self.down:
            raise Later("the network is down")
        self.after -= self.after > 0
        if self.after or not self.what:
            return perform(*args)
        what, self.what = self.what, ""
        if what == "cut before":
            raise broken("the line was cut")
        if what == "cut after":
            perform(*args)
            raise broken("the line was cut")
        raise Rejection(f"{what}not now")


class Wired:
    """A session on such a line."""

    def __init__(self, session: FakeSession, line: Line) -> None:
        self._session, self._line = session, line

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._session, name)
        return (lambda *args: self._line.command(name, found, *args)) if name in COMMANDS else found


class Model(FakeEndpoint):
    """Sees that what it is asked lies in the archive already."""

    def __init__(self, archive: Callable[[], list[Any]]) -> None:
        super().__init__()
        self._archive = archive

    def ask(self, messages: Any, shape: str) -> Any:
        assert messages in self._archive(), "the model was asked what is not on disk"
        return super().ask(messages, shape)


class Log(logging.Handler):
    """What mailbot says of itself: nothing of a mail, and no bug."""

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        assert CANARY not in text, f"a mail's text is in the log: {text}"
        assert record.exc_info is None, f"a bug: {record.exc_info}"


@dataclass(eq=False)
class Letter:
    """A mail that came in. ``stored`` is None when it was deleted for good."""

    raw: bytes
    stored: Stored | None
    message_id: str
    asked: int = 0  # times that a flag went up, or a redo was asked for


@dataclass(eq=False)
class Copy:
    """A mailbot with a disk of its own."""

    lab: Lab
    line: Line
    fuse: Fuse

    def boot(self) -> None:
        def on_the_line(world: World) -> World:
            session = lambda: Wired(FakeSession(self.lab.mailbox), self.line)  # noqa: E731
            return replace(fused(world, self.fuse), connect=session)  # type: ignore[arg-type]

        self.lab.boot(on_the_line)


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.letters: list[Letter] = []
        self.numbers = 0
        self.made: Counter[bytes] = Counter()  # APPENDs of mailbot into Drafts, by the draft's id
        self.forgiven: set[bytes] = set()  # drafts deleted for good while in doubt: they may come back once
        self._ends = ExitStack()
        self.log = Log()
        logging.getLogger("mailbot").addHandler(self.log)
        logging.getLogger("mailbot").setLevel(logging.INFO)

    @initialize()
    def start(self) -> None:
        self.copies = [self._copy()]
        self._work(self.copies[0])

    def _copy(self) -> Copy:
        lab = Lab(CONFIG + "[schedule]\nhold_above = 3\n")
        if self.letters or hasattr(self, "copies"):
            lab.mailbox, lab.clock = self.mailbox, self.copies[0].lab.clock
        lab.endpoint = Model(lambda: _prompts(lab))
        copy = Copy(lab, Line(), Fuse())
        self._ends.callback(lab.close)
        copy.boot()
        return copy

    @property
    def mailbox(self) -> Any:
        return self.copies[0].lab.mailbox

    def teardown(self) -> None:
        logging.getLogger("mailbot").removeHandler(self.log)
        self._ends.close()

    # mailbot at work

    @rule(which=SOME, retry=st.booleans())
    def work(self, which: int, retry: bool) -> None:
        self._work(self.copies[which % len(self.copies)], retry=retry)

    def _work(self, copy: Copy, **options: Any) -> None:
        """One ``mailbot once``; the mailbox afterwards is as before, but for what mailbot may do."""
        before = {id(m): (folder, m, frozenset(m.flags)) for folder, m in self._all()}
        lab = copy.lab
        lab.clock = max(each.lab.clock for each in self.copies) if hasattr(self, "copies") else lab.clock
        lab.mailbox.effect = lab.endpoint.effect = copy.fuse  # type: ignore[union-attr]
        try:
            with stopped_files([copy.fuse]):
                lab.cycle(**options)
        except Stop:
            copy.boot()
        except MailbotError:
            lab.poller.close()
        finally:
            copy.fuse.at = 0
            lab.mailbox.effect = lambda name: None
        self._compare(before, lab)

    def _all(self) -> list[tuple[str, Stored]]:
        boxes = self.copies[0].lab.mailbox.boxes if hasattr(self, "copies") else {}
        return [(folder, mail) for folder, box in boxes.items() for mail in box.mails.values()]

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
        flags=st.sets(st.sampled_from(("\\Seen", "\\Flagged", "\\Answered"))),
        known=st.booleans(),
        reply=st.booleans(),
        which=SOME,
    )
    def receive(self, data: st.DataObject, flags: set[str], known: bool, reply: bool, which: int) -> None:
        self.numbers += 1
        message_id = f"<{self.numbers}.1@northwind.example>" if known else None
        related = self.letters[which % len(self.letters)].message_id if reply and self.letters else ""
        raw = data.draw(mails(self.numbers, message_id, related))
        self._arrive(raw, flags, "INBOX", message_id or "")

    @precondition(lambda self: self.letters)
    @rule(which=SOME, up=st.booleans())
    def receive_again(self, which: int, up: bool) -> None:
        """The same mail over a list: another Received field."""
        letter = self._letter(which)
        raw = b"Received: from list.example by mx.example.org\n" + letter.raw
        self._arrive(raw, {"\\Flagged"} if up else set(), "INBOX", letter.message_id)

    def _arrive(self, raw: bytes, flags: set[str], folder: str, message_id: str) -> None:
        uid = self.mailbox.add(folder, raw, *flags)
        self.letters.append(Letter(raw, self.mailbox.boxes[folder].mails[uid], message_id, "\\Flagged" in flags))

    def _letter(self, which: int) -> Letter:
        return self.letters[which % len(self.letters)]

    def _place(self, stored: Stored | None) -> tuple[str, int] | None:
        """Folder and UID."""
        boxes = self.mailbox.boxes.items()
        return next(((f, uid) for f, box in boxes for uid, mail in box.mails.items() if mail is stored), None)

    @precondition(lambda self: self.letters)
    @rule(which=SOME)
    def flag(self, which: int) -> None:
        letter = self._letter(which)
        if letter.stored and "\\Flagged" not in letter.stored.flags:
            letter.stored.flags.add("\\Flagged")
            letter.asked += 1

    @precondition(lambda self: self.letters)
    @rule(which=SOME)
    def unflag(self, which: int) -> None:
        if stored := self._letter(which).stored:
            stored.flags.discard("\\Flagged")

    @precondition(lambda self: self.letters)
    @rule(which=SOME, name=st.sampled_from(("\\Seen", "\\Deleted", "\\Answered")))
    def mark(self, which: int, name: str) -> None:
        if stored := self._letter(which).stored:
            stored.flags ^= {name}

    @precondition(lambda self: self.letters)
    @rule(which=SOME, to=st.sampled_from((*WATCHED, "Trash")))
    def move(self, which: int, to: str) -> None:
        letter = self._letter(which)
        place = self._place(letter.stored)
        if place and place[0] != to:
            uid = self.mailbox.move(*place, to)
            letter.stored = self.mailbox.boxes[to].mails[uid]

    @precondition(lambda self: self.letters)
    @rule(which=SOME)
    def duplicate(self, which: int) -> None:
        letter = self._letter(which)
        if letter.stored:
            self._arrive(letter.raw, set(letter.stored.flags), "Archive", letter.message_id)
            self.letters[-1].asked = 0  # it is the same mail

    @precondition(lambda self: self.letters)
    @rule(which=SOME)
    def delete_for_good(self, which: int) -> None:
        letter = self._letter(which)
        if place := self._place(letter.stored):
            del self.mailbox.boxes[place[0]].mails[place[1]]
            letter.stored = None

    @precondition(lambda self: self.letters)
    @rule(which=SOME)
    def answer(self, which: int) -> None:
        letter = self._letter(which)
        if letter.stored:
            letter.stored.flags.add("\\Answered")
            self.numbers += 1
            raw = f"From: ada@example.org\nMessage-ID: <{self.numbers}@own>\nIn-Reply-To: {letter.message_id}\n\n"
            self.mailbox.add("Sent", raw.encode(), "\\Seen")

    @rule(which=SOME, how=st.sampled_from(("edit", "edit, same id", "discard", "send", "send another", "purge")))
    def take_draft(self, which: int, how: str) -> None:
        drafts = self.mailbox.boxes["Drafts"].mails
        if not drafts:
            return
        uid = sorted(drafts)[which % len(drafts)]
        raw = drafts[uid].raw
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
        doubts = [job for copy in self.copies for job in copy.lab.jobs() if job.state is State.APPENDING]
        if any(job.draft["draft_message_id"].encode() == draft_id for job in doubts):
            self.forgiven.add(draft_id)

    @rule(which=SOME, what=st.sampled_from(("release", "dismiss", "redo")))
    def command(self, which: int, what: str) -> None:
        lab = self.copies[0].lab
        jobs = [job for job in lab.jobs() if _may(job, what, lab)]
        if not jobs:
            return
        job = jobs[which % len(jobs)]
        if what != "redo":
            lab.world.journal.record(job, "released" if what == "release" else "dismissed", lab.clock)
            return
        for letter in self.letters:
            letter.asked += job.key in self._keys(letter)
        lab.world.journal.begin(
            "asked",
            lab.clock,
            account=job.account,
            key=job.key,
            generation=job.generation + 1,
            place=(job.place.folder, job.place.uidvalidity, job.place.uid) if job.place else None,
            limited=False,
            mail=dict(job.mail),
        )

    # Server, network, clock, model, process

    @rule(folder=st.sampled_from((*WATCHED, *KEPT)))
    def rebuild(self, folder: str) -> None:
        self.mailbox.rebuild(folder)

    @rule(after=st.integers(1, 25), what=st.sampled_from(("cut before", "cut after", *CODES)), which=SOME)
    def trouble(self, after: int, what: str, which: int) -> None:
        line = self.copies[which % len(self.copies)].line
        line.after, line.what = after, what or " "

    @rule(down=st.booleans())
    def network(self, down: bool) -> None:
        for copy in self.copies:
            copy.line.down = down

    @rule(seconds=st.sampled_from((1, 60, 3600, 86_400)))
    def wait(self, seconds: int) -> None:
        for copy in self.copies:
            copy.lab.clock += seconds

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
        self.copies[0].lab.endpoint.queue.append(answer)  # type: ignore[union-attr]

    @rule(at=st.integers(1, 60))
    def stop(self, at: int) -> None:
        """The process ends at an effect of the next round, and starts anew."""
        self.copies[0].fuse.at, self.copies[0].fuse.count = at, 0
        self._work(self.copies[0])

    # What is promised

    @invariant()
    def one_flag_one_draft(self) -> None:
        for draft_id, count in self.made.items():
            assert count <= 1 + (draft_id in self.forgiven), f"{draft_id!r} was made {count} times"

    @rule()
    def calm(self) -> None:
        """Everything works and time passes: what was asked for is there, or something says why not."""
        for copy in self.copies:
            copy.line.down, copy.line.what = False, ""
            copy.lab.endpoint.queue.clear()  # type: ignore[union-attr]
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
        if job.state in (State.DONE, State.SKIPPED, State.PARKED):
            assert (lab.config.archive.folder / job.names["page"]).is_file(), f"{job.id} has no page"

    def _served(self, letter: Letter) -> None:
        """A flag that is up has a job, or the keyword of a copy that had one."""
        place = self._place(letter.stored)
        if not place or place[0] not in WATCHED or letter.stored is None:
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


def _prompts(lab: Lab) -> list[Any]:
    folder = lab.config.archive.folder / "Outbox" / "_prompts"
    return [json.loads(path.read_text())["messages"] for path in folder.glob("*.json")]


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=STORIES or 60,
    stateful_step_count=60 if STORIES else 40,
    derandomize=not STORIES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
