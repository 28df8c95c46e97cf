"""The lines of a text while it is written: blanks, blank lines and list marks wait for the next word.

Owns quote marks, indentation, cells beside each other and where blank lines go. Refuses to know what the text is made
from.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_QUOTES = 20  # levels of "> "
MAX_LISTS = 8  # levels of indentation


@dataclass(slots=True)
class Lines:
    """The lines so far and the one being written."""

    lines: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    space: bool = False
    gap: int = -1  # quote level of the blank line before the next line; -1 for none
    mark: str = ""  # of the list item that begins here
    held: bool = False  # a blank that does not collapse: it makes a line, even alone
    quotes: int = 0
    lists: int = 0
    length: int = 0  # characters of the lines so far
    written: int = 0  # lines so far, without blank ones
    last: tuple[str, int] = ("", 0)  # the newest of them: text and quote level; -1 behind a list mark
    fresh: bool = False  # a cell of a table began, and no word stands in it yet
    open: bool = False  # the cell before ended on a line of its own, and the next one goes on there

    def word(self, text: str) -> None:
        self.current.append(" " + text if self.space and self.current else text)
        self.space = self.fresh = self.open = False

    def begin_cell(self) -> None:
        """The cells of a row stand beside each other."""
        if self.open:
            self.length -= len(self.lines.pop())
            self.written -= 1
            self.gap = -1
            self.current.append(self.last[0])
        if self.current:
            self.space = True
            self.word("|")
            self.space = True
        self.fresh, self.open = True, False

    def end_cell(self, before: int) -> None:
        """``before``: what ``written`` was when it began. Outlook makes a paragraph of whatever stands in a cell: where
        that is one line, none is blank around it, and the next cell of the row goes on behind it."""
        self.fresh = False
        if self.current or self.written != before + 1:
            return
        self.gap = -1
        self.open = self.last[1] == self._level()

    def end_line(self) -> None:
        line = "".join(self.current).rstrip()
        self.current.clear()
        held, self.space, self.held = self.held, False, False
        self.open = False
        level = self._level()
        if not line:
            if held and not self.mark:
                self.gap = level
            return
        if self.gap >= 0 and self.lines:
            self.lines.append(("> " * min(self.gap, level)).rstrip())
        indent = "  " * min(max(self.lists - 1, 0), MAX_LISTS)
        # The signature mark loses its blank in HTML, but it is known by it (RFC 3676 4.3).
        self.lines.append(f"{'> ' * level}{indent}{self.mark}{'-- ' if line == '--' else line}")
        self.length += len(self.lines[-1])
        self.written += 1
        self.last = (line, -1 if self.mark else level)
        self.gap, self.mark = -1, ""

    def end_paragraph(self) -> None:
        self.end_line()
        if not self.mark:
            self.gap = self._level()

    def _level(self) -> int:
        return min(self.quotes, MAX_QUOTES)

    def finished(self) -> str:
        self.end_line()
        return "\n".join(self.lines)
