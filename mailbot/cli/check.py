"""mailbot check: each thing that the job needs, ok, warn or fail."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from mailbot.cli import OWNER
from mailbot.cli.log import start_log
from mailbot.cli.options import config_option, home, json_option
from mailbot.cli.words import escaped

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}
WRITE_TEST = "Also store a test draft in Drafts, read it back and move it to Trash."


@click.command("check")
@config_option
@json_option
@click.option("--write-test", is_flag=True, help=WRITE_TEST)
def command(config_path: Path | None, as_json: bool, write_test: bool) -> int:
    """Prove each thing that mailbot needs, and say what to do where one is missing."""
    from mailbot.check import check

    findings = []
    with home(config_path, insist=True, needs_secrets=True) as place:
        start_log("error")
        for finding in check(place, write_test=write_test, tell=_tell):
            findings.append(finding)
            if not as_json:
                level = click.style(f"{finding.level:<4}", fg=COLOURS[finding.level])
                click.echo(f"{level}  {finding.what:<22} {escaped(finding.text)}")
    if as_json:
        click.echo(json.dumps([asdict(f) for f in findings], ensure_ascii=False, indent=2))
    return OWNER if any(f.level == "fail" for f in findings) else 0


def _tell(text: str) -> None:
    """Progress, for somebody who watches."""
    if sys.stderr.isatty():
        click.echo(f"      {text} ...", err=True)
