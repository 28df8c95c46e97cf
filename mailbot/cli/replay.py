"""mailbot replay: an archived prompt asked again, the two replies side by side."""

from __future__ import annotations

import json
import shutil
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mailbot.cli.columns import columns_of, wrapped
from mailbot.cli.options import config_option, json_option, opened
from mailbot.cli.words import escaped

if TYPE_CHECKING:
    from mailbot.config import Model
    from mailbot.model import Reply
    from mailbot.prompt.form import Shape
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

    The prompt goes out as it lies in the archive. Nothing is stored, in Drafts, archive or state, and the call does not
    count for schedule.daily_drafts; a hosted model charges for it like for any other."""
    from mailbot.errors import BadUsage
    from mailbot.prompt import answer as answers

    with opened(config_path) as home:
        job = home.journal.find(id)
        stored = home.store.read(job.names["prompt"]) if job.shape and job.names else None
        if not stored or not job.shape:
            raise BadUsage(f"{job.id} has no prompt in the archive: no model was asked, or it was removed")
        try:
            messages, before = _archived(stored)
        except (ValueError, LookupError, TypeError, AttributeError):
            raise BadUsage(f"{job.names['prompt']} in the archive is no prompt any more: it was changed") from None
        chosen = _chosen(home, model, base_url)
        reply = _ask(home, chosen, messages, job.shape, inside=job.inside)
        new = answers.read(reply.text, job.shape)
        after = {"model": reply.model, "reply": new.reply}
        if as_json:
            tokens = {"tokens_in": reply.prompt_tokens, "tokens_out": reply.completion_tokens}
            document = {"id": job.id, "before": before, "after": {**after, "base_url": chosen.base_url, **tokens}}
            click.echo(json.dumps(document, ensure_ascii=False, indent=2))
            return
        width = shutil.get_terminal_size().columns
        for line in compared(before, after, width):
            click.echo(line)


def _archived(stored: str) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The messages that were sent, and by which model what came of them."""
    prompt = json.loads(stored)
    messages = [{"role": str(each["role"]), "content": str(each["content"])} for each in prompt["messages"]]
    return messages, {"model": str(prompt["model"]), "reply": str((prompt.get("answer") or {}).get("reply", ""))}


def _chosen(home: Home, name: str, base_url: str) -> Model:
    """The config's model with what the owner wants different. Raises BadUsage."""
    from mailbot.config.value import addresses
    from mailbot.config.value import base_url as checked
    from mailbot.errors import BadUsage

    model = home.config.model
    if model is None:
        raise BadUsage("replay: no model is configured; add a [model] table")
    try:
        changes = {"base_url": checked(base_url, addresses)} if base_url else {}
    except ValueError as error:
        raise BadUsage(f"--base-url: {error}") from None
    return model.model_copy(update={**changes, **({"name": name} if name else {})})


def _ask(home: Home, model: Model, messages: list[dict[str, str]], shape: Shape, *, inside: bool) -> Reply:
    from mailbot.model import Endpoint, NeedsPlain

    own = home.config.model is not None and model.host == home.config.model.host
    learnt = set(home.journal.notes(f"learnt:{model.base_url} {model.name}"))
    key = home.secrets.get("model") if own and home.secrets.has("model") else ""
    endpoint = Endpoint(model, lambda: key, lambda: frozenset(learnt), learnt.add)
    try:
        return endpoint.ask(messages, shape, inside=inside)
    except NeedsPlain:  # the same prompt, without the form that this server does not take
        return endpoint.ask(messages, "plain", inside=inside)


def compared(before: dict[str, Any], after: dict[str, Any], width: int) -> list[str]:
    """Both replies, side by side where the terminal is wide enough, else one after the other."""
    if width < SIDE_BY_SIDE:
        return [*_column(before, width), "", *_column(after, width)]
    half = (width - len(BETWEEN)) // 2
    pairs = zip_longest(_column(before, half), _column(after, half), fillvalue="")
    return [f"{left}{' ' * (half - columns_of(left))}{BETWEEN}{right}".rstrip() for left, right in pairs]


def _column(one: dict[str, Any], width: int) -> list[str]:
    lines = [escaped(one["model"]), "-" * min(width, columns_of(one["model"]))]
    for line in str(one["reply"] or "(no answer is kept)").splitlines():
        lines += list(wrapped(escaped(line), width)) or [""]
    return lines
