"""The page of a draft: what it says, and how mailbot changes it later without touching what the owner wrote. Pure.

    front matter -> heading -> key points -> draft -> summary -> [remarks] -> closing line

Owns the layout. Refuses to know the disk (``store``), where it goes (``name``) and what is active where (``escape``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from mailbot.archive import escape, frontmatter
from mailbot.archive.frontmatter import Word

WITHOUT_DRAFT = frozenset({"skipped", "failed"})
CLOSING = "*This draft was auto-generated. Edit and send via your email client.*"
CLOSING_WITHOUT_DRAFT = "*No draft was stored. Answer this mail in your email client.*"
RULE = "---"
REMARKS = "## Remarks"
_STATUS = re.compile(r"^status:[^\r\n]*", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page shows. Texts are as they came; ``render`` makes them inactive.

    ``created``      aware, in the owner's zone
    ``from_, to, cc`` as shown (``source.shown``); ``subject``: of the draft
    ``correspondent`` whom the heading names
    ``source_file, prompt_file`` relative to the archive; "" when there is none
    ``ai_temperature`` what was sent to the model; None when nothing was
    ``message_id``   of the mail; ``draft_message_id``: of the draft, "" when there is none
    """

    status: str
    created: datetime
    urgency: str
    to: str
    cc: str
    from_: str
    subject: str
    correspondent: str
    title: str
    key_points: tuple[str, ...]
    reply: str
    summary: str
    remarks: tuple[str, ...]
    source_file: str
    prompt_file: str
    ai_model: str
    ai_temperature: float | None
    account: str
    message_id: str
    draft_message_id: str
    generation: int


def render(page: Page) -> str:
    """The whole file. A page without a draft (skipped, failed) shows only the sections that have something to say."""
    without_draft = page.status in WITHOUT_DRAFT
    sections = (
        ("## Key Points to Address", _points(page.key_points)),
        ("## Draft Response", escape.block(page.reply)),
        ("## Original Summary", escape.block(page.summary)),
    )
    parts = [_head(page, "No draft for" if without_draft else "Draft Reply to")]
    parts += [f"{heading}\n\n{body}".rstrip() for heading, body in sections if body or not without_draft]
    if page.remarks:
        parts.append(f"{REMARKS}\n\n{_list(page.remarks)}")
    parts.append(CLOSING_WITHOUT_DRAFT if without_draft else CLOSING)
    return _front_matter(page) + "\n" + f"\n\n{RULE}\n\n".join(parts) + "\n"


def _front_matter(page: Page) -> str:
    return frontmatter.render(
        (
            ("type", Word("draft-reply")),
            ("status", Word(page.status)),
            ("created", page.created.isoformat(timespec="seconds")),
            ("urgency", page.urgency),
            ("to", page.to),
            ("subject", page.subject),
            ("source_file", page.source_file),
            ("ai_model", page.ai_model),
            ("ai_temperature", page.ai_temperature),
            ("prompt_file", page.prompt_file),
            ("account", page.account),
            ("from", page.from_),
            ("cc", page.cc),
            ("message_id", page.message_id),
            ("draft_message_id", page.draft_message_id),
            ("generation", page.generation),
        )
    )


def _head(page: Page, words: str) -> str:
    title = escape.line(page.title) or escape.line(page.subject) or "(no subject)"
    whom = escape.line(page.correspondent) or "an unknown sender"
    return f"# {words} {whom}\n\n**Regarding**: {title}\n**Urgency**: {escape.line(page.urgency)}"


def _points(points: tuple[str, ...]) -> str:
    """One point is a paragraph, several are a list."""
    return escape.item(points[0]) if len(points) == 1 else _list(points)


def _list(lines: tuple[str, ...]) -> str:
    return "\n".join(f"- {escape.item(line)}" for line in lines)


def update(text: str, *, status: str | None = None, remarks: tuple[str, ...] | None = None) -> str:
    """The page with another status, other remarks, or both; every other byte stays, line ends too. ``remarks`` ()
    takes the section away. A page whose front matter cannot be read comes back unchanged."""
    parts = _own(text)
    if parts is None:
        return text
    block, body = parts
    if status is not None:
        block = _with_status(block, status)
    if remarks is not None:
        body = _with_remarks(body, remarks, "\r\n" if block.endswith("\r\n") else "\n")
    return block + body


def fingerprint(text: str) -> str:
    """A fingerprint of the part of a page that mailbot does not change: another one means that the owner wrote in
    it."""
    return sha256((rest(text) or "").encode(errors="surrogateescape")).hexdigest()


def rest(text: str) -> str | None:
    """The page without what mailbot may change: equal before and after means that the owner left it alone. None for
    a page whose front matter cannot be read."""
    parts = _own(text)
    if parts is None:
        return None
    block, body = parts
    return _with_status(block, "any") + _with_remarks(body, (), "\r\n" if block.endswith("\r\n") else "\n")


def _own(text: str) -> tuple[str, str] | None:
    """Front matter and body of a page of ours, else None."""
    keys = frontmatter.load(text)
    if keys is None or keys.get("type") != "draft-reply" or "status" not in keys:
        return None
    return frontmatter.split(text)


def _with_status(block: str, status: str) -> str:
    """The front matter with another status; unchanged when somebody rewrote it so that more than that would change."""
    changed = _STATUS.sub(f"status: {status}", block, count=1)
    before, after = frontmatter.load(block), frontmatter.load(changed)
    return changed if before and after == {**before, "status": status} else block


def _with_remarks(body: str, remarks: tuple[str, ...], end: str) -> str:
    """The body with another last section. It stands between two rules, the second before the closing line."""
    rule = f"\n{RULE}\n\n".replace("\n", end)
    closing = max(body.rfind(f"{rule}{words}") for words in (CLOSING, CLOSING_WITHOUT_DRAFT))
    if closing < 0:  # the closing line is gone: the owner rewrote the page
        return body
    start = body.rfind(f"{rule}{REMARKS}{end}", 0, closing)
    if start < 0 or body.find(rule, start + len(rule)) != closing:  # none, or not the last section
        start = closing
    section = f"\n{RULE}\n\n{REMARKS}\n\n{_list(remarks)}\n".replace("\n", end) if remarks else ""
    return body[:start] + section + body[closing:]
