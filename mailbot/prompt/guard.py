"""What text may look like on its way in and on its way out.

In: ``visible`` and ``break_tokens`` take from foreign text what a person does not see and what a model's server could
read as a turn of its own. Out: ``clean_reply`` makes plain text of whatever a model wrote, ``gaps`` finds what the
owner must fill in. Everything here is linear in the length of the text; the lasting guarantee is not these patterns
but that code owns recipients, headers and files. Refuses to know mails, prompts and answers.
"""

from __future__ import annotations

import re
import unicodedata

from mailbot.mail import characters

MARKS = 30  # combining marks in a row; no language has more on a letter (UAX 15, 13)
ROUNDS = 8  # of flattening; text that is still not at rest then was made to hide something

# The joiners stay between letters of scripts that need them, all beyond Latin; the variation selectors supplement can
# carry a hidden message.
_HIDDEN = re.compile("(?<![^\\x00-\u024f])[\u200c\u200d]|[\u200c\u200d](?![^\\x00-\u024f])|[\U000e0080-\U000e01ef]")

# <|im_start|> and its kin in ASCII, in the full-width form of DeepSeek, and in forms that NFKC makes one of these: the
# pairs of characters are enough.
_PIPES = re.compile(r"[<＜﹤](?=[|｜])|(?<=[|｜])(?=[>＞﹥])")
# [INST] (Llama 2, Mistral), <<SYS>>, <start_of_turn> (Gemma), <s> and </s>, <think>, [gMASK] and <sop> (GLM),
# <tool_call> (Qwen, Hermes), <function=...> (Llama 3.1), <unused0>, <extra_id_0> (T5).
_NAMED = re.compile(
    r"([<\[◁＜﹤［])(?=[</＜]{0,2}(?:(?:INST|SYS|SYSTEM_PROMPT|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS|TOOL_CONTENT"
    r"|start_of_turn|end_of_turn|start_of_image|end_of_text|endoftext|im_start|im_end|bos|eos|sop|eop|s|unk|pad"
    r"|[gs]?MASK|CLS|SEP|think|thinking|tools?|tool_calls?|tool_response|tool_results?|function_calls?"
    r"|function_results?|system|user|assistant|human|unused\d{1,4}|extra_id_\d{1,3})[>\]▷＞﹥］]|function=))",
    re.IGNORECASE,
)
# "System:", "> **SYSTEM PROMPT:**", "[Assistant]:", and the headings of Alpaca, "### Instruction:".
_TURN = re.compile(
    r"^([ \t>*_#\[(]{0,20}+(?:(?:Human|Assistant|System|User|Developer)(?:[ _](?:prompt|message|note|override))?"
    r"|(?<=#[ ])(?:Instructions?|Input|Response|Output))[\])*_]{0,4}+)(?=[:：])",
    re.MULTILINE | re.IGNORECASE,
)

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_BLOCK = re.compile(r"</(?:p|div|li|tr|h[1-6]|ul|ol|table|blockquote)\s*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9_-]*(?::[A-Za-z]+)?(?:[\s/][^<>]*)?>|<!--|-->|<!\[CDATA\[|<![A-Za-z][^<>]*>")
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\(([^()\s]*)(?:[ \t][^()\n]*)?\)")
_BOLD = re.compile(r"(?<![\w*])\*\*(?=[^\s*])([^*\n]+)(?<=\S)\*\*(?![\w*])")
_HEADING = re.compile(r"^ {0,3}(?:#{1,6}[ \t]++)++", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[\w+-]*[ \t]*$\n?", re.MULTILINE)
_MARKS = str.maketrans("", "", "<>[]*#`~")
_SUBJECT = re.compile(
    r"(?:Subject|Betreff|Objet|Asunto|Oggetto|Onderwerp|Assunto|Temat|Ämne|Konu|Тема|件名|主题)\s?[:：].*", re.I
)
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "「": "」"}

_GAP = re.compile(r"\[\[[ \t]*fill[ \t]*+:?([^\[\]\n]*+)\]\]", re.IGNORECASE)
_HALF_GAP = re.compile(r"(?<!\[)\[[ \t]*fill[ \t]*:([^\[\]\n]*)\](?!\])", re.IGNORECASE)
# "[Your name]", "[insert date]": what models write when they forget the form of a gap.
_PLACEHOLDER = re.compile(r"(?<!\[)\[((?:insert|enter|specify|your|tbd|tbc)\b[^\[\]\n]*)\](?![\](])", re.IGNORECASE)
_GULF = re.compile(r"\n{3,}")
# Where many combining marks may stand on one letter; all of them are among these characters.
_MANY_MARKS = re.compile(rf"[^\w\s\x00-\u02ff]{{{MARKS + 1},}}")


def visible(text: str) -> str:
    """The text in NFC without what a person cannot see: controls, zero-width, bidi and tag characters."""
    text = _HIDDEN.sub("", characters.body(text))
    return unicodedata.normalize("NFC", _MANY_MARKS.sub(_few_marks, text))


def _few_marks(found: re.Match[str]) -> str:
    """At most MARKS combining marks in a row (UAX 15, 13): the time to normalize a run is the square of its length."""
    kept: list[str] = []
    row = 0
    for char in found.group():
        row = row + 1 if unicodedata.category(char).startswith("M") else 0
        if row <= MARKS:
            kept.append(char)
    return "".join(kept)


def break_tokens(text: str) -> str:
    """Foreign text in which no chat template finds a token: a blank is put into each. Readable as before."""
    text = _PIPES.sub(lambda found: found.group() + " ", text)
    text = _NAMED.sub(r"\1 ", text)
    return _TURN.sub(r"\1 ", text)


def foreign(text: str) -> str:
    """Text that somebody else wrote, as it may stand in a prompt."""
    return break_tokens(visible(text)).strip()


def gaps(text: str) -> tuple[str, ...]:
    """What is missing, for each ``[[fill: what is missing]]`` in the text, in order."""
    return tuple(found.group(1).strip() for found in _GAP.finditer(text))


def one_line(text: str, limit: int) -> str:
    """Visible text on one line, at most ``limit`` characters, cut at the end with an ellipsis."""
    text = " ".join(visible(text[: 8 * limit]).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def clean_reply(text: str) -> str:
    """Plain text of what a model wrote as a reply: no markup, no invisible characters, no subject line, not wrapped in
    quotes or a fence. Cleaning twice changes nothing more."""
    for _ in range(ROUNDS):
        before, text = text, _flatten(visible(text))
        if text == before:
            return text
    return _tidy(visible(text.translate(_MARKS)))


def _flatten(text: str) -> str:
    text = _BLOCK.sub("\n\n", _BREAK.sub("\n", text))
    text = _FENCE.sub("", _TAG.sub("", text))
    text = _LINK.sub(_as_text, text).replace("](", "] (")
    text = _HEADING.sub("", _BOLD.sub(r"\1", text))
    text = _HALF_GAP.sub(r"[[fill:\1]]", text)
    text = _PLACEHOLDER.sub(r"[[fill: \1]]", text)
    return _tidy(text)


def _as_text(link: re.Match[str]) -> str:
    label, target = link.groups()
    return label or target if label == target or not label or not target else f"{label} ({target})"


def _tidy(text: str) -> str:
    """White space in order, and what stands around a reply gone, as often as it is there."""
    lines = (line.rstrip() for line in text.replace("\t", " ").split("\n"))
    text = _GULF.sub("\n\n", "\n".join(lines)).strip()
    start, end, before = 0, len(text), (-1, -1)
    while (start, end) != before and start < end:
        before = start, end
        if subject := _SUBJECT.match(text, start, end):
            start = subject.end()
        elif _QUOTES.get(text[start]) == text[end - 1] and end - start > 1 and not _quotes_inside(text, start, end):
            start, end = start + 1, end - 1
        while start < end and text[start].isspace():
            start += 1
        while start < end and text[end - 1].isspace():
            end -= 1
    return text[start:end]


def _quotes_inside(text: str, start: int, end: int) -> bool:
    return any(text.find(mark, start + 1, end - 1) >= 0 for mark in {text[start], text[end - 1]})
