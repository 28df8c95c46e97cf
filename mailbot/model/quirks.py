"""What a server's refusal means. Pure.

Every server that calls itself compatible takes other parameters and says so in other words: OpenAI names the parameter
in ``param``, LM Studio sends a bare string, vLLM and llama.cpp a sentence. Owns the reading of these; refuses to know
the wire, and what is done about it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from mailbot.errors import Later, MailbotError, OwnerMustAct
from mailbot.model.learnt import NO_SCHEMA
from mailbot.prompt.answer import BadAnswer, NotJson
from mailbot.prompt.guard import one_line

RESPONSE_FORMAT = "response_format"
LIMITS = ("max_tokens", "max_completion_tokens")  # two names of one thing; no server wants both
NO_LIMIT = frozenset(f"no-{name}" for name in LIMITS)
EVERYDAY = frozenset({"store"})
NOT_JSON = "json_validate_failed"  # Groq: the model wrote something else than the schema
LONGEST_WAIT = 86_400.0  # seconds; a server that asks for more is not waited for
READ = 4000  # characters of a server's message that are read
SAID = 200  # characters of it that are repeated
ECHO = 12  # characters in a row that a message has in common with the prompt: the mail, which no log may hold
SMALLEST_WINDOW = 2048  # tokens; Ollama's default was this, later 4096; all that are usual are powers of two
CUT = "The model's server cut the prompt to fit its own context, so the rules or the mail were not all read"
FULL = "The model's server had no room for the whole answer: its context is full, or it limits what is written"
END = 16  # tokens that servers count differently around the end of an answer
CUT_HINT = (
    "Give the server a context of at least model.context_tokens (Ollama: OLLAMA_CONTEXT_LENGTH), "
    "or lower context_tokens under [model]"
)

_TOO_LONG = re.compile(
    r"context[ _](?:length|window|size)|maximum context|too many tokens|prompt is too long", re.IGNORECASE
)
_SCHEMA = re.compile(r"response_format|json_?\s?schema|grammar|structured output", re.IGNORECASE)
_TOO_LARGE = re.compile(r"too large|too high|at most|maximum value|less than or equal", re.IGNORECASE)
_TOO_LONG_CODES = {"context_length_exceeded", "exceed_context_size_error"}  # OpenAI; llama.cpp, also with 500
_QUOTA = ("insufficient_quota", "billing_not_active", "billing_hard_limit_reached")
KEY_HINT = "Run 'mailbot secret set model' with a valid key"
MODEL_HINT = "Check base_url and name under [model], then run 'mailbot check'"


def message(body: object, key: str, sent: str) -> str:
    """The server's own words on one line, wherever servers put them; "" when there are none. Without the key, and
    without what it repeats of the prompt that was ``sent``."""
    return _without(one_line(_words(body, key), SAID), " ".join(sent.split()))


def _without(text: str, sent: str) -> str:
    kept, at = "", 0
    while at < len(text):
        end = at + ECHO
        if end > len(text) or text[at:end] not in sent:
            kept, at = kept + text[at], at + 1
            continue
        while end < len(text) and text[at : end + 1] in sent:
            end += 1
        kept, at = kept + "...", end
    return kept


def _words(body: object, key: str = "") -> str:
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        body = inner.get("message", inner.get("detail", "")) if isinstance(inner, Mapping) else inner
    if isinstance(body, Mapping | list):  # Mistral, FastAPI: a table with the place of each problem
        body = json.dumps(body, ensure_ascii=False)
    text = body[:READ] if isinstance(body, str) else ""
    if text.lstrip()[:1] == "<":
        text = ""  # a page of a proxy
    return text.replace(key, "***") if key else text


def refusal(answer: Mapping[str, Any]) -> tuple[int, object] | None:
    """Status and error of an answer that calls itself good and is none; None for a good one. OpenRouter passes on so
    what its providers say, llama.cpp and LM Studio send every error so at times."""
    choices = answer.get("choices")
    first = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], Mapping) else {}
    error = answer.get("error") or first.get("error")
    if not error:
        return None
    code = error.get("code") if isinstance(error, Mapping) else None
    stated = str(code)
    return (int(stated) if re.fullmatch(r"[45]\d\d", stated, re.ASCII) else 400), error


def rejected(status: int, body: object, sent: Iterable[str]) -> frozenset[str]:
    """What a refusal teaches of the server: which of the parameters in ``sent`` it does not take, as words to keep;
    none when the refusal is about something else. A 500 is one only of the schema (llama-cpp-python 0.3.36)."""
    if status not in (400, 422, 500):
        return frozenset()
    fields: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    text = _words(body)
    if _codes(fields) & _TOO_LONG_CODES or _TOO_LONG.search(text) or NOT_JSON in _codes(fields):
        return frozenset()
    parameters = sorted(sent, key=len, reverse=True)
    named = str(fields.get("param") or "")
    exact = (p for p in parameters if named == p or named.startswith(f"{p}."))
    by_schema = RESPONSE_FORMAT if RESPONSE_FORMAT in parameters and _SCHEMA.search(text) else ""
    # A word of everyday speech such as "store" proves nothing by standing in a sentence.
    in_words = (p for p in parameters if p not in EVERYDAY and re.search(rf"\b{p}\b", text))
    parameter = next(exact, "") or by_schema or next(in_words, "")
    if parameter == RESPONSE_FORMAT:
        return frozenset({NO_SCHEMA})
    if status == 500:
        return frozenset()
    if parameter in LIMITS and _TOO_LARGE.search(text):
        return NO_LIMIT
    return frozenset({f"no-{parameter}"} if parameter else ())


def _codes(fields: Mapping[str, Any]) -> set[str]:
    return {str(fields.get("code")), str(fields.get("type"))}


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


def is_full(counted: int | None, written: int | None, room: int, context: int) -> bool:
    """Whether an answer that was cut off ended before the tokens that it was allowed, in a context smaller than
    ``context``: llama-server and llama-cpp-python end it there. ``counted`` and ``written`` are the tokens of prompt
    and answer by the server's count. A prompt may have more than was reckoned; then the answer has what is left."""
    return written is not None and written + END < min(room, context - (counted or 0))


def trouble(status: int, body: object, headers: Mapping[str, str], *, key: str, sent: str, now: float) -> MailbotError:
    """The error for an answer with this status to a prompt with the mail in ``sent``. ``now`` is in seconds since the
    epoch."""
    said = message(body, key, sent)
    words = f": {said}" if said else ""
    codes = _codes(body if isinstance(body, Mapping) else {})
    if status in (401, 403):
        return OwnerMustAct("model", f"The model's server refuses the key ({status}){words}", KEY_HINT)
    if status == 402 or codes & set(_QUOTA):
        hint = "Pay for more at the provider, or choose another model"
        return OwnerMustAct("quota", f"The account at the model's provider is used up{words}", hint)
    if (status in (408, 409, 425, 429) or status >= 500) and not codes & _TOO_LONG_CODES:
        reason = "The model's server is busy" if status == 429 else "The model's server has trouble"
        return Later(f"{reason} ({status}){words}", after=retry_after(headers, now))
    if 300 <= status < 400:
        return OwnerMustAct("model", f"The model's server points elsewhere ({status})", MODEL_HINT)
    if "content_filter" in codes or "content_policy_violation" in codes:
        return BadAnswer(f"The model's server refuses this mail{words}")
    if NOT_JSON in codes:
        return NotJson(f"The model's server says that what the model wrote is not JSON{words}")
    if status == 413 or codes & _TOO_LONG_CODES or _TOO_LONG.search(_words(body)):
        hint = "Lower context_tokens under [model], or give the server a larger context"
        return OwnerMustAct("model", f"The prompt is too long for the model{words}", hint)
    if status == 404:
        return OwnerMustAct("model", f"The server does not know this model or address (404){words}", MODEL_HINT)
    return OwnerMustAct("model", f"The model's server refuses the request ({status}){words}", MODEL_HINT)


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
