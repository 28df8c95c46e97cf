"""The process stops at any effect, singly and in pairs; it starts again on what is on the disk: one draft, one page.

Effects are every commit of the journal, every file operation of the archive, every change on the server, every thread
search and every call of the model; a stop comes before or after each. ``make crash-pairs`` takes every pair, ``make
test`` a share of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from fakes import FakeSession
from worlds import Lab, question

from mailbot.archive import store as files
from mailbot.errors import Later
from mailbot.job import State
from mailbot.world import World

EARLIER = b"who asked before"  # in the other mail of the thread
PAIR_SHARE = 1 if os.environ.get("MAILBOT_EVERY_PAIR") else 17  # every pair, or each seventeenth


class Stop(BaseException):
    """kill -9, in process."""


class Fuse:
    """Counts effects; stops the process at the one it is set to, and whatever else of it would have an effect."""

    def __init__(self) -> None:
        self.count = 0
        self.at = 0  # 0: never

    def __call__(self, name: str = "") -> None:
        if self.count != self.at or not self.at:
            self.count += 1
        if self.count == self.at:
            raise Stop(name)


class Searched(FakeSession):
    """A stop inside a thread search, which runs in a thread of its own."""

    def related(self, ids: Sequence[str], since: date, folder: str) -> tuple[int, ...]:
        found = super().related(ids, since, folder)
        try:
            self._mailbox.effect("search")
        except Stop as error:
            raise Later("the process stops") from error
        return found


def fused(world: World, fuse: Fuse, connect: Callable[[], Any]) -> World:
    """The same world, stopped by the fuse."""
    plain = world.journal._db.transaction

    @contextmanager
    def transaction() -> Iterator[None]:
        database = world.journal._db
        outermost, changes = not database.in_transaction, database.changes
        with plain():
            yield
            if outermost and database.changes > changes:
                fuse("before commit")
        if outermost and database.changes > changes:
            fuse("after commit")

    world.journal._db.transaction = transaction  # type: ignore[method-assign]
    return replace(world, connect=connect)


@contextmanager
def stopped_files(fuses: list[Fuse]) -> Iterator[None]:
    """Puts the fuses in front of and behind each file operation of the archive."""

    def wrap(name: str) -> Any:
        plain = getattr(files, name)

        def stopped(*args: Any) -> Any:
            for fuse in fuses:
                fuse(f"before {name}")
            result = plain(*args)
            for fuse in fuses:
                fuse(f"after {name}")
            return result

        return stopped

    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ("_temporary", "_replace", "_sync_folder"):
            monkeypatch.setattr(files, name, wrap(name))
        yield


@pytest.fixture(autouse=True)
def file_effects() -> Iterator[list[Fuse]]:
    fuses: list[Fuse] = []
    with stopped_files(fuses):
        yield fuses


def run(lab: Lab, fuses: list[Fuse], at: int) -> int:
    """Starts mailbot and lets it work until the fuse blows or nothing is left to do; the number of effects."""
    fuse = Fuse()
    fuse.at = at
    fuses[:] = [fuse]
    lab.boot(lambda world: fused(world, fuse, lambda: Searched(lab.mailbox)))
    lab.mailbox.effect = fuse
    assert lab.endpoint is not None
    lab.endpoint.effect = fuse
    with suppress(Stop):
        lab.settle()
    fuses.clear()
    lab.clock += 4000
    return fuse.count


def flagged_lab() -> Lab:
    lab = Lab()
    lab.cycle()
    lab.mailbox.add("Archive", question(1).replace(b"who buys", EARLIER))
    lab.flag(question(2, In_Reply_To="<1.1766332362@northwind.example>"))
    return lab


def check(lab: Lab, where: str) -> None:
    jobs = lab.jobs()
    assert [job.state for job in jobs] == [State.DONE], where
    assert len(lab.mailbox.raws()) == 1, where
    assert len(lab.pages()) == 1, where
    assert lab.endpoint is not None
    assert len(lab.endpoint.asked) <= 3, where
    assert all(EARLIER.decode() in asked[-1]["content"] for asked in lab.endpoint.asked), where
    assert not list(lab.config.archive.folder.rglob(".mailbot-*")), where


def test_a_clean_run_has_many_effects_and_leaves_one_draft(file_effects: list[Fuse]) -> None:
    lab = flagged_lab()

    effects = run(lab, file_effects, 0)

    assert effects > 40
    check(lab, "clean")
    lab.close()


def effects_of_a_clean_run(fuses: list[Fuse]) -> int:
    lab = flagged_lab()
    count = run(lab, fuses, 0)
    lab.close()
    return count


@pytest.mark.case(6)
def test_stopped_at_any_effect_it_goes_on_to_one_draft(file_effects: list[Fuse]) -> None:
    for at in range(1, effects_of_a_clean_run(file_effects) + 1):
        lab = flagged_lab()
        run(lab, file_effects, at)
        run(lab, file_effects, 0)
        check(lab, f"stopped at {at}")
        lab.close()


@pytest.mark.case(6)
@pytest.mark.timeout(900)
def test_stopped_at_any_two_effects_it_goes_on_to_one_draft(file_effects: list[Fuse]) -> None:
    tried = pairs = 0
    for first in range(1, effects_of_a_clean_run(file_effects) + 1):
        second = 0
        while True:
            second += 1
            pairs += 1
            if pairs % PAIR_SHARE:
                if second > 120:
                    break
                continue
            tried += 1
            lab = flagged_lab()
            run(lab, file_effects, first)
            blown = run(lab, file_effects, second) == second
            run(lab, file_effects, 0)
            check(lab, f"stopped at {first}, then at {second}")
            lab.close()
            if not blown:
                break
    assert tried > 100
    print(f"{tried} pairs")


def test_the_bytes_of_a_draft_are_the_same_after_every_stop(file_effects: list[Fuse]) -> None:
    """A stop after the intent must not make a second identity: the id is the one that the journal recorded."""
    lab = flagged_lab()
    lab.mailbox.effect = lambda name: None
    run(lab, file_effects, 0)
    job = lab.jobs()[0]

    assert job.draft["draft_message_id"].encode() in lab.mailbox.raws()[0]
    lab.close()
