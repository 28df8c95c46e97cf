"""A login that was refused: tried three times, then not for hours, so that nobody is locked out."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from fakes import FakeSession
from worlds import Lab

from mailbot.errors import OwnerMustAct
from mailbot.logins import PAUSE, guarded
from mailbot.world import World


class Door:
    """A server that refuses one password; counts who knocks."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.secret = self.wrong = "wrong"
        self.tries = 0

    def guard(self, world: World) -> World:
        return replace(world, connect=lambda: self.connect(world))  # type: ignore[arg-type, return-value]

    def connect(self, world: World, *, insist: bool = False) -> FakeSession:
        now = world.now()
        return guarded(world.journal, world.key, self.secret, self._knock, now, insist=insist)  # type: ignore[arg-type, return-value]

    def _knock(self, secret: str) -> FakeSession:
        self.tries += 1
        if secret == self.wrong:
            raise OwnerMustAct("login", "the server refused the login of ada", "Check user and password")
        return FakeSession(self.lab.mailbox)


@pytest.fixture
def door(lab: Lab) -> Door:
    """The password was refused three times, and mailbot was started anew."""
    door = Door(lab)
    for _ in range(3):
        lab.boot(door.guard)
        with pytest.raises(OwnerMustAct):
            lab.cycle()
    assert door.tries == 3
    return door


def test_a_password_refused_three_times_is_not_tried_again_for_six_hours(lab: Lab, door: Door) -> None:
    began = lab.clock
    while lab.clock < began + PAUSE - 120:
        with pytest.raises(OwnerMustAct, match="tries again in"):
            lab.cycle()
        lab.clock += 3600
    assert door.tries == 3

    lab.clock = began + PAUSE
    with pytest.raises(OwnerMustAct, match="refused the login"):
        lab.cycle()
    with pytest.raises(OwnerMustAct, match="tries again in"):
        lab.cycle()
    assert door.tries == 4


def test_a_login_that_works_ends_the_count_of_refusals(lab: Lab) -> None:
    door = Door(lab)
    lab.boot(door.guard)

    for secret in ("wrong", "wrong", "right", "wrong", "wrong", "wrong"):
        door.secret = secret
        with suppress(OwnerMustAct):
            lab.cycle()

    assert door.tries == 6


def test_a_changed_password_is_tried_at_once(lab: Lab, door: Door) -> None:
    door.secret = "right"

    lab.cycle()

    assert door.tries == 4


def test_check_tries_a_refused_password_all_the_same(lab: Lab, door: Door) -> None:
    door.wrong = "another"  # it was right after all

    door.connect(lab.world, insist=True)
    lab.cycle()

    assert door.tries == 5


def test_a_refused_password_is_not_kept(lab: Lab, door: Door) -> None:
    state = b"".join(path.read_bytes() for path in lab.config.state.folder.iterdir())

    assert b"refused" in state
    assert b'"wrong"' not in state
