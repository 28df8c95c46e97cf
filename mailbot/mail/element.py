"""What kinds of HTML elements there are, for whoever reads their text. Refuses to know how that text is written."""

from __future__ import annotations

# Without content and without an end tag.
VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
}  # fmt: skip
# Their content is never seen.
NEVER = {
    "template", "noscript", "select", "datalist", "object", "video", "audio", "canvas", "svg", "math", "head",
}  # fmt: skip
# All that may stand in a head, beside Outlook's "o:..."; anything else ends it, as in a browser.
IN_HEAD = {"meta", "link", "base", "noscript", "template", "object", "xml"}
# A blank line stands before and after these; the others begin and end a line.
BLANK = {"p", "blockquote", "ul", "ol", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "table", "pre"}
BREAK = BLANK | {
    "div", "tr", "li", "dt", "dd", "section", "article", "header", "footer", "main", "aside", "nav", "address",
    "center", "fieldset", "form", "body",
}  # fmt: skip
CELL = {"td", "th"}
# What an element closes when it begins right inside it: these end tags are optional in HTML, or links in links.
CLOSES = {
    "a": ("a",),
    "li": ("p", "li"),
    "dt": ("p", "dt", "dd"),
    "dd": ("p", "dt", "dd"),
    "td": ("p", "td", "th"),
    "th": ("p", "td", "th"),
    "tr": ("p", "td", "th", "tr"),
}


def number(written: str, default: int) -> int:
    """The number that an ordered list begins or goes on with."""
    written = written.strip()
    return int(written) if len(written) <= 6 and written.isascii() and written.isdigit() else default


def label(name: str, attributes: dict[str, str]) -> str:
    """The words that an element without content shows: of a picture, of a button or a filled-in field."""
    if name == "img":
        return attributes.get("alt", "")
    silent = attributes.get("type", "").lower() in ("hidden", "checkbox", "radio", "password", "file")
    return "" if silent else attributes.get("value", "")
