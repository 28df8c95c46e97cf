"""mailbot run: the service."""

from __future__ import annotations

import os
import select
import signal
from contextlib import ExitStack
from pathlib import Path

import click

from mailbot.cli import LOCKED
from mailbot.cli.log import start_log
from mailbot.cli.options import config_option, opened
from mailbot.cli.say import say


class Ending:
    """SIGTERM and Ctrl-C, heard from here on: ``wait``, for so many seconds at most, is true as soon as one came.

    Python's own handlers run in the main thread, when it wakes. A signal that comes just before it sleeps, or that
    another thread takes, does not wake it; a byte in a pipe does (signal.set_wakeup_fd)."""

    def __init__(self) -> None:
        self._heard, tells = os.pipe()
        os.set_blocking(tells, False)
        signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)

    def wait(self, seconds: float) -> bool:
        return bool(select.select([self._heard], [], [], seconds)[0])


@click.command("run")
@config_option
def command(config_path: Path | None) -> int:
    """The service: see flags, make drafts, until it is ended.

    It looks at each account every minute, and at once when the server says so (IDLE). Ctrl-C or SIGTERM ends it within
    ten seconds; work in hand goes on at the next start. The log is on standard error, one line for each step."""
    import faulthandler
    import logging

    from mailbot import bell, lock, memory, systemd
    from mailbot.service import Service

    memory.share_arena()
    faulthandler.enable()  # systemd's watchdog ends a service that hangs by SIGABRT: the log then says where it hung
    manager = systemd.take(os.environ, os.getpid())

    log = logging.getLogger("mailbot")
    ending = Ending()
    with opened(config_path, needs_secrets=True, mends=True) as home, ExitStack() as locks:
        config = home.config
        start_log(config.log.level)
        worlds = []
        for account in config.accounts:
            held = lock.acquire(account.key, lock.folder(os.environ))
            if held is None:
                log.error("account=%s lock=taken reason='another mailbot is running for this account'", account.name)
            else:
                locks.enter_context(held)
                worlds.append(home.world(account))
        if not worlds:
            say("mailbot: another mailbot is running for every account; end it, or leave it to work", err=True)
            return LOCKED
        home.store.check_writable()
        service = Service(
            worlds,
            every=config.schedule.every,
            idle=config.schedule.idle,
            concurrency=config.model.concurrency if config.model else 1,
            sweep=home.sweep,
        )
        service.start()
        writer = config.model.name if config.model else "the outline writer (no model is configured)"
        log.info("service=started accounts=%d every=%ds writer=%r", len(worlds), config.schedule.every, writer)
        with bell.listening(lock.folder(os.environ), service.nudges):
            service.watch(ending.wait, manager)
        service.stop()
        log.info("service=ended")
        return 0
