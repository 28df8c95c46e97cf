"""The prompt's templates: whether each of them says something, with every value there and with none."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mailbot.check.finding import Finding
from mailbot.errors import OwnerMustAct
from mailbot.mail.mail import Address
from mailbot.mail.parse import parse
from mailbot.prompt.build import Prompt, build
from mailbot.prompt.context import NOTHING, Context, Note, Sample
from mailbot.prompt.form import Shape
from mailbot.prompt.wanted import Wanted
from mailbot.reply.identity import Voice
from mailbot.templates import FOLDER

if TYPE_CHECKING:
    from mailbot.wiring import Home

SAMPLE = """\
From: Mara Lindqvist <mara@northwind.example>
To: you@example.org
Subject: A sample mail from mailbot check
Message-ID: <sample@northwind.example>
Date: Mon, 5 Jan 2026 08:00:00 +0100
Content-Type: text/plain; charset=utf-8

Hello, which colour do you like best?
"""
EVERYTHING = Context(
    card=("Greets with “Hi”",),
    samples=(Sample("s1", None, "Hi Mara, blue."), Sample("s2", datetime(2026, 1, 5), "Hi Mara, red.")),
    notes=(Note("n1", "Colours", "Blue is out of stock."),),
    instructions=("Never name a price.",),
)
COPIES = (Address("Bo", "bo@northwind.example"),)


def prompt(home: Home, context_tokens: int) -> Finding:
    folder = home.config.prompt.folder
    try:
        own = [t.file for t in home.templates().values() if Path(t.file).parent != FOLDER]
        sample(home, SAMPLE, context_tokens, "schema", EVERYTHING, COPIES, "Answer in one sentence.")
        for analysis in (False, True):
            sample(home, SAMPLE, context_tokens, "schema", analysis=analysis)
    except OwnerMustAct as error:
        return Finding("fail", "prompt", str(error))
    if own:
        return Finding("ok", "prompt", f"written with {', '.join(own)}")
    text = f"nothing in {folder}: mailbot's own templates are used" if folder else "mailbot's own templates"
    return Finding("warn" if folder else "ok", "prompt", f"{text}, from {FOLDER}")


def sample(
    home: Home,
    text: str,
    context_tokens: int,
    shape: Shape,
    context: Context = NOTHING,
    cc: tuple[Address, ...] = (),
    wish: str = "",
    *,
    analysis: bool = False,
) -> Prompt:
    """The prompt for a mail of ours, made as for any other. Raises OwnerMustAct."""
    owner, address, mail = home.config.owner, home.config.accounts[0].address, parse(text.encode())
    return build(
        Wanted(mail=mail, fresh=mail.text, to=mail.from_, cc=cc, wish=wish),
        voice=Voice(address=address, name=owner.name, signature="", about=owner.about, language=owner.language),
        addresses=(address,),
        now=datetime.now(home.config.zone),
        nonce="sample",
        context_tokens=context_tokens,
        shape=shape,
        templates=home.templates(),
        context=context,
        analysis=analysis,
    )
