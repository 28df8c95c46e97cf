"""The owner, the model, and where their secrets are kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from mailbot import secrets
from mailbot.cli.say import say
from mailbot.cli.setup.talk import Talk, absolute, agreed, ask, host_zone, some
from mailbot.config import value as values
from mailbot.errors import OwnerMustAct
from mailbot.setup import disk, toml, web

OPENAI, OPENAI_MODEL = "https://api.openai.com/v1", "gpt-5.2"


def owner(talk: Talk, text: str) -> dict[str, str]:
    """Name, the line about the owner, and the zone where the host has none; an existing config's are the defaults."""
    old = toml.table(text, "owner")
    name = talk.value("owner_name", "Your name, as it stands in From", old.get("name", ""))
    while not name:
        name = ask("It must not be empty. Your name")
    question = "A line about you: who writes, and how (empty: none)"
    answers = {"name": name, "about": talk.value("about", question, old.get("about", ""))}
    zone = _zone(talk, old.get("timezone", ""))
    return {**answers, "timezone": zone} if zone else answers


def _zone(talk: Talk, old: str) -> str:
    """Asked for only where the host says UTC, which most who live elsewhere never meant."""
    if talk.given["timezone"] or old or not talk.asks or host_zone() != "UTC":
        return str(talk.given["timezone"] or old)
    while True:
        answer = ask("Your time zone, such as Europe/Berlin (empty: UTC, as this host has it)")
        try:
            return values.timezone(answer)
        except ValueError as error:
            say(f"  It {error}")


def model(talk: Talk, text: str, ports: tuple[int, ...]) -> tuple[dict[str, str] | None, str]:
    """The ``[model]`` table, None: it stays as it is; and a key that was typed, which is not kept yet."""
    given, old = talk.given, toml.table(text, "model")
    if given["model"]:
        url = given["model_url"] or old.get("base_url", OPENAI)
        return _table(old, url, given["model"], absolute(given["model_key_file"])), ""
    if not talk.asks:
        return None, ""
    name = old.get("name", "")
    local = web.local_models(ports)
    say("\nWho writes the drafts?")
    choices: list[tuple[str, str, tuple[str, ...]]] = [
        (f"as it is: {name}" if name else "nobody: outlines, and nothing leaves the house", "", ()),
        ("OpenAI: your mails' text, subjects, names and addresses go there", OPENAI, (OPENAI_MODEL,)),
        *((f"this machine, {url}: {some(names)}", url, names) for url, names in local.items()),
        ("another server", "?", ()),
    ]
    for number, (words, _, _) in enumerate(choices, 1):
        say(f"  {number}  {words}")
    number = click.prompt("Number", type=click.IntRange(1, len(choices)), default=1)
    _, url, names = choices[number - 1]
    return _asked(old, url, names) if url else (None, "")


def _asked(old: Mapping[str, str], url: str, names: tuple[str, ...]) -> tuple[dict[str, str], str]:
    local = url.startswith("http://127.")
    if url == "?":
        url = ask("Its base URL, which mostly ends in /v1")
    name = ask("The model's name", next(iter(names), ""))
    key = "" if local else ask("Its API key (empty: none, or it is in the environment)", hide=True)
    return _table(old, url, name, ""), key


def _table(old: Mapping[str, str], url: str, name: str, key_file: str) -> dict[str, str]:
    """Without a new key the old one stays with its server, and goes to no other."""
    if not key_file and url == old.get("base_url", OPENAI):
        return {"base_url": url, "name": name}
    return {"base_url": url, "name": name, "api_key_file": key_file, "api_key_command": ""}


def keep(talk: Talk, path: Path, name: str, value: str) -> str:
    """Keeps a secret in the keyring, else in a private file beside the config. Returns what the config has to name:
    the file, "" for the keyring."""
    try:
        secrets.set_secret(name, value, yes=False)
    except OwnerMustAct:
        plain = secrets.plaintext_backend()
        question = f"The keyring {plain} keeps secrets in plain text. Use it all the same?"
        if not (plain and talk.asks and agreed(question)):
            file = path.parent / f"{name}.secret"
            disk.keep_secret(file, value)
            why = "The keyring here would keep it in plain text as well" if plain else "No keyring works on this host"
            say(f"{why}: the secret {name} is in {file}, which only you can read (mode 0600).")
            return file.name
        secrets.set_secret(name, value, yes=True)
    say(f"The secret {name} is in the keyring.")
    return ""
