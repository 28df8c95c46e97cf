"""The service: apscheduler wakes each account's poller, IDLE wakes it sooner, SIGTERM ends all in order.

Each account has a thread of its own; none waits for another. The scheduler only sets an event, so that its defaults for
missed and overlapping runs (agronholm/apscheduler#292, #423) can lose nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import partial

from apscheduler.schedulers.background import BackgroundScheduler

from mailbot.bot.tick import connect
from mailbot.bot.world import World
from mailbot.imap.idle import Watcher
from mailbot.imap.session import Session
from mailbot.poller import Calls, Poller

ORDERLY = 6.0  # seconds that a round may take to end by itself after SIGTERM
ABRUPT = 2.0  # seconds more, after its connection was cut


class Service:
    """``start`` and ``stop`` may be called from one thread only; ``stop`` returns within ten seconds."""

    def __init__(self, worlds: Sequence[World], *, every: int, idle: bool, concurrency: int) -> None:
        calls = Calls(concurrency)
        self._pollers = [Poller(world, calls) for world in worlds]
        self._threads = [
            threading.Thread(target=p.run, name=f"poll-{p.world.account.name}", daemon=True) for p in self._pollers
        ]
        self._watchers = [
            Watcher(partial(watched, p.world), p.wake) for p in self._pollers if idle and _may_idle(p.world)
        ]
        self._scheduler = BackgroundScheduler(daemon=True, timezone="UTC")
        for poller in self._pollers:
            self._scheduler.add_job(
                poller.wake,
                "interval",
                seconds=every,
                jitter=min(every / 10, 5),
                misfire_grace_time=None,
                coalesce=True,
                max_instances=1,
            )

    def start(self) -> None:
        for thread in self._threads:
            thread.start()
        for poller in self._pollers:
            poller.wake()
        self._scheduler.start()
        for watcher in self._watchers:
            watcher.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)
        for watcher in self._watchers:
            watcher.stop()
        for poller in self._pollers:
            poller.stop()
        self._join(ORDERLY)
        for poller in self._pollers:
            poller.break_off()
        self._join(ABRUPT)

    def _join(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))


def _may_idle(world: World) -> bool:
    """The first connection is for work."""
    return world.account.imap.connections > 1


def watched(world: World) -> tuple[Session, str]:
    """A session for IDLE and the folder it watches: one connection sees one folder, and most flags are set in the
    first."""
    wire = connect(world)
    return wire.session, wire.roles.watched[0] if wire.roles.watched else wire.roles.inbox
