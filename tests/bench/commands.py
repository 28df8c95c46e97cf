"""CPU of commands: what a shell waits for, and what cron pays each time."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from running import Home

from bench.places import QUIET, Site
from bench.process import cpu_of, environ_of_python, resident_after
from bench.table import Row

MB = 1024 * 1024
NAIVE_ONCE = """
from imap_tools import AND, MailBoxUnencrypted
with MailBoxUnencrypted({host!r}, {port}).login({user!r}, {password!r}) as mailbox:
    list(mailbox.fetch(AND(flagged=True), mark_seen=False, bulk=500))
"""


def rows(site: Site) -> Iterator[Row]:
    site.wire.round_trip = 0.0
    bare = cpu_of(sys.executable, "-c", "import click", environ=environ_of_python())
    theirs = cpu_of(sys.executable, "-c", "import imap_tools", environ=environ_of_python())
    ours = cpu_of(sys.executable, "-m", "mailbot", "--help", environ=environ_of_python())
    yield Row(
        "CPU of `mailbot --help`",
        f"{1000 * ours:.0f} ms",
        f"150 ms; Python and click alone {1000 * bare:.0f} ms",
        f"{1000 * theirs:.0f} ms, its import",
        {"seconds": ours, "bare": bare, "naive": theirs},
    )
    account = site.account(mails=1000, starred=50)
    with Home(account, extra=QUIET) as home:
        home.command("once")
        environ = {**environ_of_python(), **home.environ, "MAILBOT_CONFIG": str(home.config)}
        ours = cpu_of(sys.executable, "-m", "mailbot", "once", environ=environ)
    code = NAIVE_ONCE.format(host=site.host, port=site.port, user=account.user, password=site.password)
    theirs = cpu_of(sys.executable, "-c", code, environ=environ_of_python())
    yield Row(
        "CPU of `mailbot once` with nothing to do, 1,000 mails, 50 old stars",
        f"{1000 * ours:.0f} ms",
        f"Python alone {1000 * cpu_of(sys.executable, '-c', '', environ=environ_of_python()):.0f} ms",
        f"{1000 * theirs:.0f} ms",
        {"seconds": ours, "naive": theirs},
    )
    least = resident_after("imapclient", "apscheduler.schedulers.background", "sqlite3", "pydantic", "ssl", "yaml")
    naive = resident_after("imap_tools", "openai")
    yield Row(
        "memory of the libraries alone",
        "-",
        f"{least / MB:.0f} MB: imapclient, apscheduler, sqlite3, ssl, pydantic, yaml",
        f"{naive / MB:.0f} MB: imap_tools, openai",
        {"least": least, "naive": naive},
    )
