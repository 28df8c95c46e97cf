"""The model: whether it answers as it should, and whether it reads as much as it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from mailbot.check.finding import Finding
from mailbot.check.prompt import SAMPLE, sample
from mailbot.errors import Later, OwnerMustAct, Refused
from mailbot.job import NOT_JSON
from mailbot.model import NeedsPlain
from mailbot.prompt import answer as answers
from mailbot.prompt.answer import CutOff, NotJson
from mailbot.prompt.budget import tokens
from mailbot.prompt.build import Prompt
from mailbot.prompt.form import Shape

if TYPE_CHECKING:
    from mailbot.model import Reply
    from mailbot.wiring import Home

# Sentences that differ, so that no server finds them in its cache and no model takes them for a stutter.
FILLER = "Line {}: the cases of oak went to the harbour on that day, and the brass hinges came later.\n"
TRIES = 6  # of a sample: a schema that is refused, one that is ignored twice, an answer that needs more room
RECKONED = len(FILLER) / tokens(FILLER)  # letters to a token, as mailbot counts these sentences
LETTERS_MOST = 6  # in a token of English, which has four to five; a server that counts fewer tokens counts wrongly
READ_PART = 0.7  # of the expected tokens; estimates from the small sample are off by less than a quarter


def model(home: Home, tell: Callable[[str], None]) -> Iterator[Finding]:
    config = home.config.model
    if config is None:
        text = "none is configured: drafts come from the outline writer (set [model] name for real ones)"
        yield Finding("warn", "model", text)
        return
    assert home.endpoint is not None, "a model is configured"
    home.endpoint.learnt.forget()  # what a server takes may be other than it was
    try:
        prompt, reply = _ask(home, SAMPLE, config.context_tokens, answers.read)
        yield Finding("ok", "model", f"{config.name} at {config.base_url} answers a sample mail ({_form(home, reply)})")
        yield _window(home, prompt, reply, tell)
    except Later as error:
        yield Finding("fail", "model", f"{error}. See that it answers at {config.base_url} (model.base_url)")
    except (OwnerMustAct, Refused) as error:
        yield Finding("fail", "model", str(error))


def _form(home: Home, reply: Reply) -> str:
    assert home.endpoint is not None, "a model is configured"
    if reply.shape == "schema":
        return "as JSON"
    refused = home.endpoint.shape == "plain"
    return f"as plain text: {'the server takes no JSON schema' if refused else 'it twice ignored the JSON schema'}"


def _window(home: Home, small: Prompt, counted: Reply, tell: Callable[[str], None]) -> Finding:
    """Whether a prompt of ``context_tokens`` is read whole. Servers of one's own cut it without a word (Ollama does, at
    4,096 tokens unless told otherwise); a hosted model would charge for the proof and says so when it is too long."""
    config = home.config.model
    assert config is not None, "a model is configured"
    what, wanted = "context window", config.context_tokens
    if not config.is_local:
        return Finding("ok", what, f"not tried: a hosted model says so itself when {wanted} tokens are too many")
    if not counted.prompt_tokens:
        text = f"the server does not count tokens: make sure that its context holds {wanted} (model.context_tokens)"
        return Finding("warn", what, text)
    tell(f"asking the model to read {wanted} tokens; on a slow machine this takes minutes")
    # Plain English has fewer tokens than mailbot reckons with. More of it is sent, so that a mail in a denser script
    # will fit, too.
    letters = min(max(RECKONED, _size(small) / counted.prompt_tokens), LETTERS_MOST)
    number = int(wanted * letters / len(FILLER)) + 1
    long = SAMPLE + "".join(map(FILLER.format, range(number)))
    try:
        prompt, reply = _ask(home, long, int(wanted * letters / RECKONED))
    except (Later, OwnerMustAct) as error:  # too slow for so much; a cut so deep that it shows by itself
        return Finding("fail", what, str(error))
    expected = counted.prompt_tokens * _size(prompt) // _size(small)
    read = reply.prompt_tokens or 0
    if read < READ_PART * expected:
        text = f"the server read {read} of about {expected} tokens and dropped the rest without a word: "
        todo = f"give it a context of {wanted} (Ollama: OLLAMA_CONTEXT_LENGTH), or lower model.context_tokens"
        return Finding("fail", what, text + todo)
    return Finding("ok", what, f"a prompt of {read} tokens was read whole")


def _size(prompt: Prompt) -> int:
    return sum(len(message["content"]) for message in prompt.messages)


def _ask(
    home: Home, text: str, context_tokens: int, read: Callable[[str, Shape], object] = lambda text, shape: None
) -> tuple[Prompt, Reply]:
    """Asks the model to answer a mail of ours, as it would any other, and learns of its server what a draft would.
    ``read`` raises what is wrong with its text. Raises Later, OwnerMustAct and Refused."""
    endpoint = home.endpoint
    assert endpoint is not None, "a model is configured"
    not_json, cut_off = 0, False
    for _ in range(TRIES):
        shape = "plain" if not_json >= NOT_JSON else endpoint.shape
        prompt = sample(home, text, context_tokens, shape)
        try:
            reply = endpoint.ask(prompt.messages, prompt.shape, twice_the_room=cut_off)
            read(reply.text, reply.shape)
            return prompt, reply
        except NeedsPlain:
            continue
        except NotJson:
            not_json += 1
            if not_json == NOT_JSON:
                endpoint.learnt.schema_ignored()
        except CutOff:
            if cut_off:
                raise
            cut_off = True
    raise Later("the model's server changed its mind about JSON schemas; try again")
