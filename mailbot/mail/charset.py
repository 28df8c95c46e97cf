"""Bytes to text when the label may lie: the declared charset, UTF-8, what the label usually means, replacement.

Owns the ladder and the list of labels that are mostly wrong. Refuses to know where the bytes came from.
"""

from __future__ import annotations

import codecs
import re

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,39}")
# Python's names of charsets that real mailers put on bytes of a larger one (the WHATWG encoding standard agrees).
_MEANT = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "cp950",
    "iso2022_jp": "iso2022_jp_ext",
}
_ALIASES = {"x-sjis": "cp932", "x-gbk": "gb18030", "iso-8859-8-i": "iso8859-8", "utf8mb4": "utf-8"}
# Python codecs that are no charset of mail: slow on purpose-made input, or not the same on every platform.
_NO_CHARSET = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}


def known(label: str) -> str:
    """Python's name for the charset that ``label`` means, "" for a label that names none."""
    label = label.strip().strip("\"'").lower()
    if not _LABEL.fullmatch(label):
        return ""
    try:
        name = codecs.lookup(_ALIASES.get(label, label)).name
    except LookupError:
        return ""
    if name in _NO_CHARSET or not _is_text(name):
        return ""
    return _MEANT.get(name, name)


def _is_text(name: str) -> bool:
    try:
        b"a".decode(name)
    except LookupError:  # zlib, base64 and other codecs that do not make text
        return False
    except UnicodeError:  # one octet is not enough for UTF-16
        return True
    return True


def decode(raw: bytes, declared: str = "", *, cut: bool = False) -> tuple[str, str]:
    """The text, and what was wrong with it in words ("" when nothing was). ``cut``: the last character may be half of
    one. Never raises."""
    charset = known(declared)
    candidates = [charset] if charset and charset != "ascii" else []
    candidates.append("utf-8")
    if charset in ("", "ascii"):
        candidates.append("cp1252")
    for name in candidates:
        try:
            text = codecs.getincrementaldecoder(name)().decode(raw, final=not cut)
        except (UnicodeError, ValueError):
            continue
        unknown = bool(declared.strip()) and not charset and not raw.isascii()
        return text, "The text names a character set that nobody knows." if unknown else ""
    return raw.decode(candidates[0], "replace"), "Some characters of the text could not be read."
