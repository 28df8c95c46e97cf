"""The lines of a text while it is written: blanks, blank lines and list marks wait for the next word.

Owns quote marks, indentation and where blank lines go. Refuses to know what the text is made from.
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
        self.length += len(self.lines[-1])
        self.gap, self.mark = -1, ""

    def end_paragraph(self) -> None:
        self.end_line()
        if not self.mark:
            self.gap = min(self.quotes, MAX_QUOTES)

    def finished(self) -> str:
        self.end_line()
        return "\n".join(self.lines)
