"""The attacks: those of mails.toml, and those of a folder (.eml; .txt; .json and .jsonl, each text in them a mail)."""

from __future__ import annotations

import base64
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worlds import question

MAILS = Path(__file__).parent / "mails.toml"
MARA, BO = "mara@northwind.example", "bo@northwind.example"
CORPUS = 0  # the row of a mail that somebody else made
LONGEST = 20_000  # characters of a text of a corpus
SHORTEST = 20  # of one that may be an attack: all else in a JSON file is a name or a number
EDGE = b"edge-5666"


@dataclass(frozen=True)
class Attack:
    """``to`` and ``cc`` must get the reply; None where only the headers of ``raw`` say who may."""

    row: int
    raw: bytes
    text: str
    to: tuple[str, ...] | None = (MARA,)
    cc: tuple[str, ...] | None = (BO,)
    before: tuple[tuple[str, bytes], ...] = ()
    page: tuple[str, ...] = ()
    poison: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"row {self.row}: {self.text[:40]!r}"


def own() -> list[Attack]:
    return [_own(mail) for mail in tomllib.loads(MAILS.read_text(encoding="utf-8"))["mail"]]


def _own(mail: dict[str, Any]) -> Attack:
    piece, times = mail.get("bomb", ("", 0))
    text = (mail.get("html") or mail["text"]).replace("{bomb}", piece * times)
    headers = {name: value.replace("{bomb}", piece * times) for name, value in mail.get("headers", {}).items()}
    before = [
        (each["folder"], _raw(n, each["headers"], each["text"])) for n, each in enumerate(mail.get("before", ()), 30)
    ]
    return Attack(
        row=mail["row"],
        raw=_raw(1, headers, text, html="html" in mail, files=mail.get("files", ())),
        text=text,
        to=tuple(mail.get("to", (MARA,))),
        cc=tuple(mail.get("cc", (BO,) if mail.get("to") != [] else ())),
        before=tuple(before),
        page=tuple(mail.get("page", ())),
        poison=tuple(mail.get("poison", ())),
    )


def _raw(number: int, headers: dict[str, str], text: str, *, html: bool = False, files: Any = ()) -> bytes:
    """The ordinary mail with other headers and another body."""
    head = question(number, **headers).partition(b"\n\nHi Ada,")[0]
    body, kind = text.encode("utf-8", "replace"), b"text/html" if html else b"text/plain"
    if not files:
        return head.replace(b"text/plain", kind) + b"\nContent-Transfer-Encoding: 8bit\n\n" + body
    head = head.replace(b"text/plain; charset=utf-8", b"multipart/mixed; boundary=" + EDGE)
    parts = [b"Content-Type: " + kind + b"; charset=utf-8\n\n" + body, *map(_file, files)]
    return head + b"\n\n" + b"".join(b"--" + EDGE + b"\n" + part + b"\n" for part in parts) + b"--" + EDGE + b"--\n"


def _file(file: dict[str, str]) -> bytes:
    data = base64.b64decode(file["base64"]) if "base64" in file else file["text"].encode()
    name = file["name"].encode()
    if file["type"] == "message/rfc822":
        return b'Content-Type: message/rfc822\nContent-Disposition: attachment; filename="' + name + b'"\n\n' + data
    kind = b"Content-Type: " + file["type"].encode() + b'\nContent-Disposition: attachment; filename="' + name + b'"'
    return kind + b"\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(data)


def corpus(folder: Path) -> Iterator[Attack]:
    """Every mail and every text below the folder, each text once."""
    seen: set[bytes] = set()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        for attack in _read(path):
            if attack.raw not in seen:
                seen.add(attack.raw)
                yield attack


def _read(path: Path) -> Iterator[Attack]:
    data = path.read_bytes()
    text = data.decode("utf-8", "replace")
    if path.suffix == ".eml":
        yield Attack(CORPUS, data, text, to=None, cc=None)
    elif path.suffix == ".json":
        yield from map(_letter, _texts(json.loads(text)))
    elif path.suffix == ".jsonl":
        yield from (_letter(each) for line in text.splitlines() if line.strip() for each in _texts(json.loads(line)))
    else:
        yield _letter(text)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from [value] if len(value) >= SHORTEST else []
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _letter(text: str) -> Attack:
    return Attack(CORPUS, _raw(1, {}, text[:LONGEST]), text[:LONGEST])
