"""Bytes to text when the label may lie: the declared charset, UTF-8, what is usually mislabelled, replacement.

Owns the ladder, the list of labels that mostly lie, and the guess where no label helps: Windows-1252, Japanese and
Chinese in their codes, Korean, Cyrillic in two. Refuses to know where the bytes came from.
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
    "big5": "big5hkscs",
    "iso2022_jp": "iso2022_jp_ext",
}
_ALIASES = {
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "eucjp-ms": "euc_jp",
    "iso-8859-8-i": "iso8859-8",
    "windows-874": "cp874",
    "x-mac-roman": "mac_roman",
    "cp-850": "cp850",
    "utf8mb3": "utf-8",
    "utf8mb4": "utf-8",
}
_WESTERN = ("cp1252", "cp1254", "iso8859-15")
_HIGH = re.compile(rb"[\x80-\xff]+")
_KANA = re.compile("[\u3040-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_HAN = re.compile("[\u3000-\u303f\u3400-\u9fff\uff01-\uff5e]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_JIS = "iso2022_jp_ext"
_WORD = 3  # octets: in Western text letters beyond ASCII stand alone, elsewhere whole words are
_ENOUGH = 6  # letters; a shorter Chinese word can look Korean
_UNKNOWN = "The text names a character set that nobody knows."
_GUESSED = "The text is not in the character set that it names; another was guessed."
_UNREADABLE = "Some characters of the text could not be read."
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
    unnamed = charset in ("", "ascii")
    fault = _UNKNOWN if declared.strip() and not charset else ""
    if raw.isascii() and b"\x1b" not in raw and (unnamed or charset in ("utf-8", *_WESTERN)):
        return raw.decode("ascii"), ""
    for name in _ladder(raw, charset):
        text = _strict(raw, name, cut)
        if text is not None:
            return text, fault if unnamed or name in (charset, "utf-8") else _GUESSED
    if _is_jis(raw) and charset in ("", "ascii", "utf-8", _JIS):
        text, fault = _jis(raw), fault if unnamed or charset == _JIS else _GUESSED
    elif not unnamed and _is_mostly(damaged := raw.decode(charset, "replace")):
        text = damaged
    else:
        text, fault = _guess(raw), fault if unnamed else _GUESSED
    return text, _UNREADABLE if "\ufffd" in text else fault


def _ladder(raw: bytes, charset: str) -> list[str]:
    """The charsets to try in turn. Every octet is a Western letter, so that label proves nothing against UTF-8; and
    the escapes of ISO-2022-JP are ASCII, so that UTF-8 proves nothing against them."""
    if _is_jis(raw) and charset in ("", "ascii", "utf-8", _JIS):
        return [_JIS]
    if charset in _WESTERN:
        return ["utf-8", charset]
    return ["utf-8"] if charset in ("", "ascii") else [charset, "utf-8"]


def _strict(raw: bytes, charset: str, cut: bool = False) -> str | None:
    try:
        return codecs.getincrementaldecoder(charset)().decode(raw, final=not cut)
    except (UnicodeError, ValueError):
        return None


def _is_mostly(text: str) -> bool:
    """Whether a text with replacements is right but for some damage."""
    return 2 * text.count("\ufffd") < len(_NOT_ASCII.findall(text))


def _is_jis(raw: bytes) -> bool:
    """Whether this is ISO-2022-JP by its own escapes (RFC 1468), whatever the label says."""
    return (b"\x1b$B" in raw or b"\x1b$@" in raw) and raw.isascii()


def _guess(raw: bytes) -> str:
    """Octets beyond ASCII that are no UTF-8: by the length of their runs, and by which reading gives real letters."""
    japanese = _strict(raw, "cp932")
    if japanese and _share(_KANA, japanese) > 0.25:
        return japanese
    runs = _HIGH.findall(raw)
    if 2 * sum(len(run) >= _WORD for run in runs) < len(runs):
        return raw.decode("cp1252", "replace")
    korean, chinese, taiwanese = (_strict(raw, name) for name in ("cp949", "gb18030", "big5hkscs"))
    if korean and len(_HANGUL.findall(korean)) >= _ENOUGH and _share(_HANGUL, korean) > 0.9:
        return korean
    if chinese and _share(_KANA, chinese) > 0.12:
        return raw.decode("euc_jp", "replace")  # GB 18030 has the kana at the same places
    for text in (chinese, taiwanese):
        if text and _share(_HAN, text) == 1:
            return text
    high = b"".join(runs)
    is_koi8 = sum(0xC0 <= octet <= 0xDF for octet in high) > sum(octet >= 0xE0 for octet in high)
    return raw.decode("koi8_r" if is_koi8 else "cp1251", "replace")


def _share(letters: re.Pattern[str], text: str) -> float:
    """How much of what is not ASCII are such letters, from 0 to 1."""
    beyond = len(_NOT_ASCII.findall(text))
    return len(letters.findall(text)) / beyond if beyond else 0.0


def _jis(raw: bytes) -> str:
    """ISO-2022-JP with the rows that NEC added, such as circled digits: Windows sends them, Python's codec stops."""
    first, *segments = raw.split(b"\x1b")
    pieces = [first.decode("ascii", "replace")]
    for segment in segments:
        content = segment[2:]
        if segment[:2] in (b"$B", b"$@"):
            pieces.append(b"".join(map(_shifted, content[::2], content[1::2])).decode("cp932", "replace"))
        else:
            pieces.append(content.decode("ascii", "replace"))
    return "".join(pieces)


def _shifted(row: int, cell: int) -> bytes:
    """One character of JIS X 0208 in Shift JIS."""
    lead = (row - 0x21 >> 1) + 0x81
    trail = cell + (0x1F + (cell >= 0x60) if row & 1 else 0x7E)
    if not (0x21 <= row <= 0x7E and 0x21 <= cell <= 0x7E):
        return b"?"
    return bytes((lead + 0x40 * (lead > 0x9F), trail))
