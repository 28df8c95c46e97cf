"""HTML to the text that a person sees: readable, linear in time and memory, hidden text left out.

Owns how elements look as text: paragraphs, lists, tables, quotes as ``> ``, links as ``text <target>``. Refuses to
fetch, to render pictures, and to build a tree (see ``html``).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from mailbot.mail import characters, colour, html, link, style
from mailbot.mail.html import End, Start
from mailbot.mail.style import Look

MAX_DEPTH = 500  # open elements; deeper ones are read, but their own styles do not count
MAX_QUOTES = 20  # levels of "> "
MAX_LISTS = 8  # levels of indentation

_VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
}  # fmt: skip
_NEVER = {
    "template", "noscript", "select", "datalist", "object", "video", "audio", "canvas", "svg", "math", "head",
}  # fmt: skip
# All that may stand in a head, beside Outlook's "o:..."; anything else ends it, as in a browser.
_IN_HEAD = {"meta", "link", "base", "noscript", "template", "object", "xml"}
_BLANK = {"p", "blockquote", "ul", "ol", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "table", "pre"}
_BREAK = _BLANK | {
    "div", "tr", "li", "dt", "dd", "section", "article", "header", "footer", "main", "aside", "nav", "address",
    "center", "fieldset", "form", "body",
}  # fmt: skip
# What an element closes when it begins right inside it: these end tags are optional in HTML.
_CLOSES = {
    "li": ("p", "li"),
    "dt": ("p", "dt", "dd"),
    "dd": ("p", "dt", "dd"),
    "td": ("p", "td", "th"),
    "th": ("p", "td", "th"),
    "tr": ("p", "td", "th", "tr"),
}
_SPACES = re.compile(r"[ \t\n\r\f\xa0]+")


def html_to_text(source: str) -> str:
    """What a person sees of ``source``; lines end in LF. Never raises; whatever never closes ends the text."""
    walk = _Walk()
    for token in html.tokens(source):
        if isinstance(token, Start):
            walk.start(token)
        elif isinstance(token, End):
            walk.end(token.name)
        else:
            walk.text(token.text)
    return characters.body(walk.page.finished())


@dataclass(slots=True)
class _Page:
    """The lines so far and the one being written. Blanks, blank lines and list marks wait for the next word."""

    lines: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    space: bool = False
    gap: int = -1  # quote level of the blank line before the next line; -1 for none
    mark: str = ""  # of the list item that begins here
    held: bool = False  # a blank that does not collapse: it makes a line, even alone
    quotes: int = 0
    lists: int = 0

    def word(self, text: str) -> None:
        self.current.append(" " + text if self.space and self.current else text)
        self.space = False

    def end_line(self) -> None:
        line = "".join(self.current).rstrip()
        self.current.clear()
        held, self.space, self.held = self.held, False, False
        if not line:
            if held and not self.mark:
                self.gap = min(self.quotes, MAX_QUOTES)
            return
        level = min(self.quotes, MAX_QUOTES)
        if self.gap >= 0 and self.lines:
            self.lines.append(("> " * min(self.gap, level)).rstrip())
        indent = "  " * min(max(self.lists - 1, 0), MAX_LISTS)
        # The signature mark loses its blank in HTML, but it is known by it (RFC 3676 4.3).
        self.lines.append(f"{'> ' * level}{indent}{self.mark}{'-- ' if line == '--' else line}")
        self.gap, self.mark = -1, ""

    def end_paragraph(self) -> None:
        self.end_line()
        if not self.mark:
            self.gap = min(self.quotes, MAX_QUOTES)

    def finished(self) -> str:
        self.end_line()
        return "\n".join(self.lines)


@dataclass(slots=True)
class _Frame:
    """One open element: how text looks in it and what its end tag has to finish."""

    name: str
    look: Look
    hidden: bool = False
    target: str = ""
    label: list[str] | None = None  # the visible words of a link
    number: int = 0  # of the last item of an ordered list


@dataclass(slots=True)
class _Walk:
    """Where the walk stands: the open elements, and the page that it writes."""

    page: _Page = field(default_factory=_Page)
    frames: list[_Frame] = field(default_factory=lambda: [_Frame("", Look())])
    opened: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    rules: style.Rules = field(default_factory=dict)
    link: _Frame | None = None

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
            if tag.name == "style" and len(self.rules) < style.MAX_RULES:
                self.rules |= style.sheet(tag.content)
            return
        self._close_optional(tag.name)
        if tag.name in _VOID:
            self._void(tag)
            return
        if len(self.frames) >= MAX_DEPTH:
            self.ignored[tag.name] += 1
            return
        attributes = html.attributes(tag.source) if tag.source else {}
        frame = self._frame(tag.name, attributes)
        if not frame.hidden or tag.name == "a":
            self._begin(frame, attributes)
        self.frames.append(frame)
        self.opened[tag.name] += 1

    def _close_optional(self, name: str) -> None:
        closes = _CLOSES.get(name) or (("p",) if name in _BREAK else ())
        if name not in _IN_HEAD and ":" not in name:
            closes += ("head",)
        while self.frames[-1].name in closes:
            self._close(self.frames.pop())

    def _frame(self, name: str, attributes: dict[str, str]) -> _Frame:
        outside = self.frames[-1]
        if name in _NEVER:
            return _Frame(name, Look(gone=True), hidden=True)
        if name == "dialog" and "open" not in attributes:
            return _Frame(name, Look(gone=True), hidden=True)
        if not attributes and name not in self.rules:
            return _Frame(name, outside.look, outside.hidden)
        inside = style.look(outside.look, attributes, self.rules, name)
        return _Frame(name, inside, inside.is_hidden)

    def _begin(self, frame: _Frame, attributes: dict[str, str]) -> None:
        """The line breaks and marks that an element begins with."""
        name, page = frame.name, self.page
        self._break(name)
        if name == "blockquote":
            page.quotes += 1
        elif name in ("ul", "ol"):
            page.lists += 1
            frame.number = _number(attributes.get("start", ""), 1) - 1
        elif name == "li":
            page.mark = self._mark(attributes.get("value", ""))
        elif name in ("td", "th") and page.current:
            page.space = True
            page.word("|")
            page.space = True
        elif name == "a" and self.link is None:
            frame.target, frame.label = link.target(attributes.get("href", "")), []
            if frame.target and frame.look.colour == self.frames[-1].look.colour:
                frame.look = replace(frame.look, colour=colour.LINK)
                frame.hidden = frame.look.is_hidden
            self.link = frame

    def _break(self, name: str) -> None:
        """A list inside a list item has no blank lines around it."""
        if name in _BLANK and not (name in ("ul", "ol") and self.opened["li"]):
            self.page.end_paragraph()
        elif name in _BREAK:
            self.page.end_line()

    def _mark(self, value: str) -> str:
        for frame in reversed(self.frames[-3:]):
            if frame.name == "ol":
                frame.number = _number(value, frame.number + 1)
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
            shown = _SPACES.sub(" ", _label(tag.name, attributes)).strip()
            if shown and not style.look(self.frames[-1].look, attributes, self.rules, tag.name).is_hidden:
                self._word(f"[{shown}]")

    def end(self, name: str) -> None:
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
        self.opened[name] -= 1
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


def _number(written: str, default: int) -> int:
    """The number that an ordered list begins or goes on with."""
    written = written.strip()
    return int(written) if len(written) <= 6 and written.isascii() and written.isdigit() else default


def _label(name: str, attributes: dict[str, str]) -> str:
    """The words that an element without content shows: of a picture, of a button or a filled-in field."""
    if name == "img":
        return attributes.get("alt", "")
    silent = attributes.get("type", "").lower() in ("hidden", "checkbox", "radio", "password", "file")
    return "" if silent else attributes.get("value", "")
