"""What a command imports: a home server waits for each of these, and cron does so at each turn. Counts, no seconds."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from dovecot import Dovecot
from running import Account, Home

# What takes 10 ms or 2 MB, and all that only a flagged mail needs.
HEAVY = {
    *("openai", "httpx2", "pydantic", "imapclient", "mailparser", "apscheduler", "babel", "jinja2", "keyring", "yaml"),
    *("tomlkit", "pymap", "oauthlib", "asyncio", "urllib.request"),
    *("mailbot.prompt.build", "mailbot.reply.compose", "mailbot.bot.steps", "mailbot.mention"),
}
PROGRAM = """
import json, runpy, sys
try:
    runpy.run_module("mailbot", run_name="__main__", alter_sys=True)
except SystemExit as end:
    assert not end.code, end.code
json.dump(sorted(sys.modules), open(3, "w"))
"""


def imported(home: Home, *command: str) -> set[str]:
    """The heavy modules that are there when the command has ended."""
    script = home.folder / "imports.py"
    script.write_text(PROGRAM.replace("open(3,", f"open({str(home.folder / 'modules.json')!r},"))
    environ = {**home.environ, "MAILBOT_CONFIG": str(home.config)}
    subprocess.run([sys.executable, script, *command], env=environ, check=True, stdout=subprocess.DEVNULL)
    return HEAVY & set(json.loads((home.folder / "modules.json").read_text()))


@pytest.mark.parametrize(
    ("command", "needs"),
    [
        (("--help",), set()),
        (("once", "--help"), set()),
        (("list",), {"pydantic"}),
        (("status",), {"pydantic"}),
        (("once",), {"pydantic", "imapclient"}),
    ],
)
def test_a_command_imports_what_it_needs_and_no_more(
    dovecot: Dovecot, command: tuple[str, ...], needs: set[str]
) -> None:
    account = Account(dovecot)
    account.flag(account.deliver())
    with Home(account, model="http://127.0.0.1:1/v1") as home:
        home.command("once")

        assert imported(home, *command) == needs
