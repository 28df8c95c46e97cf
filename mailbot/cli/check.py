"""mailbot check: each thing that the job needs, ok, warn or fail."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from mailbot.cli import OWNER
from mailbot.cli.log import start_log
from mailbot.cli.options import config_option, home, json_option
from mailbot.cli.words import escaped

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command("check")
@config_option
@json_option
def command(config_path: Path | None, as_json: bool) -> int:
    """Prove each thing that mailbot needs, and say what to do where one is missing."""
    from mailbot.check import check

    findings = []
    with home(config_path, insist=True, needs_secrets=True) as place:
        start_log("error")
        for finding in check(place):
            findings.append(finding)
            if not as_json:
                level = click.style(f"{finding.level:<4}", fg=COLOURS[finding.level])
                click.echo(f"{level}  {finding.what:<22} {escaped(finding.text)}")
    if as_json:
        click.echo(json.dumps([asdict(f) for f in findings], ensure_ascii=False, indent=2))
    return OWNER if any(f.level == "fail" for f in findings) else 0
