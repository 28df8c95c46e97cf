"""mailbot status: healthy or not, and per account what waits and why.

facts  what is known, as --json prints it
lines  the same as plain lines, for a file or another program
page   the same for a person at a terminal
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from datetime import datetime
from pathlib import Path

import click

from mailbot.cli import FAILED, OWNER
from mailbot.cli.options import config_option, json_option, opened
from mailbot.cli.words import escaped

WIDTH = 80  # columns that the page takes at most


@click.command("status")
@config_option
@json_option
def command(config_path: Path | None, as_json: bool) -> int:
    """Is all well? Per account the last look, what waits and why.

    The exit code tells it, too: 0 well, 1 something failed, 3 you must act."""
    from mailbot.cli.status import lines, page
    from mailbot.cli.status.facts import account_facts
    from mailbot.notices.trouble import BLOCKING

    with opened(config_path) as home:
        now = time.time()
        accounts = [account_facts(home, account, now) for account in home.config.accounts]
        healthy = all(a["healthy"] for a in accounts)
        blocked = any(t["kind"] in BLOCKING for a in accounts for t in a["troubles"])
        code = 0 if healthy else OWNER if blocked else FAILED
        if as_json:
            click.echo(json.dumps({"healthy": healthy, "accounts": accounts}, ensure_ascii=False, indent=2))
        elif sys.stdout.isatty():
            width = min(WIDTH, shutil.get_terminal_size().columns)
            plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"  # no-color.org
            for line in page.page(accounts, datetime.fromtimestamp(now, home.config.zone), width):
                click.echo(line, color=not plain)
        else:
            for line in lines.lines(accounts):
                click.echo(escaped(line))
        return code
