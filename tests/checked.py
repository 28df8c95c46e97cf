"""What mailbot check says of one person's config."""

from __future__ import annotations

from pathlib import Path

from dovecot import Dovecot
from running import Account
from scripted import Scripted

from mailbot import config
from mailbot.check import check
from mailbot.check.finding import Finding
from mailbot.wiring import Home


class Checked:
    """One person's config for a mailbox, and what check says of it."""

    def __init__(self, folder: Path, server: Dovecot | Scripted) -> None:
        self.account = Account(server)
        self._folder = folder

    def __call__(self, *, write_test: bool = False, more: str = "", imap: str = "", extra: str = "") -> list[Finding]:
        toml = self.account.toml().replace("[account.imap]", f"{more}\n[account.imap]\n{imap}")
        path = self._folder / "config.toml"
        path.write_text(
            f'[owner]\nname = "Ada"\n[archive]\nfolder = "archive"\n[state]\nfolder = "state"\n{extra}\n{toml}'
        )
        environ = {"MAILBOT_HOME_IMAP": self.account.server.password, "HOME": str(self._folder)}
        home = Home(config.load(path, environ), environ, insist=True)
        try:
            return list(check(home, write_test=write_test, tell=lambda text: None))
        finally:
            home.close()


def of(findings: list[Finding], what: str, level: str = "") -> list[str]:
    """The texts about one subject, or only those of one level."""
    return [f.text for f in findings if f.what.removeprefix("home: ") == what and level in ("", f.level)]


def fails(findings: list[Finding]) -> list[str]:
    return [finding.text for finding in findings if finding.level == "fail"]
