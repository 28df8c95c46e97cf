"""mailbot secret: the keyring."""

from __future__ import annotations

from pathlib import Path

import click

from mailbot.cli.options import config_option, load


@click.group("secret")
def command() -> None:
    """Store or delete a password or key in the keyring."""


def _known(config_path: Path | None, name: str) -> str:
    from mailbot import secrets
    from mailbot.errors import BadUsage

    names = secrets.names(load(config_path))
    if name not in names:
        raise BadUsage(f"{name!r} is no secret of this config; it has: {', '.join(names)}")
    return name


@command.command("set")
@config_option
@click.option("--yes", is_flag=True, help="Also where the keyring keeps it in plain text.")
@click.argument("name")
def set_(config_path: Path | None, yes: bool, name: str) -> None:
    """Ask for the secret NAME (home.imap, model, ...) and keep it in the keyring."""
    from mailbot import secrets

    _known(config_path, name)
    value = click.prompt(f"{name}", hide_input=True)
    secrets.set_secret(name, value, yes=yes)
    click.echo(f"{name}: stored.")


@command.command("delete")
@config_option
@click.argument("name")
def delete(config_path: Path | None, name: str) -> None:
    """Delete the secret NAME from the keyring."""
    from mailbot import secrets

    secrets.delete_secret(_known(config_path, name))
    click.echo(f"{name}: deleted.")
