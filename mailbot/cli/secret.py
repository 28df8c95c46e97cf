"""mailbot secret: the keyring, and signing in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailbot.cli.nudge import nudge
from mailbot.cli.options import config_option, load

if TYPE_CHECKING:
    from mailbot.config import Config
    from mailbot.oauth import SignIn


@click.group("secret")
def command() -> None:
    """Keep or delete a password or key; sign in, or out.

    Passwords and keys go to the keyring. An account with a client_id has a sign-in with a browser instead."""


def _known(config: Config, name: str) -> SignIn | None:
    """The sign-in that stands for this secret; None for one that is typed."""
    from mailbot import secrets, wiring
    from mailbot.errors import BadUsage

    names = secrets.names(config)
    if name not in names:
        raise BadUsage(f"{name!r} is no secret of this config; it has: {', '.join(names)}")
    account = next((a for a in config.accounts if name == f"{a.name}.imap" and a.imap.client_id), None)
    return wiring.sign_in(config, account) if account else None


def _whose(config: Config, name: str) -> list[str]:
    """The keys of the accounts that use it: those which wait for it look at once."""
    return [a.key for a in config.accounts if name in (f"{a.name}.imap", f"{a.name}.smtp", "model")]


@command.command("set")
@config_option
@click.option("--yes", is_flag=True, help="Also where the keyring keeps it in plain text.")
@click.argument("name")
def set_(config_path: Path | None, yes: bool, name: str) -> None:
    """Ask for the secret NAME and keep it, or sign in.

    NAME is the account's name with .imap or .smtp behind it, such as home.imap; or model."""
    from mailbot import secrets
    from mailbot.cli.browser import signed_in
    from mailbot.errors import BadUsage

    config = load(config_path)
    if tokens := _known(config, name):
        signed_in(tokens)
        nudge(_whose(config, name))
        return
    if source := secrets.Secrets(config, os.environ).named(name):
        raise BadUsage(f"{name}: the config has it from {source}: change it there, or run mailbot setup")
    value = click.prompt(f"{name}", hide_input=True)
    secrets.set_secret(name, value, yes=yes)
    nudge(_whose(config, name))
    click.echo(f"{name}: stored.")


@command.command("delete")
@config_option
@click.argument("name")
def delete(config_path: Path | None, name: str) -> None:
    """Delete the secret NAME, or the tokens of a sign-in."""
    from mailbot import secrets
    from mailbot.errors import BadUsage, OwnerMustAct

    config = load(config_path)
    if tokens := _known(config, name):
        tokens.forget()
    else:
        try:
            secrets.delete_secret(name)
        except OwnerMustAct:
            if source := secrets.Secrets(config, os.environ).named(name):
                raise BadUsage(f"{name}: the config has it from {source}: take it away there") from None
            raise
    click.echo(f"{name}: deleted.")
