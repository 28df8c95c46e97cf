"""The other two files of a draft: the mail that is answered, as markdown, and the prompt, as JSON. Pure.

Owns their layout. Refuses to know the page (``page``) and where the files go (``name``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mailbot.archive import escape, frontmatter
from mailbot.archive.frontmatter import Word
from mailbot.archive.name import local_date
from mailbot.mail.mail import Address, Attachment, Mail

_QUOTED = frozenset(',;:<>"()@[]\\')  # RFC 5322 section 3.2.3: a name with one of these is a quoted string


def shown(addresses: Iterable[Address]) -> str:
    """Addresses as a person reads them: ``Mara Lindqvist <mara@northwind.example>, bob@example.org``."""
    return ", ".join(f"{_name(a.name)} <{a.email}>" if a.name else a.email for a in addresses)


def _name(name: str) -> str:
    if not _QUOTED & set(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def size(octets: int) -> str:
    """A size for people, in powers of 1000."""
    if octets < 1000:
        return f"{octets} B"
    return f"{round(octets / 1000)} kB" if octets < 999_500 else f"{octets / 1_000_000:.1f} MB"


def _attachment(attachment: Attachment) -> str:
    return f"{attachment.name or attachment.type} ({size(attachment.size)})"


def render_source(mail: Mail, folder: str, zone: ZoneInfo) -> str:
    """The mail as a page. ``folder``: where it was flagged; ``zone``: the owner's."""
    date = local_date(mail, zone)
    head = frontmatter.render(
        (
            ("type", Word("email")),
            ("message_id", mail.message_id),
            ("date", date.isoformat(timespec="seconds") if date else ""),
            ("from", shown(mail.from_)),
            ("to", shown(mail.to)),
            ("cc", shown(mail.cc)),
            ("subject", mail.subject),
            ("folder", folder),
            ("attachments", tuple(map(_attachment, mail.attachments))),
        )
    )
    heading = escape.line(mail.subject) or "(no subject)"
    body = escape.block(mail.text)
    return f"{head}\n# {heading}\n" + (f"\n{body}\n" if body else "")


def prompt_json(
    *,
    created: datetime,
    model: str,
    temperature: float | None,
    base_url: str,
    source_file: str,
    draft_path: str,
    messages: Sequence[Mapping[str, str]],
    answer: Mapping[str, Any] | None = None,
    usage: Mapping[str, int] | None = None,
) -> str:
    """The prompt as it leaves the house. Written before the call without ``answer`` and ``usage``, then with them.
    ASCII only, so that no viewer can be led astray by a character. ``created`` is aware."""
    content: dict[str, Any] = {
        "created": created.isoformat(timespec="seconds"),
        "operation": "draft_reply",
        "model": model,
        "temperature": temperature,
        "base_url": base_url,
        "source_file": source_file,
        "draft_path": draft_path,
        "messages": [dict(message) for message in messages],
    }
    if answer is not None:
        content["answer"] = dict(answer)
    if usage is not None:
        content["usage"] = dict(usage)
    return json.dumps(content, ensure_ascii=True, indent=2) + "\n"


def completed_prompt(
    text: str, answer: Mapping[str, Any], usage: Mapping[str, int | None], temperature: float | None
) -> str:
    """The JSON of a prompt with what came back; ``temperature`` as it was really sent, after a model refused one."""
    content = {**json.loads(text), "temperature": temperature, "answer": dict(answer), "usage": dict(usage)}
    return json.dumps(content, ensure_ascii=True, indent=2) + "\n"
