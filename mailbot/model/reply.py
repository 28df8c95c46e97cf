"""What a model's server sent, read: a table out of bytes, the model's text out of the table. Pure.

The "chat completion object" of OpenAI's API reference, of which servers leave out, misname and add fields; so only the
text is asked for. Refuses to read what the text says (``prompt.answer``) and what an error means (``quirks``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mailbot.errors import OwnerMustAct
from mailbot.model import quirks
from mailbot.prompt.answer import BadAnswer, CutOff, Shape
from mailbot.prompt.guard import one_line

REFUSAL = 120  # characters of a model's refusal that are repeated
THOUGHTS = ("reasoning", "reasoning_content")  # Ollama and vLLM since 0.12; vLLM before, llama.cpp, DeepSeek


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back. ``temperature`` is what was really sent, None for none; tokens are None where the server does not
    count; ``finish`` is the server's word for why it stopped."""

    text: str
    model: str
    temperature: float | None
    prompt_tokens: int | None
    completion_tokens: int | None
    shape: Shape
    finish: str


def table(body: bytes) -> Mapping[str, Any]:
    """The JSON object in the body of an answer. Raises BadAnswer, and OwnerMustAct for a web page: what stands between
    (a proxy, the login page of a network), or base_url, is not what the owner thinks."""
    if body.lstrip()[:1] == b"<":
        raise OwnerMustAct("model", "A web page came instead of the model's answer", quirks.MODEL_HINT)
    try:
        return _table(json.loads(body))
    except (ValueError, RecursionError):  # ValueError: also bytes that are not UTF-8, numbers with thousands of digits
        raise BadAnswer("The model's server did not answer in JSON") from None


def read_reply(
    answer: Mapping[str, Any],
    *,
    sent: str,
    temperature: float | None,
    shape: Shape,
    model: str,
    room: int | None,
    context: int,
) -> Reply:
    """The text out of a server's answer. ``sent`` is the prompt's text, ``room`` the tokens that the server must have
    for the answer, None: it need not have any; ``context`` those for both. Raises BadAnswer, and OwnerMustAct when the
    server did not read the whole prompt, or its context was full too soon: then no answer is worth a look, good or
    bad."""
    choice = _first(answer.get("choices"))
    message, usage = _table(choice.get("message")), _table(answer.get("usage"))
    finish, text = _word(choice.get("finish_reason")), _text(message.get("content"))
    if not choice:
        raise BadAnswer("The model's server sent something that is not an answer")
    counted = _count(usage.get("prompt_tokens"))
    if quirks.is_cut(sent, counted):
        raise OwnerMustAct("model", quirks.CUT, quirks.CUT_HINT)
    if refusal := _word(message.get("refusal")):
        raise BadAnswer(f"The model refused to write: “{one_line(refusal, REFUSAL)}”")
    written = _count(usage.get("completion_tokens"))
    if finish == "length" and room is not None and quirks.is_full(counted, written, room, context):
        raise OwnerMustAct("model", quirks.FULL, quirks.CUT_HINT)
    if finish == "length":
        raise CutOff("The model's answer was cut off: it needs more room; raise context_tokens under [model]")
    if finish == "content_filter":
        raise BadAnswer("The model's server filtered its answer out")
    if not text.strip():
        thought = any(_word(message.get(name)).strip() for name in THOUGHTS)
        raise BadAnswer("The model thought, and wrote no answer" if thought else "The model's answer is empty")
    return Reply(
        text=text,
        model=one_line(_word(answer.get("model")), quirks.SAID) or model,
        temperature=temperature,
        prompt_tokens=counted,
        completion_tokens=written,
        shape=shape,
        finish=finish,
    )


def _text(content: object) -> str:
    """A text, or the texts of a list of parts; the parts with thoughts are left out (Mistral's models that reason)."""
    if not isinstance(content, list):
        return _word(content)
    parts = (_table(part) for part in content)
    return "".join(_word(part.get("text")) for part in parts if part.get("type") in ("text", "output_text"))


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(value: object) -> Mapping[str, Any]:
    return _table(value[0]) if isinstance(value, list) and value else {}


def _word(value: object) -> str:
    """A string that can be stored: JSON may hold halves of surrogate pairs, no file and no database does."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
