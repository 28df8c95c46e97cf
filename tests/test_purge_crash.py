"""A purge that is stopped at any effect: called again, or by the next start, it comes to its end; nothing else is lost.

Effects are those of ``test_crash``, and every commit and ``shrink`` of journal and index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from letters import sent
from test_crash import Fuse, Stop, fused, stopped_files
from test_purge import CANARY, WISHES, drafted, files, forget, maras, state
from worlds import Lab, question

from mailbot.job import State
from mailbot.purge import removal

MARA = "mara@northwind.example"


def learnt() -> Lab:
    """With a mail of the owner's to Mara in the index."""
    lab = drafted()
    lab.mailbox.add("Sent", sent(f"Hi Mara,\n\nthe {CANARY} is on its way.\n\nCheers\nAda\n"), "\\Seen")
    lab.clock += 4000
    lab.settle()
    assert lab.world.index.sent.known([MARA])
    return lab


def burning(lab: Lab, fuse: Fuse) -> None:
    """Puts the fuse in front of and behind whatever a purge does to journal and index."""
    lab.world = fused(lab.world, fuse, lab.world.connect)
    index = lab.world.index._db
    for database in (lab.world.journal._db, index):
        database.shrink = _around(database.shrink, fuse)  # type: ignore[method-assign]
    plain = index.transaction

    @contextmanager
    def transaction() -> Iterator[None]:
        with plain():
            yield
            fuse("before commit")
        fuse("after commit")

    index.transaction = transaction  # type: ignore[method-assign]


def _around(plain: Callable[[], None], fuse: Fuse) -> Callable[[], None]:
    def stopped() -> None:
        fuse("before shrink")
        plain()
        fuse("after shrink")

    return stopped


def purged(lab: Lab, wish: dict[str, Any], at: int = 0) -> int:
    """A purge until the fuse blows; the number of effects. Then mailbot starts anew on what is on the disk."""
    fuse = Fuse()
    fuse.at = at
    burning(lab, fuse)
    with stopped_files([fuse]), suppress(Stop):
        forget(lab, **wish)
    lab.boot()
    return fuse.count


def finish(lab: Lab) -> bool:
    """As every start does."""
    return removal.finish(lab.world.journal, lab.world.store, lab.world.index)


def check(lab: Lab, kept: set[str], where: str) -> None:
    """Nothing is left of Mara, all of Eve, and mailbot runs on."""
    assert CANARY.encode() not in state(lab), where
    assert files(lab) == kept, where
    assert [job.mail["subject"] for job in lab.jobs()] == ["Contract"], where
    assert not finish(lab), where
    lab.flag(question(3, From="Bo <bo@holm.example>"))
    lab.settle()
    assert [job.state for job in lab.jobs()] == [State.DONE] * 2, where
    assert len(lab.mailbox.raws()) == 3, where  # Mara's star, which is still there, asked for nothing


@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", ["address", "message id", "job"])
def test_stopped_at_any_effect_the_next_start_brings_it_to_its_end(way: str) -> None:
    lab = learnt()
    effects = purged(lab, WISHES[way](lab))
    lab.close()
    assert effects > 10

    for at in range(1, effects + 1):
        lab = learnt()
        kept = files(lab) - set(maras(lab).names.values())
        wish = WISHES[way](lab)
        purged(lab, wish, at)
        if not finish(lab):  # not even the plan was on the disk, or all was done
            forget(lab, **wish)
        if way != "address":
            lab.world.index.forget(address=MARA)  # what the owner wrote to her is another mail
        check(lab, kept, f"stopped at {at}")
        lab.close()


@pytest.mark.timeout(900)
def test_stopped_at_any_effect_it_may_be_called_again() -> None:
    lab = learnt()
    effects = purged(lab, {"address": MARA})
    lab.close()

    for at in range(1, effects + 1):
        lab = learnt()
        kept = files(lab) - set(maras(lab).names.values())
        purged(lab, {"address": MARA}, at)
        finish(lab)
        forget(lab, address=MARA)
        check(lab, kept, f"stopped at {at}")
        lab.close()
