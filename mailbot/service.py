"""The service: apscheduler wakes the accounts' pollers, IDLE wakes one sooner, SIGTERM ends all in order.

Each account has a thread of its own; none waits for another. The scheduler only sets an event, so that its defaults for
missed and overlapping runs (agronholm/apscheduler#292, #423) can lose nothing. systemd hears that the service lives as
long as every poller does: a slow server is no reason to be silent, a poller that hangs is one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial

from apscheduler.executors.debug import DebugExecutor
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from mailbot.bot.connect import connect
from mailbot.counted import counted
from mailbot.imap.idle import Watcher
from mailbot.imap.session import Session
from mailbot.poller import Poller
from mailbot.poller.calls import Calls
from mailbot.systemd import Systemd
from mailbot.world import World, log

# The process has ten seconds after SIGTERM; a slow machine needs some of them to end it.
ORDERLY = 5.0  # seconds that a round may take to end by itself
ABRUPT = 1.0  # seconds more, after its connection was cut
SWEEP = 3600.0  # seconds between two questions whether a day is over
SWEEPER = "sweeper"  # the executor that takes it: it reads files, and nobody may wait for that
GROUPS = 10  # of accounts that are woken together: a call by the scheduler takes as much CPU as half a look
LOOK = 30.0  # seconds between two looks at the pollers; fewer where systemd wants to hear more often
# A connection is ready within four minutes or given up, and two may follow each other (a token that has run out, a kept
# session that died), after a secret's command and name servers; each answer after that begins within a minute, but may
# come octet by octet for ever.
SILENT = 600.0  # seconds without progress until the connection of a round is cut
HUNG = 660.0  # seconds: the cut did not help, the poller hangs


class Service:
    """``start`` and ``stop`` may be called from one thread only; ``stop`` returns within ten seconds."""

    def __init__(
        self,
        worlds: Sequence[World],
        *,
        every: int,
        idle: bool,
        concurrency: int,
        sweep: Callable[[], None] | None = None,
    ) -> None:
        calls = Calls(concurrency)
        self._pollers = [Poller(world, calls) for world in worlds]
        self._threads = [
            threading.Thread(target=p.run, name=f"poll-{p.world.account.name}", daemon=True) for p in self._pollers
        ]
        self._watchers = [_watcher(poller) for poller in self._pollers if idle and _may_idle(poller.world)]
        self._progress: list[tuple[object, float]] = [(None, 0.0)] * len(worlds)  # the last sign, and since when
        # A wake-up only sets an event: it is done in the scheduler's own thread, without a pool of ten for it.
        executors = {"default": DebugExecutor(), SWEEPER: ThreadPoolExecutor(1)}
        self._scheduler = BackgroundScheduler(daemon=True, timezone="UTC", executors=executors)
        for number in range(min(GROUPS, len(worlds))):
            self._scheduler.add_job(
                partial(_wake, self._pollers[number::GROUPS]),
                "interval",
                seconds=every,
                jitter=min(every / 10, 5),
                misfire_grace_time=None,
                coalesce=True,
                max_instances=1,
            )

        if sweep is not None:
            now = datetime.now(UTC)
            self._scheduler.add_job(
                sweep, "interval", seconds=SWEEP, next_run_time=now, misfire_grace_time=None, executor=SWEEPER
            )

    @property
    def nudges(self) -> dict[str, Callable[[], None]]:
        """What to call, from any thread, when the owner has asked something of an account, by the account's key."""
        return {poller.world.key: poller.nudge for poller in self._pollers}

    def start(self) -> None:
        for thread in self._threads:
            thread.start()
        for poller in self._pollers:
            poller.wake()
        self._scheduler.start()
        for watcher in self._watchers:
            watcher.start()

    def watch(self, ended: Callable[[float], bool], systemd: Systemd) -> None:
        """Returns when it ``ended``, which is asked with the seconds that it may wait. Until then it frees pollers from
        servers that never finish, and gives systemd a sign of life as long as none hangs."""
        systemd.tell("READY=1", f"STATUS={self.status()}")
        every = min(LOOK, systemd.watchdog / 2 if systemd.watchdog else LOOK)
        told: list[str] = []
        while not ended(every):
            hung = self.hung(time.monotonic())
            for name in hung:
                if name not in told:
                    log.error("account=%s round=hung reason='it got no further for %d s'", name, HUNG)
            told = hung
            if hung:
                systemd.tell(f"STATUS=hangs: {', '.join(hung)}")
            else:
                systemd.tell("WATCHDOG=1", f"STATUS={self.status()}")
        systemd.tell("STOPPING=1", "STATUS=ending")

    def hung(self, now: float) -> list[str]:
        """The accounts whose poller is dead or hangs, at ``now`` (seconds, monotonic)."""
        names = []
        for number, (poller, thread) in enumerate(zip(self._pollers, self._threads, strict=True)):
            sign = poller.sign()
            if sign is None or sign != self._progress[number][0]:
                self._progress[number] = sign, now
            silent = now - self._progress[number][1]
            if silent > SILENT:
                poller.break_off()
            if silent > HUNG or not thread.is_alive():
                names.append(poller.world.account.name)
        return names

    def status(self) -> str:
        """One short line: how many accounts there are, and where the last look failed."""
        failing = [p.world.account.name for p in self._pollers if p.is_failing]
        count = len(self._pollers)
        watched = f"{counted(count, 'account')} watched"
        return f"{watched}, the last look failed at {', '.join(failing)}" if failing else watched

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


def _wake(pollers: Iterable[Poller]) -> None:
    for poller in pollers:
        poller.wake()


def _may_idle(world: World) -> bool:
    """The first connection is for work."""
    return world.account.imap.connections > 1


def _watcher(poller: Poller) -> Watcher:
    watcher = Watcher(partial(watched, poller.world), poller.heard)
    poller.on_login = watcher.resume
    return watcher


def watched(world: World) -> tuple[Session, str]:
    """A session for IDLE and the folder it watches."""
    wire = connect(world)
    return wire.session, wire.roles.idled
