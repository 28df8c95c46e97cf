"""The form of an answer: which fields it has, what stands in each, as a JSON schema and in words.

One table for the three, so that a server without schemas is asked for the same. The fields before the reply are its
plan: they are written first, and what they say is what the reply is made of. Flat and few: small models fill them, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Shape = Literal["schema", "plain"]

DELIMITER = "=== REPLY ==="
REPLY = "reply"  # the field below the delimiter


@dataclass(frozen=True, slots=True)
class Field:
    """``says``: what stands in it, or in each line of it when it has ``many``. ``words``: the only ones it may be."""

    name: str
    says: str
    many: bool = False
    words: tuple[str, ...] = ()

    @property
    def schema(self) -> dict[str, Any]:
        if self.many:
            return {"type": "array", "items": {"type": "string"}}
        return {"type": "string", "enum": list(self.words)} if self.words else {"type": "string"}


FIELDS = (
    Field("title", "at most 100 characters, in the owner's language: who wants what"),
    Field(
        "summary", "what the thread is about and where it stands now, two or three sentences, in the owner's language"
    ),
    Field("key_points", "what the reply has to take up, one short sentence, in the owner's language", many=True),
    Field(
        "urgency",
        "urgent, normal or low, from what the mail says about time, not from how loud it is",
        words=("urgent", "normal", "low"),
    ),
    Field("questions", "a question or request of the last mail in a few words, also one made in passing", many=True),
    Field("language", "the language of the reply, as its two-letter code"),
    Field(
        "plan",
        "for each of the questions, with its number, what the reply does about it: "
        '"1 answered: twelve (owner, mail 2)", "2 gap: the price", "3 open: the printer has to say"',
        many=True,
    ),
    Field(
        "dates",
        "a day or time that the reply names, and how it follows: "
        '"next Friday, said on Monday 2026-01-05: Friday 2026-01-09"',
        many=True,
    ),
    Field("missing_facts", "what only the owner knows or decides; each of these is a gap in the reply", many=True),
    Field("assumptions", "what the reply takes for granted although nobody wrote it; best none", many=True),
    Field("reply_needed", "yes, or no when the last mail asks for nothing and expects nothing", words=("yes", "no")),
    Field(REPLY, "the reply itself"),
)

UNDERSTOOD = FIELDS[:5]  # what a page says of a mail; all that is asked for where no draft is written


def schema(*, analysis: bool = False) -> dict[str, Any]:
    """Flat, without $ref, pattern or limits: what every server with a grammar understands. ``analysis``: without the
    reply and its plan."""
    fields = UNDERSTOOD if analysis else FIELDS
    return {
        "type": "object",
        "properties": {field.name: field.schema for field in fields},
        "required": [field.name for field in fields],
        "additionalProperties": False,
    }


def words(shape: Shape, *, analysis: bool = False) -> str:
    """The form as the model is told it."""
    fields = UNDERSTOOD if analysis else FIELDS
    return _json(fields) if shape == "schema" else _plain(fields)


def heading(name: str) -> str:
    """How a field is called in the plain form: "Key points"."""
    return name.replace("_", " ").capitalize()


def _json(fields: tuple[Field, ...]) -> str:
    lines = [f'- "{field.name}": {"a list; each entry: " * field.many}{field.says}.' for field in fields]
    return "\n".join(["THE ANSWER", "One JSON object and nothing else, with these fields in this order:", *lines])


def _plain(fields: tuple[Field, ...]) -> str:
    head = [field for field in fields if field.name != REPLY]
    lines = [
        f"{heading(field.name)}:\n- {field.says}" if field.many else f"{heading(field.name)}: {field.says}"
        for field in head
    ]
    reply = [DELIMITER, *(field.says for field in fields if field.name == REPLY)] if len(head) < len(fields) else []
    return "\n".join(["THE ANSWER", "Exactly this form and nothing else:", *lines, *reply])
