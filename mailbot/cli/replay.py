"""mailbot replay: an archived prompt asked again, the two replies side by side."""

from __future__ import annotations

import json
import shutil
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mailbot.cli.columns import columns_of, fitted, wrapped
from mailbot.cli.options import account_of, config_option, json_option, opened
from mailbot.cli.words import escaped

if TYPE_CHECKING:
    from mailbot.config import Model
    from mailbot.model import Endpoint
    from mailbot.wiring import Home

SIDE_BY_SIDE = 100  # columns of a terminal that is wide enough for two texts
BETWEEN = " │ "


@click.command("replay")
@config_option
@json_option
@click.option("--model", default="", metavar="NAME", help="Another model than that of the config.")
@click.option("--base-url", default="", metavar="URL", help="Another server; the key of the config stays with its own.")
@click.argument("id")
def command(config_path: Path | None, as_json: bool, model: str, base_url: str, id: str) -> None:
    """Ask an archived prompt again, and compare the replies.

    The prompt goes out as it lies in the archive, unless a privacy rule keeps a part of it from the model by now.
    Nothing is stored, in Drafts, archive or state, and the call does not count for schedule.daily_drafts; a hosted
    model charges for it like for any other."""
    from mailbot.bot import replay
    from mailbot.prompt.guard import gaps

    with opened(config_path) as home:
        job = home.journal.find(id)
        world = home.world(account_of(home, job))
        prompt = replay.archived(world, job)
        chosen = _chosen(home, model, base_url)
        found = replay.ask(world, job, prompt, _endpoint(home, chosen), local=chosen.is_local)
        before = {"model": prompt.model, "reply": prompt.reply}
        after = {"model": found.reply.model, "reply": found.answer.reply}
        if as_json:
            tokens = {"tokens_in": found.reply.prompt_tokens, "tokens_out": found.reply.completion_tokens}
            more = {"base_url": chosen.base_url, **tokens}
            said = {"gaps": list(gaps(found.answer.reply)), "remarks": list(found.remarks)}
            document = {"id": job.id, "before": before, "after": {**after, **more, **said}}
            click.echo(json.dumps(document, ensure_ascii=False, indent=2))
            return
        width = shutil.get_terminal_size().columns
        for line in [*compared(before, after, width), *_remarks(found.remarks, width)]:
            click.echo(line)


def _chosen(home: Home, name: str, base_url: str) -> Model:
    """The config's model with what the owner wants different. Raises BadUsage."""
    from mailbot.errors import BadUsage

    if home.config.model is None:
        raise BadUsage("replay: no model is configured; add a [model] table")
    try:
        return home.config.model.instead(name=name, base_url=base_url)
    except ValueError as error:
        raise BadUsage(f"--base-url: {error}") from None


def _endpoint(home: Home, model: Model) -> Endpoint:
    """It gets the key of the config only where it is the server of the config, and what it learns is forgotten."""
    from mailbot.model import Endpoint, Learnt
    from mailbot.model.learnt import scope

    own = home.config.model is not None and model.host == home.config.model.host
    learnt = home.journal.facts.all(scope(model))
    key = home.secrets.get("model") if own and home.secrets.has("model") else ""
    return Endpoint(model, lambda: key, Learnt(lambda: learnt, learnt.__setitem__))


def _remarks(remarks: tuple[str, ...], width: int) -> list[str]:
    """What the page would say of the new reply."""
    lines = [line for remark in remarks for line in wrapped(f"- {escaped(remark)}", width)]
    return ["", "Of the new reply:", *lines] if lines else []


def compared(before: dict[str, Any], after: dict[str, Any], width: int) -> list[str]:
    """Both replies, side by side where the terminal is wide enough, else one after the other."""
    if width < SIDE_BY_SIDE:
        return [*_column("before", before, width), "", *_column("now", after, width)]
    half = (width - len(BETWEEN)) // 2
    pairs = zip_longest(_column("before", before, half), _column("now", after, half), fillvalue="")
    return [f"{left}{' ' * (half - columns_of(left))}{BETWEEN}{right}".rstrip() for left, right in pairs]


def _column(when: str, one: dict[str, Any], width: int) -> list[str]:
    heading = fitted(f"{when}: {escaped(one['model'])}", width)
    lines = [heading, "-" * columns_of(heading)]
    for line in str(one["reply"] or "(no answer is kept)").splitlines():
        lines += list(wrapped(escaped(line), width)) or [""]
    return lines
