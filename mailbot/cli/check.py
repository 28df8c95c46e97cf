"""mailbot check: each thing that the job needs, ok, warn or fail."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailbot.cli import OWNER
from mailbot.cli.columns import wrapped
from mailbot.cli.log import start_log
from mailbot.cli.nudge import nudge
from mailbot.cli.options import config_option, json_option, opened
from mailbot.cli.words import escaped

if TYPE_CHECKING:
    from mailbot.check import Finding

MARGIN = 29  # columns before the text of a finding
COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}
WRITE_TEST = "Also store a test draft in Drafts, read it back and move it to Trash."


@click.command("check")
@config_option
@json_option
@click.option("--write-test", is_flag=True, help=WRITE_TEST)
def command(config_path: Path | None, as_json: bool, write_test: bool) -> int:
    """Prove each thing that mailbot needs, and say what to do.

    It only looks at the mailbox, unless --write-test is given. The model is asked for an answer to a sample mail."""
    from mailbot.check import check

    findings = []
    with opened(config_path, insist=True, needs_secrets=True) as home:
        start_log("error")
        for finding in check(home, write_test=write_test, tell=_tell):
            findings.append(finding)
            if not as_json:
                _show(finding)
        nudge(account.key for account in home.config.accounts)  # what is mended is not waited for
    counts = Counter(str(finding.level) for finding in findings)
    if as_json:
        click.echo(json.dumps([asdict(f) for f in findings], ensure_ascii=False, indent=2))
    else:
        click.echo(f"\n{_summary(counts)}")
    return OWNER if counts["fail"] else 0


def _show(finding: Finding) -> None:
    """One finding: a line, or on a terminal as many as its width wants."""
    level = click.style(f"{finding.level:<4}", fg=COLOURS[finding.level])
    text = escaped(finding.text)
    room = shutil.get_terminal_size().columns - MARGIN
    first, *more = wrapped(text, room) if sys.stdout.isatty() and room >= MARGIN else [text]
    click.echo(f"{level}  {finding.what:<{MARGIN - 7}} {first}")
    for line in more:
        click.echo(" " * MARGIN + line)


def _summary(counts: Counter[str]) -> str:
    warned = f"{counts['warn']} to know about (warn)"
    if counts["fail"]:
        return f"{counts['fail']} to mend before mailbot can work (fail){f', {warned}' if counts['warn'] else ''}."
    return f"mailbot can work; {warned}." if counts["warn"] else "mailbot can work, and there is nothing to do."


def _tell(text: str) -> None:
    """Progress, for somebody who watches."""
    if sys.stderr.isatty():
        for line in wrapped(f"{text} ...", shutil.get_terminal_size().columns - MARGIN):
            click.echo(" " * MARGIN + line, err=True)
