"""What a server's refusal means. Pure.

Every server that calls itself compatible takes other parameters and says so in other words: OpenAI names the parameter
in ``param``, LM Studio sends a bare string, vLLM and llama.cpp a sentence. Owns the reading of these; refuses to know
the wire, and what is done about it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from mailbot.errors import Later, MailbotError, OwnerMustAct
from mailbot.prompt.answer import BadAnswer
from mailbot.prompt.guard import one_line

NO_SCHEMA = "no-schema"  # learnt: answers in plain text only; "no-temperature" and the like: that parameter is left out
LONGEST_WAIT = 86_400.0  # seconds; a server that asks for more is not waited for
SAID = 200  # characters of a server's message that are repeated
SMALLEST_WINDOW = 2048  # tokens; Ollama's default was this, later 4096; all that are usual are powers of two
CUT = "The model's server cut the prompt to fit its own context, so the rules or the mail were not all read"
CUT_HINT = (
    "Give the server a context of at least model.context_tokens (Ollama: OLLAMA_CONTEXT_LENGTH), "
    "or lower context_tokens under [model]"
)

_TOO_LONG = re.compile(
    r"context[ _](?:length|window|size)|maximum context|too many tokens|prompt is too long", re.IGNORECASE
)
_SCHEMA = re.compile(r"response_format|json_?\s?schema|grammar|structured output", re.IGNORECASE)
_QUOTA = ("insufficient_quota", "billing_not_active", "billing_hard_limit_reached")
_MODEL_HINT = "Check base_url and name under [model], then run 'mailbot check'"


def message(body: object, key: str) -> str:
    """The server's own words on one line, without the key, wherever servers put them; "" when there are none."""
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        body = inner.get("message", inner.get("detail", "")) if isinstance(inner, Mapping) else inner
    text = body if isinstance(body, str) else ""
    if text.lstrip()[:1] == "<":
        text = ""  # a page of a proxy
    return one_line(text.replace(key, "***") if key else text, SAID)


def rejected(status: int, body: object, sent: Iterable[str]) -> str:
    """Which of the parameters in ``sent`` the server does not take, "" when the refusal is about something else."""
    if status not in (400, 422):
        return ""
    fields: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    text = message(body, "")
    if fields.get("code") == "context_length_exceeded" or _TOO_LONG.search(text):
        return ""
    parameters = sorted(sent, key=len, reverse=True)
    named = str(fields.get("param") or "")
    for parameter in parameters:
        if named == parameter or named.startswith(f"{parameter}."):
            return parameter
    if "response_format" in parameters and _SCHEMA.search(text):
        return "response_format"
    return next((p for p in parameters if re.search(rf"\b{p}\b", text)), "")


def is_cut(sent: str, counted: int | None) -> bool:
    """Whether the server read less of a prompt than was ``sent``. ``counted`` are the tokens it read, by its own count;
    None or 0 where it does not tell (Ollama tells 0 for a prompt that it finds in its cache).

    No tokenizer makes one token of two words, so fewer tokens than words are proof: English has 4 tokens for 3 words,
    so that shows when less than about 70 % was read. Less than that is cut only where the count is exactly the size of
    a usual window: by chance that happens once in thousands of mails, and the next try has another prompt."""
    if not counted:
        return False
    filled = counted >= SMALLEST_WINDOW and counted.bit_count() == 1
    return filled or counted < len(sent.split())


def trouble(status: int, body: object, headers: Mapping[str, str], *, key: str, now: float) -> MailbotError:
    """The error for an answer with this status. ``now`` is in seconds since the epoch."""
    said = message(body, key)
    words = f": {said}" if said else ""
    fields: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    codes = {str(fields.get("code")), str(fields.get("type"))}
    if status in (401, 403):
        hint = "Run 'mailbot secret set model' with a valid key"
        return OwnerMustAct("model", f"The model's server refuses the key ({status}){words}", hint)
    if status == 402 or codes & set(_QUOTA):
        hint = "Pay for more at the provider, or choose another model"
        return OwnerMustAct("quota", f"The account at the model's provider is used up{words}", hint)
    if status in (408, 409, 425, 429) or status >= 500:
        reason = "The model's server is busy" if status == 429 else "The model's server has trouble"
        return Later(f"{reason} ({status}){words}", after=retry_after(headers, now))
    if 300 <= status < 400:
        return OwnerMustAct("model", f"The model's server points elsewhere ({status})", _MODEL_HINT)
    if "content_filter" in codes or "content_policy_violation" in codes:
        return BadAnswer(f"The model's server refuses this mail{words}")
    if status == 413 or "context_length_exceeded" in codes or _TOO_LONG.search(said):
        hint = "Lower context_tokens under [model], or give the server a larger context"
        return OwnerMustAct("model", f"The prompt is too long for the model{words}", hint)
    if status == 404:
        return OwnerMustAct("model", f"The server does not know this model or address (404){words}", _MODEL_HINT)
    return OwnerMustAct("model", f"The model's server refuses the request ({status}){words}", _MODEL_HINT)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait, from Retry-After (RFC 9110 section 10.2.3): a number or a date. None when it says nothing."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - now
        except (ValueError, OverflowError, OSError):
            return None
    return min(seconds, LONGEST_WAIT) if math.isfinite(seconds) and seconds > 0 else None
