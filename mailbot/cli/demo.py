"""mailbot demo: the real job end to end, without an account."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailbot.cli import FAILED
from mailbot.cli.columns import wrapped
from mailbot.cli.log import start_log
from mailbot.cli.words import escaped

if TYPE_CHECKING:
    from mailbot.demo.play import Scene

WIDTH = 100  # columns at most


@click.command("demo")
@click.option(
    "--folder", type=click.Path(path_type=Path), metavar="DIR", help="Where the archive is left (else a new folder)."
)
def command(folder: Path | None) -> int:
    """Show the whole job without an account.

    A mailbox with sample mails starts on this machine, one mail is flagged, and its draft and page are shown. A model
    writes where OPENAI_API_KEY, or OPENAI_BASE_URL and MAILBOT_MODEL, are set; else outlines are drafted."""
    from mailbot.demo import play

    start_log("error")
    folder = folder or Path(tempfile.mkdtemp(prefix="mailbot-demo-"))
    writer = play.writer(os.environ)
    for line in wrapped(f"A mailbox with sample mails starts on this machine. {writer.told}", _width()):
        click.echo(line)
    scene = play.play(folder.absolute(), writer, os.environ, lambda line: click.echo(f"  {line}"))
    if scene.draft is None:
        click.echo(escaped(f"No draft: {scene.trouble}"), err=True)
        return FAILED
    _show(scene)
    return 0


def _show(scene: Scene) -> None:
    _titled("The mail that was flagged", scene.mail)
    _titled("The draft that waits in Drafts", scene.draft or "")
    _titled(f"Its page in the archive ({scene.page_path.name})", scene.page)
    click.echo(f"{scene.seconds:.1f} s from the flag to the draft. Everything is left in {scene.folder}:")
    click.echo(f"  the page    {scene.page_path}")
    if scene.prompt_path:
        click.echo(f"  the prompt  {scene.prompt_path}")
    click.echo(f"  the source  {scene.source_path}")
    click.echo("For your own mailbox: mailbot setup")


def _width() -> int:
    return min(WIDTH, shutil.get_terminal_size((WIDTH, 0)).columns)


def _titled(title: str, text: str) -> None:
    click.echo()
    click.echo(click.style(f"── {title} ".ljust(_width(), "─"), bold=True))
    for line in text.rstrip().splitlines():
        shown = escaped(line)
        if line.startswith(">"):
            shown = click.style(shown, dim=True)
        elif "[[fill:" in line or "\\[\\[fill:" in line:
            shown = click.style(shown, fg="yellow")
        click.echo(shown)
    click.echo()
