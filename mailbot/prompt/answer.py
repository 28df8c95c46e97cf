"""What a model's answer means: one form for servers that take a JSON schema, one in plain text for all others.

Owns the limits of the fields (``form`` has their list) and every way in which an answer can be bad. Whatever the text
is, ``read`` ends soon with an ``Answer`` or a ``BadAnswer``. Refuses to know how an answer came here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mailbot.errors import Refused
from mailbot.mail import phrases
from mailbot.mail.quote import split
from mailbot.prompt.form import DELIMITER, FIELDS, Shape, heading
from mailbot.prompt.guard import clean_reply, one_line

__all__ = ["Answer", "BadAnswer", "Shape", "read"]

LONGEST_ANSWER = 1_000_000  # characters; a model that thinks aloud may need a tenth of it
TITLE, SUMMARY, POINT, REPLY = 120, 1000, 300, 20_000  # characters
POINTS = 10
SIGNATURE = 8  # lines that a signature below "--" may have; more may be a part of the reply
OBJECTS = 20  # places at which an object is looked for: prose may hold braces too
URGENCY = {"urgent": "urgent", "high": "urgent", "critical": "urgent", "low": "low"}  # all else is normal

# <think> of most, [THINK] of Magistral, ◁think▷ of Kimi.
_THOUGHT = re.compile(r"[<\[◁](/?)(?:think|thinking|thought|reasoning)[>\]▷]", re.IGNORECASE)
_DELIMITER = re.compile(r"^[ \t*#]*={2,}[ \t]*REPLY[ \t]*={2,}[ \t*]*$", re.MULTILINE | re.IGNORECASE)
_NAMES = "|".join(heading(field.name).replace(" ", "[ _]") for field in FIELDS[:-1])
_FIELD = re.compile(rf"[*# \t]*({_NAMES})[* \t]*:[* \t]*(.*)", re.IGNORECASE)
_BULLET = re.compile(r"^[ \t]*(?:[-*•–]|\d{1,2}[.)])[ \t]+")
_NOTHING = re.compile(r"[\s(\[]*(?:none|n/a|no questions|-)?[\s)\].]*", re.IGNORECASE)
_NO = re.compile(r"[\s*\"'(]*(?:no|false)\b", re.IGNORECASE)
_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_][a-z0-9]{1,8})*", re.IGNORECASE)
# What a model says when it will not write; "I'm sorry, but I can't make it on Friday" is a reply.
_REFUSAL = re.compile(
    r"\b(?:as|i am|i['’]m) an ai\b|(?:can(?:no|['’])t|cannot|unable to|won['’]t) (?:assist|help|comply|continue)"
    r" (?:you )?(?:with (?:that|this|your)(?: (?:request|task|e?-?mail))?)\s*[.!]?",
    re.IGNORECASE,
)
_REFUSAL_LENGTH = 400  # characters; a refusal is short


class BadAnswer(Refused):
    """The model answered, but this is no reply. ``reason`` is a sentence for the owner."""


class NotJson(BadAnswer):
    """A JSON schema was asked for, and something else came: once is chance, twice is a server that ignores it."""


class CutOff(BadAnswer):
    """The answer ended where its room did: models that think aloud may need twice of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the model understood, planned and wrote. ``urgency`` is urgent, normal or low; ``language`` ISO 639-1 or
    ""; ``plan`` says of each question what the reply does about it, ``dates`` how its days follow. ``checks`` are not
    the model's: sentences for the owner about what in the answer nobody said (``verify``)."""

    title: str
    summary: str
    key_points: tuple[str, ...]
    urgency: str
    questions: tuple[str, ...]
    language: str
    plan: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    missing_facts: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    reply_needed: bool = True
    reply: str
    checks: tuple[str, ...] = ()


def read(text: str, shape: Shape, *, analysis: bool = False) -> Answer:
    """The answer that a model's text holds. ``analysis``: no reply was asked for, and one that came is not looked at.
    Raises BadAnswer with the reason when it holds none."""
    if len(text) > LONGEST_ANSWER:
        raise BadAnswer("The model's answer is far too long")
    text = _without_thoughts(text).strip()
    if not text:
        raise BadAnswer("The model's answer is empty")
    fields = _from_json(text, analysis) if shape == "schema" else _from_plain(text, analysis)
    reply = "" if analysis else _reply(fields)
    return Answer(
        title=_line(fields.get("title"), TITLE),
        summary=_line(fields.get("summary"), SUMMARY),
        key_points=_lines(fields.get("key_points")),
        urgency=URGENCY.get(_line(fields.get("urgency"), POINT).lower().strip(".! "), "normal"),
        questions=_lines(fields.get("questions")),
        language=_code(_line(fields.get("language"), POINT)),
        plan=_lines(fields.get("plan")),
        dates=_lines(fields.get("dates")),
        missing_facts=_lines(fields.get("missing_facts")),
        assumptions=_lines(fields.get("assumptions")),
        reply_needed=not _NO.match(_words(fields.get("reply_needed"))),
        reply=reply,
    )


def _reply(fields: Mapping[str, Any]) -> str:
    reply = _own_words(clean_reply(_without_thoughts(_words(fields.get("reply"))[: REPLY + 1])))
    if not reply:
        raise BadAnswer("The model wrote no reply")
    if len(reply) > REPLY:
        raise BadAnswer(f"The model's reply is longer than {REPLY:,} characters")
    _refuse_refusal(reply)
    return reply


def _without_thoughts(text: str) -> str:
    """The text outside of all thinking. What stands before an end tag without a start tag was thinking too."""
    kept: list[str] = []
    depth = after = 0
    for tag in _THOUGHT.finditer(text):
        if not tag.group(1):
            kept.append(text[after : tag.start()] if depth == 0 else "")
            depth += 1
        elif depth:
            depth -= 1
        else:
            kept.clear()
        after = tag.end()
    if depth:
        raise CutOff("The model's answer was cut off in its thinking; it needs more room for its answer")
    return "".join(kept) + text[after:]


def _own_words(reply: str) -> str:
    """The reply without what stands in the draft already: the original, quoted above or below, a signature marked as
    such, a greeting said twice."""
    lines = split(reply).fresh.split("\n")
    if _introduces_quote(lines[-1]):
        del lines[-1]
    quoted = [at for at, line in enumerate(lines) if line.startswith(">")]
    if quoted and not any(_is_own(line) for line in lines[: quoted[-1]]):
        lines = lines[quoted[-1] + 1 :]
    mark = max((at for at, line in enumerate(lines) if line == "--"), default=0)
    if mark and len(lines) - mark - 1 <= SIGNATURE:
        lines = lines[:mark]
    paragraphs = "\n".join(lines).strip().split("\n\n")
    twice = len(paragraphs) > 1 and paragraphs[0] == paragraphs[1]
    return "\n\n".join(paragraphs[1:] if twice else paragraphs)


def _is_own(line: str) -> bool:
    return bool(line.strip()) and not line.startswith(">") and not _introduces_quote(line)


def _introduces_quote(line: str) -> bool:
    """A line such as "Mara wrote:", not the greeting "Hola, Inés:"."""
    return line.rstrip().endswith((":", "：")) and any(verb in phrases.fold(line) for verb in phrases.WROTE)


def _refuse_refusal(text: str) -> None:
    if len(text) <= _REFUSAL_LENGTH and _REFUSAL.search(text):
        raise BadAnswer(f"The model refused to write: “{one_line(text, 120)}”")


def _from_json(text: str, analysis: bool) -> Mapping[str, Any]:
    """The first object with a reply in it, or with a summary, wherever in the text it stands."""
    wanted = "summary" if analysis else "reply"
    decoder, at = json.JSONDecoder(strict=False), -1
    for _ in range(OBJECTS):
        at = text.find("{", at + 1)
        if at < 0:
            break
        try:
            found, _ = decoder.raw_decode(text, at)
        except RecursionError:
            raise BadAnswer("The model's answer is nested too deep") from None
        except ValueError:  # not JSON, or a number with thousands of digits
            continue
        if isinstance(found, dict) and wanted in found:
            return found
    _refuse_refusal(text)
    raise NotJson("The model's answer is not the JSON that was asked for")


def _from_plain(text: str, analysis: bool) -> Mapping[str, Any]:
    delimiter = _DELIMITER.search(text)
    if delimiter is None and not analysis:
        _refuse_refusal(text)
        raise BadAnswer(f"The model's answer lacks the line {DELIMITER}")
    fields = _headed(text[: delimiter.start()] if delimiter else text)
    if analysis and "summary" not in fields:
        _refuse_refusal(text)
        raise BadAnswer("The model's answer lacks the summary")
    return {**fields, "reply": text[delimiter.end() :]} if delimiter else fields


def _headed(text: str) -> dict[str, str]:
    """What stands behind each heading, line by line."""
    fields: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if found := _FIELD.match(line):
            name = found.group(1).lower().replace(" ", "_")
            fields[name] = [found.group(2)]
        elif name:
            fields[name].append(line)
    return {key: "\n".join(value) for key, value in fields.items()}


def _words(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) else ""


def _line(value: object, limit: int) -> str:
    return one_line(_without_thoughts(_words(value)), limit)


def _lines(value: object) -> tuple[str, ...]:
    """Up to ten points from a list, or from text with one point on each line."""
    items = value if isinstance(value, list) else _words(value).splitlines()
    lines = (_line(_BULLET.sub("", _words(item)), POINT) for item in items[: 10 * POINTS])
    return tuple(line for line in lines if not _NOTHING.fullmatch(line))[:POINTS]


def _code(language: str) -> str:
    found = _LANGUAGE.fullmatch(language)
    return found.group(1).lower() if found else ""
