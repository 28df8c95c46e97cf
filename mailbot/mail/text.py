"""HTML to the text that a person sees: readable, linear in time and memory, hidden text left out.

Owns how elements look as text: paragraphs, lists, tables, quotes as ``> ``, links as ``text <target>``. Refuses to
fetch, to render pictures, and to build a tree (see ``html``).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from mailbot.mail import characters, colour, element, html, link, style
from mailbot.mail.html import End, Start
from mailbot.mail.lines import Lines
from mailbot.mail.sheet import Looks, Rules, is_for_screens, names
from mailbot.mail.style import Look

MAX_DEPTH = 10_000  # open elements; deeper ones are read, but their own styles do not count
MAX_TEXT = 512 * 1024  # characters: a line of three in a quote within quotes is one of forty
UNJUDGED = "The HTML has too many styles to judge them all: text that you do not see may have been read."
TOO_LONG = "The text of the HTML is very long; only its beginning was read."

_STYLE = re.compile("<style", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\n\r\f\xa0]+")


def html_to_text(source: str, defects: list[str] | None = None, looks: Looks | None = None) -> str:
    """What a person sees of ``source``; lines end in LF. Never raises; whatever never closes ends the text. What could
    not be judged, perhaps because no ``looks`` are left, is added to ``defects``."""
    found = [] if defects is None else defects
    walk = _Walk(_rules(source, looks or Looks()))
    for token in html.tokens(source):
        if walk.page.length > MAX_TEXT:
            found.append(TOO_LONG)
            break
        if isinstance(token, Start):
            walk.start(token)
        elif isinstance(token, End):
            walk.end(token.name)
        else:
            walk.text(token.text)
    if not walk.rules.whole:
        found.append(UNJUDGED)
    return characters.body(walk.page.finished())


def _rules(source: str, looks: Looks) -> Rules:
    """Those of every style element, wherever it stands: it counts for all of the page. So the page is cut into tokens
    once more: to keep them takes forty times its size."""
    rules = Rules(looks)
    if _STYLE.search(source):
        starts = (token for token in html.tokens(source) if isinstance(token, Start) and token.name == "style")
        for start in starts:
            if is_for_screens(html.attributes(start.source).get("media", "")):
                rules.read(start.content)
    return rules


@dataclass(slots=True)
class _Frame:
    """One open element: how text looks in it and what its end tag has to finish."""

    name: str
    look: Look
    hidden: bool = False
    target: str = ""
    label: list[str] | None = None  # the visible words of a link
    number: int = 0  # of the last item of an ordered list
    written: int = 0  # lines before a cell
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Walk:
    """Where the walk stands: the open elements, and the page that it writes."""

    rules: Rules
    page: Lines = field(default_factory=Lines)
    frames: list[_Frame] = field(default_factory=list)
    opened: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    link: _Frame | None = None

    def __post_init__(self) -> None:
        """A page that is not there is painted like one that is."""
        page = self._look(self._look(Look(), "html", {}), "body", {})
        self.frames.append(_Frame("", page, page.is_hidden))

    def text(self, text: str) -> None:
        if not text.isspace():
            self._close_optional("")
        if self.frames[-1].hidden:
            return
        if not text.isascii():
            text = characters.body(text)  # before blanks are counted: newsletters pad with joiners
        if self.opened["pre"]:
            self._preformatted(text)
            return
        words = _SPACES.sub(" ", text)
        self.page.space = self.page.space or words.startswith(" ")
        self.page.held = self.page.held or "\xa0" in text
        if words.strip(" "):
            self._word(words.strip(" "))
            self.page.space = words.endswith(" ")

    def _word(self, words: str) -> None:
        self.page.word(words)
        if self.link is not None and self.link.label is not None:
            self.link.label.append(words)

    def _preformatted(self, text: str) -> None:
        first, *others = text.replace("\r\n", "\n").split("\n")
        if first:
            self._word(first)
        for line in others:
            self._line_break()
            if line:
                self._word(line)

    def _line_break(self) -> None:
        """Ends the line; on an empty one, leaves a blank line."""
        if self.page.current:
            self.page.end_line()
        else:
            self.page.end_paragraph()

    def start(self, tag: Start) -> None:
        if tag.name in html.RAW:
            return
        self._close_optional(tag.name)
        if tag.name in element.VOID:
            self._void(tag)
            return
        if len(self.frames) >= MAX_DEPTH:
            self.ignored[tag.name] += 1
            self.rules.whole = False
            return
        attributes = html.attributes(tag.source) if tag.source else {}
        frame = self._frame(tag.name, attributes)
        if not frame.hidden or tag.name == "a":
            self._begin(frame, attributes)
        self.frames.append(frame)
        self.opened.update((tag.name, *names(attributes)))

    def _look(self, outside: Look, name: str, attributes: dict[str, str]) -> Look:
        return style.look(outside, attributes, self.rules.declared(name, attributes, self.opened))

    def _close_optional(self, name: str) -> None:
        closes = element.CLOSES.get(name) or (("p",) if name in element.BREAK else ())
        if name not in element.IN_HEAD and ":" not in name:
            closes += ("head",)
        while self.frames[-1].name in closes:
            self._close(self.frames.pop())

    def _frame(self, name: str, attributes: dict[str, str]) -> _Frame:
        outside = self.frames[-1]
        if name in element.NEVER:
            return _Frame(name, Look(gone=True), hidden=True)
        if name == "dialog" and "open" not in attributes:
            return _Frame(name, Look(gone=True), hidden=True)
        if not attributes and name not in self.rules:
            return _Frame(name, outside.look, outside.hidden)
        inside = self._look(outside.look, name, attributes)
        return _Frame(name, inside, inside.is_hidden, attributes=attributes)

    def _begin(self, frame: _Frame, attributes: dict[str, str]) -> None:
        """The line breaks and marks that an element begins with."""
        name, page = frame.name, self.page
        self._break(name)
        if name == "blockquote":
            page.quotes += 1
        elif name in ("ul", "ol"):
            page.lists += 1
            frame.number = element.number(attributes.get("start", ""), 1) - 1
        elif name == "li":
            page.mark = self._mark(attributes.get("value", ""))
        elif name in element.CELL:
            page.begin_cell()
            frame.written = page.written
        elif name == "a" and self.link is None:
            frame.target, frame.label = link.target(attributes.get("href", "")), []
            if frame.target and frame.look.colour == self.frames[-1].look.colour:
                frame.look = replace(frame.look, colour=colour.LINK)
                frame.hidden = frame.look.is_hidden
            self.link = frame

    def _break(self, name: str) -> None:
        """A list inside a list item has no blank lines around it, and a cell begins where it is, not below."""
        if self.page.fresh and name in ("p", "div"):
            return
        if name in element.BLANK and not (name in ("ul", "ol") and self.opened["li"]):
            self.page.end_paragraph()
        elif name in element.BREAK:
            self.page.end_line()

    def _mark(self, value: str) -> str:
        for frame in reversed(self.frames[-3:]):
            if frame.name == "ol":
                frame.number = element.number(value, frame.number + 1)
                return f"{frame.number}. "
            if frame.name == "ul":
                break
        return "- "

    def _void(self, tag: Start) -> None:
        if self.frames[-1].hidden:
            return
        if tag.name == "br":
            self._line_break()
        elif tag.name == "hr":
            self.page.end_line()
            self.page.word("----------")
            self.page.end_line()
        elif tag.name in ("img", "input"):
            attributes = html.attributes(tag.source)
            shown = _SPACES.sub(" ", element.label(tag.name, attributes)).strip()
            if shown and not self._look(self.frames[-1].look, tag.name, attributes).is_hidden:
                self._word(f"[{shown}]")

    def end(self, name: str) -> None:
        if name in ("body", "html"):  # what follows is still on the page
            return
        if self.ignored[name]:
            self.ignored[name] -= 1
            return
        if name == "p" and not self.opened["p"]:
            self.page.end_paragraph()
        if not self.opened[name]:
            return
        while True:
            frame = self.frames.pop()
            self._close(frame)
            if frame.name == name:
                return

    def _close(self, frame: _Frame) -> None:
        """The line breaks and marks that an element ends with."""
        name, page = frame.name, self.page
        self.opened.subtract((name, *names(frame.attributes)))
        if frame is self.link:
            self.link = None
            label = " ".join(frame.label or ())
            if label and frame.target and not link.is_said_by(label, frame.target):
                page.space = True
                page.word(f"<{frame.target}>")
        if frame.hidden:
            return
        self._break(name)
        if name == "blockquote":
            page.quotes -= 1
        elif name in ("ul", "ol"):
            page.lists -= 1
        elif name == "li":
            page.mark = ""
        elif name in element.CELL:
            page.end_cell(frame.written)
