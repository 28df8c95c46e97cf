"""The host misbehaves: disks that fail at any write, a state that is locked or damaged, clocks that jump, two mailbots.

Whatever happens, no draft is stored without a word of it in the journal, none twice, and all goes on by itself when the
host is well again."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dovecot import Dovecot
from fakes import FakeSession
from running import COMMAND_WITHIN, SOON, Account, Home, until
from scripted import Scripted
from worlds import CONFIG, Lab, question

from mailbot import lock
from mailbot.errors import Later, MailbotError, OwnerMustAct, Unknown
from mailbot.job import State
from mailbot.journal import database
from mailbot.logins import guarded
from mailbot.poller import poller

DAY = 86_400.0  # seconds
YEAR = 365 * DAY
FILE_OPERATIONS = ((tempfile, "mkstemp"), (os, "mkdir"), (os, "chmod"), (os, "fsync"), (os, "replace"))


def done(lab: Lab) -> None:
    """One draft, one page, one call, nothing left over."""
    assert [job.state for job in lab.jobs()] == [State.DONE]
    assert (len(lab.mailbox.raws()), len(lab.pages())) == (1, 1)
    assert not list(lab.config.archive.folder.rglob(".mailbot-*"))


# Disks


class Disk:
    """Counts the file operations of the archive and lets those from ``first`` on fail, until it is mended."""

    def __init__(self) -> None:
        self.count = 0
        self.first = 0  # 0: none
        self.error = errno.ENOSPC

    def __call__(self) -> None:
        self.count += 1
        if 0 < self.first <= self.count:
            raise OSError(self.error, "the test's disk")


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()

    def wrap(module: Any, name: str) -> None:
        plain = getattr(module, name)

        def operation(*args: Any, **named: Any) -> Any:
            disk()
            return plain(*args, **named)

        monkeypatch.setattr(module, name, operation)

    for module, name in FILE_OPERATIONS:
        wrap(module, name)
    return disk


def known_lab() -> Lab:
    lab = Lab()
    lab.cycle()
    lab.flag()
    return lab


@pytest.mark.case(30)
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EIO], ids=["full", "read-only", "failing"])
def test_the_archive_fails_from_any_file_operation_on_and_is_mended(disk: Disk, error: int) -> None:
    clean = known_lab()
    disk.count, disk.error = 0, error
    clean.settle()
    done(clean)
    operations = disk.count
    clean.close()
    assert operations > 10

    for first in range(1, operations + 1):
        lab = known_lab()
        disk.count, disk.first = 0, first
        for _ in range(2):
            lab.cycle(retry=True)
        asked = len(lab.endpoint.asked)  # type: ignore[union-attr]
        waiting = lab.jobs()[0].waits_for
        disk.first = 0
        lab.settle()

        assert "archive cannot be used" in waiting or lab.jobs()[0].tries == 0, first
        assert asked <= 1, first
        assert len(lab.endpoint.asked) == 1, first  # type: ignore[union-attr]
        done(lab)
        lab.close()


class Full:
    """A journal whose disk is full from one commit on."""

    def __init__(self, lab: Lab, first: int) -> None:
        self.count = 0
        self.first = first
        plain = lab.world.journal._db.transaction

        @contextmanager
        def transaction() -> Iterator[None]:
            db = lab.world.journal._db
            outermost, changes = not db.in_transaction, db.changes
            with plain():
                yield
                if outermost and db.changes > changes:
                    self.count += 1
                    if 0 < self.first <= self.count:
                        raise sqlite3.OperationalError("database or disk is full")

        lab.world.journal._db.transaction = transaction  # type: ignore[method-assign]


@pytest.mark.case(30)
def test_the_disk_of_the_state_is_full_from_any_commit_on_and_is_mended() -> None:
    clean = known_lab()
    commits = Full(clean, 0)
    clean.settle()
    total = commits.count
    clean.close()
    assert total > 10

    for first in range(1, total + 1):
        lab = known_lab()
        full = Full(lab, first)
        for _ in range(3):
            with suppress(MailbotError):
                lab.cycle(retry=True)
            lab.poller.close()
        drafts, asked = len(lab.mailbox.raws()), len(lab.endpoint.asked)  # type: ignore[union-attr]
        intended = any(event.kind == "intended" for job in lab.jobs() for event in lab.world.journal.events(job.id))
        full.first = 0
        lab.settle()

        assert drafts == 0 or intended, first
        assert asked <= 1, first
        done(lab)
        lab.close()


def test_a_full_state_is_told_in_a_sentence_that_says_what_to_do(lab: Lab) -> None:
    lab.world.journal._db._db.execute("PRAGMA max_page_count = 1")  # SQLite takes the present size

    with pytest.raises(OwnerMustAct, match=r"the disk with .* is full\. Make room"):
        lab.world.journal.keep("job", "mail", b"x" * 1_000_000)


@pytest.mark.case(30)
def test_a_state_that_another_program_locks_is_waited_for(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.01)
    lab.boot()
    lab.flag()
    with closing(sqlite3.connect(lab.world.journal.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Later, match="locked by another program"):
            lab.cycle()
        lab.poller._guarded_round(True, retry=False)  # as the service calls it: it must not end for this
        other.execute("ROLLBACK")
    lab.poller.close()

    lab.settle()

    done(lab)


# A state that is damaged


def spoil(path: Path) -> None:
    """Writes over all pages but the first: the file opens, and breaks when it is read."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


def overwrite(path: Path) -> None:
    path.write_bytes(b"this was a database once\n" * 400)


@pytest.mark.parametrize("damage", [spoil, overwrite])
def test_a_damaged_state_is_kept_aside_and_told_and_what_is_unknown_is_held(scripted: Scripted, damage: Any) -> None:
    account = Account(scripted)
    with Home(account) as home:
        assert home.command("once").code == 0
        account.flag(account.deliver())
        journal = home.state / "journal.sqlite"
        damage(journal)
        broken = journal.read_bytes()

        status = home.command("status")
        assert (status.code, journal.read_bytes()) == (3, broken)  # who only reads touches nothing
        assert "damaged" in status.err + status.out
        assert "mailbot once" in status.err + status.out

        once = home.command("once")
        (kept,) = home.state.glob("damaged-*-journal.sqlite")
        (told,) = [mail for mail in account.mails("INBOX") if "damaged" in str(mail["Subject"])]
        after = home.command("status")
        released = [home.command("release", "--all").code, home.command("once").code]

        assert (once.code, after.code, released) == (0, 0, [0, 0])
        assert kept.read_bytes() == broken
        assert "1 held" in once.out
        assert str(kept) in told.get_content()
        assert "is damaged" in told["Subject"]
        assert len(account.mails()) == 1


def test_a_damaged_state_is_not_put_aside_by_a_rehearsal(scripted: Scripted) -> None:
    with Home(Account(scripted)) as home:
        assert home.command("once").code == 0
        overwrite(home.state / "journal.sqlite")

        assert home.command("once", "--dry-run").code == 3
        assert list(home.state.glob("damaged-*")) == []


# Clocks


@pytest.mark.case(24)
@pytest.mark.parametrize("jump", [-YEAR, -DAY, YEAR])
def test_a_job_that_waits_goes_on_when_the_clock_jumps(lab: Lab, jump: float) -> None:
    lab.flag()
    lab.endpoint.queue = [Later("down")]  # type: ignore[union-attr]
    lab.cycle()
    assert lab.jobs()[0].waits_for == "down"

    lab.clock += jump
    lab.cycle()

    done(lab)


@pytest.mark.case(24)
@pytest.mark.parametrize("stored", [False, True])
def test_a_doubt_is_resolved_when_the_clock_is_set_back(lab: Lab, stored: bool) -> None:
    def cut(effect: str) -> None:
        if effect == ("appended" if stored else "append"):
            lab.mailbox.effect = lambda effect: None
            raise Unknown("the line broke")

    lab.flag()
    lab.mailbox.effect = cut
    with suppress(Unknown):
        lab.cycle()
    assert lab.jobs()[0].state is State.APPENDING

    lab.clock -= YEAR
    for _ in range(3):
        with suppress(MailbotError):
            lab.cycle()
        lab.poller.close()

    done(lab)


@pytest.mark.case(24)
def test_calls_and_flags_that_were_counted_in_the_future_limit_nobody_now() -> None:
    limits = "[schedule]\nhold_above = 2\ndaily_drafts = 2\n[[account]]"
    lab = Lab(CONFIG.replace("[[account]]", limits))
    lab.cycle()
    for number in (1, 2):
        lab.flag(question(number))
    lab.settle()

    lab.clock -= DAY
    for number in (3, 4):
        lab.flag(question(number))
    lab.settle(3)
    states = [job.state for job in lab.jobs()]
    lab.close()

    assert states == [State.DONE] * 4


@pytest.mark.case(24)
def test_a_password_that_was_refused_in_the_future_is_tried(lab: Lab) -> None:
    def knock(secret: str) -> Any:
        raise OwnerMustAct("login", "wrong", "Check it")

    def tries(now: float) -> str:
        with pytest.raises(OwnerMustAct) as caught:
            guarded(lab.world.journal, lab.world.key, "secret", knock, now, insist=False)
        return caught.value.reason

    reasons = [tries(now) for now in (YEAR, YEAR, YEAR, YEAR, 0.0)]

    assert [reason == "wrong" for reason in reasons] == [True, True, True, False, True]


@pytest.mark.case(24)
def test_an_account_is_looked_at_although_the_scheduler_sleeps_for_a_year(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """apscheduler counts by the wall clock: set back, the next call would come when the old time comes again."""
    monkeypatch.setattr(poller, "OVERDUE", 0.001)
    lab.clock += YEAR
    lab.boot(lambda world: replace(world, connect=refuse))
    with suppress(MailbotError):
        lab.poller.round()
    lab.clock -= YEAR
    lab.poller.world = replace(lab.world, connect=lambda: FakeSession(lab.mailbox))  # type: ignore[arg-type, return-value]
    lab.flag()
    thread = threading.Thread(target=lab.poller.run, daemon=True)

    thread.start()
    until(lab.mailbox.raws, "the draft that nobody called for")
    lab.poller.stop()
    thread.join(SOON)

    assert not thread.is_alive()


def refuse() -> Any:
    raise Later("the network is down")


# Two mailbots


def test_a_lock_in_a_folder_of_another_user_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The temporary folder is everybody's: who made mailbot's folder there first could keep it from working."""
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)

    with pytest.raises(OwnerMustAct, match="belongs to another user") as caught:
        lock.acquire("ada@imap.example.org", tmp_path)

    assert caught.value.kind == "lock"


@pytest.mark.case(15)
def test_of_two_hosts_that_work_at_once_one_draft_is_left(dovecot: Dovecot) -> None:
    account = Account(dovecot)
    with Home(account) as here, Home(account) as there:
        assert here.environ["XDG_RUNTIME_DIR"] != there.environ["XDG_RUNTIME_DIR"]
        assert [home.command("once").code for home in (here, there)] == [0, 0]
        account.flag(account.deliver(), account.deliver())

        with here.begun("once") as one, there.begun("once") as other:
            codes = [process.wait(COMMAND_WITHIN) for process in (one, other)]
        again = [home.command("once", "--retry").code for home in (here, there)]

        assert (codes, again) == ([0, 0], [0, 0])
        ids = [mail["Message-ID"] for mail in account.mails()]
        assert len(ids) == len(set(ids)) == 2


@pytest.mark.case(30)
@pytest.mark.parametrize(("free", "kind"), [(0, "disk"), (10**9, "state")])
def test_what_sqlite_calls_an_io_error_is_told_as_a_full_disk_where_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, kind: str
) -> None:
    """Opened on a full disk, a journal fails so: there is no room for the index of its log."""
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))

    error = database._trouble(tmp_path / "journal.sqlite", sqlite3.OperationalError("disk I/O error"))

    assert isinstance(error, OwnerMustAct)
    assert error.kind == kind
