"""Whether a domain with letters beyond a to z may be meant to be taken for another one. Pure.

Most such domains are a name in its own script, and a remark on each of them would soon be read by nobody. Remarked is
what Unicode's UTS 39 and the browsers distrust: scripts mixed in one label, letters that no language writes names with,
strokes beside Latin letters, a label that reads as Latin and is not, and one that is a known domain but for its
accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from mailbot.address import freemail
from mailbot.address.compare import organisation
from mailbot.mail.address import u_label
from mailbot.mail.mail import Address

# What a name may be written in. Latin without the letters of phonetics, which are twins of a, g and others.
_SCRIPTS = tuple(
    re.compile(f"[{letters}0-9-]*")
    for letters in (
        "a-z\u00df-\u00f6\u00f8-\u017f\u0219\u021b\u1e00-\u1eff",
        "\u0370-\u03ff\u1f00-\u1fff",
        "\u0400-\u045f\u0490-\u04ff",
        "\u0561-\u0587",
        "\u05d0-\u05ea",
        "\u0620-\u064a\u0660-\u0669\u0670-\u06d3\u06f0-\u06f9",
        "\u0900-\u0dff\u200c\u200d",
        "\u0e01-\u0e4e",
        "\u10d0-\u10fa",
        "a-z\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff",  # Japanese and Chinese names hold Latin ones
        "a-z\uac00-\ud7a3\u4e00-\u9fff",
    )
)
_LATIN = _SCRIPTS[0]
# Strokes of Japanese and Chinese that pass for a slash or a hyphen right beside Latin letters: "bank.comノlog.in".
_STROKE = "[ノソゾンー一二丨丶丿〇]"
_STROKE_IN_LATIN = re.compile(f"[a-z0-9]{_STROKE}|{_STROKE}[a-z0-9]")
# Letters that look like others, each with its twin, as far as NFKD does not take them apart.
_TWINS = "аa вb гr еe һh іi јj кk ӏl мm нh оo рp сc ԁd ѕs тt уy хx ѵv ԛq ԝw ьb пn шw"
_TWINS += " αa βb εe ηn ιi κk νv οo ρp τt υu χx ωw γy σo ıi łl øo đd ðd ħh ŧt ŋn ĸk þp æae œoe ßss"
_PLAIN = {ord(pair[0]): pair[1:] for pair in _TWINS.split()}


def suspects(addresses: Iterable[Address], known: Iterable[str]) -> tuple[Address, ...]:
    """Those whose domain, written with "xn--", deceives. ``known`` are all addresses that the owner sees or has."""
    homes: dict[str, set[str]] = {}
    for home in map(_home, known):
        homes.setdefault(_skeleton(home), set()).add(home)
    return tuple(a for a in addresses if _deceives(a.email, homes))


def _deceives(email: str, homes: Mapping[str, set[str]]) -> bool:
    labels = u_label(email.rpartition("@")[2]).split(".")
    home = _home(email)
    skeleton = _skeleton(home)
    others = homes.get(skeleton, set()) - {home}
    if others or (skeleton != home and freemail.is_one(skeleton)):
        return True
    return not all(_is_ordinary(label, labels[-1]) for label in labels)


def _is_ordinary(label: str, last: str) -> bool:
    """Of one script, and not Latin to look at while it is none; below its own script it may look as it likes."""
    if not any(script.fullmatch(label) for script in _SCRIPTS) or _STROKE_IN_LATIN.search(label):
        return False
    return label.isascii() or bool(_LATIN.fullmatch(label)) or not last.isascii() or not _plain(label).isascii()


def _home(email: str) -> str:
    return organisation(email).rpartition("@")[2]


def _skeleton(domain: str) -> str:
    """What is left of a domain for a hasty reader (UTS 39, 4)."""
    if "xn--" not in domain:
        return domain
    return _plain(u_label(domain))


def _plain(label: str) -> str:
    apart = unicodedata.normalize("NFKD", label)
    return "".join(char for char in apart if not unicodedata.combining(char)).translate(_PLAIN)
