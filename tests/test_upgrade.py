"""An upgrade of mailbot over state that an earlier one wrote; and a move to another machine."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import states
from dovecot import Dovecot
from endpoint import Endpoint
from running import NOBODY, Account, Home
from worlds import Lab, question

from mailbot.errors import BadUsage, OwnerMustAct
from mailbot.job import State
from mailbot.journal import Journal, database
from mailbot.journal.migrations import MIGRATIONS

VERSIONS = range(1, len(MIGRATIONS) + 1)
NEXT = "ALTER TABLE job ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'; CREATE TABLE later (word TEXT NOT NULL)"


def laid(folder: Path, version: int) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "journal.sqlite"
    shutil.copyfile(states.file(version), path)
    return path


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as file:
        return int(file.execute("PRAGMA user_version").fetchone()[0])


def content(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as file:
        return list(file.iterdump())


def copies(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if not p.name.startswith("journal.sqlite"))


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> int:
    """This mailbot knows one migration more, after today's last."""
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, NEXT))
    return len(MIGRATIONS) + 1


def test_there_is_a_file_of_every_version() -> None:
    assert [version for version in VERSIONS if not states.file(version).exists()] == []
    assert [version_of(states.file(version)) for version in VERSIONS] == list(VERSIONS)


@pytest.fixture(params=VERSIONS)
def upgraded(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A mailbox and an archive in the middle of their life, and the state of this version beside them."""
    lab = Lab(states.STRICT)
    states.story(lab)
    assert lab.journal is not None
    path = lab.journal.path
    lab.journal.close()
    shutil.copyfile(states.file(request.param), path)
    lab.boot()
    yield lab
    lab.close()


def test_every_earlier_state_says_the_same_after_the_upgrade(upgraded: Lab) -> None:
    fresh = Lab(states.STRICT)
    try:
        assert states.states(upgraded) == states.story(fresh)
    finally:
        fresh.close()


def test_with_every_earlier_state_the_jobs_go_on_where_they_were(upgraded: Lab) -> None:
    before = states.states(upgraded)
    drafts = len(upgraded.mailbox.raws())

    upgraded.flag(question(20))
    for job in upgraded.world.journal.held_jobs():
        upgraded.world.record(job, "released")
    upgraded.clock += 4000
    upgraded.settle()

    after = states.states(upgraded)
    was_open = [number for number, state in before.items() if state in ("held", "new", "appending")]
    assert {after[number] for number in [*was_open, "20, generation 1"]} == {State.DONE}
    stored = sum(state == "appending" for state in before.values())  # it arrived, though nobody said so
    assert len(upgraded.mailbox.raws()) == drafts + len(was_open) - stored + 1
    assert {n: s for n, s in after.items() if n not in was_open and n in before}.items() <= before.items()


@pytest.mark.parametrize("version", VERSIONS)
def test_what_an_earlier_mailbot_wrote_is_copied_before_it_is_changed(tmp_path: Path, newer: int, version: int) -> None:
    path = laid(tmp_path / "state", version)

    Journal(path.parent).close()

    kept = path.with_name(f"version-{version}-journal.sqlite")
    assert version_of(path) == newer
    assert version_of(kept) == version
    assert content(kept) == content(states.file(version))
    assert kept.stat().st_mode & 0o777 == 0o600


def test_the_copy_holds_what_was_still_in_the_write_ahead_log(tmp_path: Path, newer: int) -> None:
    path = laid(tmp_path, newer - 1)
    with closing(sqlite3.connect(path)) as crashed:
        crashed.execute("PRAGMA journal_mode = WAL")
        crashed.execute("INSERT INTO note VALUES ('a', 'b', '3')")
        crashed.commit()

        Journal(tmp_path).close()

    assert "INSERT INTO \"note\" VALUES('a','b','3');" in content(tmp_path / f"version-{newer - 1}-journal.sqlite")


def test_a_copy_is_kept_until_the_next_upgrade(tmp_path: Path, newer: int, monkeypatch: pytest.MonkeyPatch) -> None:
    laid(tmp_path, newer - 1)
    Journal(tmp_path).close()
    Journal(tmp_path).close()
    assert copies(tmp_path) == [f"version-{newer - 1}-journal.sqlite"]

    monkeypatch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, "CREATE TABLE more (word TEXT NOT NULL)"))
    Journal(tmp_path).close()

    assert copies(tmp_path) == [f"version-{newer}-journal.sqlite"]


def test_a_new_state_and_one_of_today_need_no_copy(tmp_path: Path) -> None:
    Journal(tmp_path).close()
    Journal(tmp_path).close()

    assert copies(tmp_path) == []


def test_a_migration_that_fails_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = laid(tmp_path, states.TODAY)
    before = content(path)
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE later (word TEXT); DROP TABLE no_such"))

    with pytest.raises(OwnerMustAct):
        Journal(tmp_path)

    assert version_of(path) == states.TODAY
    assert content(path) == before


def test_without_room_for_the_copy_nothing_is_changed(
    tmp_path: Path, newer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = laid(tmp_path, newer - 1)
    before = content(path)
    full = OSError(28, "No space left on device")
    monkeypatch.setattr(database.os, "fsync", lambda descriptor: (_ for _ in ()).throw(full))

    with pytest.raises(OwnerMustAct, match="is full") as caught:
        Journal(tmp_path)

    assert caught.value.kind == "disk"
    assert content(path) == before


def test_of_two_that_upgrade_at_once_one_does_it(tmp_path: Path, newer: int) -> None:
    path = laid(tmp_path, newer - 1)
    failed: list[Exception] = []
    start = threading.Barrier(4)

    def open_it() -> None:
        start.wait()
        try:
            Journal(tmp_path).close()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert version_of(path) == newer
    assert version_of(tmp_path / f"version-{newer - 1}-journal.sqlite") == newer - 1


def test_a_newer_state_is_refused_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, NEXT))
    Journal(tmp_path).close()
    monkeypatch.undo()
    before = content(tmp_path / "journal.sqlite")

    with pytest.raises(BadUsage, match=r"was written by a newer mailbot .* install the newer program again"):
        Journal(tmp_path)

    assert content(tmp_path / "journal.sqlite") == before


def test_a_mailbot_that_still_runs_writes_nothing_into_a_state_that_a_newer_one_took_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = Journal(tmp_path)
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, NEXT))
    Journal(tmp_path).close()
    before = content(tmp_path / "journal.sqlite")

    with pytest.raises(OwnerMustAct, match="Start this one again"):
        running.facts.put("poll", "home", 1)

    running.close()
    assert content(tmp_path / "journal.sqlite") == before


def test_on_another_machine_mailbot_goes_on_with_the_three_folders_that_were_copied(dovecot: Dovecot) -> None:
    account = Account(dovecot)
    old_star = account.deliver(None, "\\Flagged")
    with Endpoint() as model, Home(account, model=model.base_url) as old, Home(account, model=model.base_url) as new:
        old.command("once")
        account.flag(account.deliver())
        old.command("once")
        (done,) = old.command("list", "--json").json
        old.write(NOBODY)
        account.flag(account.deliver())
        old.command("once")

        shutil.copytree(old.state, new.state)
        shutil.copytree(old.archive, new.archive)
        shutil.rmtree(old.folder)
        outcome = new.command("once", "--retry")
        new.command("redo", done["id"])
        new.command("once")

        assert outcome.code == 0
        assert [job["state"] for job in new.command("list", "--json").json] == ["done", "done", "done"]
        assert len(account.mails()) == 3
        assert "\\Flagged" in account.flags(old_star)  # and it was not answered: it is older than mailbot
        assert [page.count("status: superseded") for page in new.pages().values()].count(1) == 1
