"""What the privacy rules mean for the mail that is to be answered. Pure.

Where several rules fit, all of them hold, and "never" leaves nothing to the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.mail.thread import ThreadMail
from mailbot.privacy.filed import NOWHERE, Filed
from mailbot.privacy.rules import fits

if TYPE_CHECKING:
    from mailbot.config import Privacy

NEVER = "Your privacy rule “never” ({}) keeps this mail from every model: answer it in your mail client."
LOCAL = (
    "Your privacy rule “local” ({}) keeps this mail from a model outside of your own network: answer it in your mail "
    "client, or let a model of your own write."
)
ANALYSIS = "Your privacy rule “analysis-only” ({}) lets a model read this mail and write no draft."
INSIDE = "Your privacy rule “local” ({}) applied: only a model in your own network was asked."


@dataclass(frozen=True, slots=True)
class Verdict:
    """``refusal``: why no model may be asked, "" when one may. ``inside``: only one in the owner's own network.
    ``analysis``: why there will be no draft, "" when there will. ``remarks`` are for the page."""

    refusal: str = ""
    inside: bool = False
    analysis: str = ""
    remarks: tuple[str, ...] = ()


def judge(rules: Iterable[Privacy], answered: ThreadMail, filed: Filed = NOWHERE, *, local: bool) -> Verdict:
    """What holds for the mail to be answered. ``local``: the model is in the owner's own network."""
    fitting = {rule.rule: by for rule in rules if (by := fits(rule, answered, filed))}
    if "never" in fitting:
        return Verdict(refusal=NEVER.format(fitting["never"]))
    if "local" in fitting and not local:
        return Verdict(refusal=LOCAL.format(fitting["local"]))
    inside, analysis = fitting.get("local", ""), fitting.get("analysis-only", "")
    return Verdict(
        inside=bool(inside),
        analysis=ANALYSIS.format(analysis) if analysis else "",
        remarks=(INSIDE.format(inside),) if inside else (),
    )
