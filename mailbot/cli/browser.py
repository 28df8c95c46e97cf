"""A sign-in with the browser, on this machine or any other: what is shown while mailbot waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mailbot.cli.words import escaped

if TYPE_CHECKING:
    from mailbot.oauth import SignIn


def signed_in(tokens: SignIn) -> None:
    """Shows page and code, and waits until they were used. Raises OwnerMustAct (kind "sign-in") and Later."""
    code = tokens.begin()
    click.echo("To sign in, open this page in a browser, on any device, and enter the code:\n")
    click.echo(escaped(f"    {code.page}    {code.user_code}\n"))
    click.echo(
        escaped(f"Sign in there as {tokens.user}. The code is good for {code.life / 60:.0f} minutes; waiting ...")
    )
    tokens.finish(code)
    click.echo(escaped(f"Signed in. The tokens are in {tokens.path}, which only you can read (mode 0600)."))
