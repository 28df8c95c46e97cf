"""The message ids in a header field (RFC 5322, 3.6.4). Linear."""

from __future__ import annotations

from mailbot.mail import characters
from mailbot.mail.decoded import raw_text

MAX_ID = 998  # octets of a line, RFC 5322 2.1.1


def all_of(value: bytes) -> tuple[str, ...]:
    """The message ids of a field, each in brackets and without blanks. Only where no id has brackets a bare ``a@b``
    counts: old In-Reply-To fields hold a sentence with an address, and then the id. Comments hold no ids."""
    source = _uncommented(characters.line(raw_text(value)))
    found: list[str] = []
    start = source.find("<")
    while start >= 0:
        after = source.find("<", start + 1)
        close = source.find(">", start, after if after >= 0 else len(source))
        content = "".join(source[start + 1 : close].split()) if close >= 0 else ""
        if content:
            found.append(f"<{content}>")
        start = after
    if not found:
        found = [f"<{word.strip('<>,;')}>" for word in source.split() if "@" in word.strip("<>,;@")]
    return tuple(dict.fromkeys(found_id for found_id in found if len(found_id.encode()) <= MAX_ID))


def own(value: bytes) -> str:
    """The one id of a Message-ID field; "" when there is none. Without brackets all of the field is the id."""
    source = _uncommented(characters.line(raw_text(value)))
    bare = "".join(source.split()).strip("<>")
    if "<" in source.strip().strip("<>") or len(bare.encode()) > MAX_ID - 2:
        return "".join(all_of(value)[:1])
    return f"<{bare}>" if bare else ""


def _uncommented(source: str) -> str:
    """Comments outside brackets become a blank; one that never closes is no comment."""
    if "(" not in source:
        return source
    kept: list[str] = []
    depth, opened, inside = 0, 0, False
    for char in source:
        if not depth and char in "<>":
            inside = char == "<"
        if char == "(" and not inside:
            opened = opened if depth else len(kept)
            depth += 1
        kept.append(char)
        if char == ")" and depth:
            depth -= 1
            if not depth:
                kept[opened:] = [" "]
    return "".join(kept)
