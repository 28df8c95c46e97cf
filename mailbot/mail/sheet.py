"""The rules of style elements, and which of them an element gets.

Owns selectors: a tag, classes, an id, and what has to be open around the element (``.dark td``, ``table > .x``, both
read as "somewhere inside"). No siblings, no states, no attributes, and no media query that names more than a screen:
such rules are left out. Refuses to know what is declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mailbot.mail.style import Declarations, declarations, uncommented

MAX_RULES = 20_000  # of a page; newsletters have some hundreds
MAX_LOOKS = 500_000  # of a mail's elements at selectors that could be theirs, and at rules that are: a second at most
_AROUND = 8  # elements that a selector names around the innermost
_COMPOUND = re.compile(r"(?:[a-z][a-z0-9]*)?(?:[.#][a-z0-9_-]+){0,4}")
_NAME = re.compile(r"[.#]?[a-z0-9_-]+")
_STATES = re.compile(r":(?:link|visited)\b")  # as good as the link itself
_ON_PAPER = re.compile(r"\s*(?:only\s+)?(?:print|speech)\b")
_PLAIN_MEDIA = re.compile(r"@media\s+(?:only\s+)?(?:all|screen)\s*\{")

Weight = tuple[int, int, int]  # ids, classes, tags: which rule wins (CSS cascade, specificity)


@dataclass(frozen=True, slots=True)
class _Selector:
    """``own``: names that the element must have; ``around``: names that must be open around it."""

    own: frozenset[str]
    around: frozenset[str]
    weight: Weight


@dataclass(frozen=True, slots=True)
class _Rule:
    """``number``: of two with one weight, the later one wins."""

    weight: Weight
    number: int
    declared: Declarations


@dataclass(slots=True)
class Looks:
    """How many are left to all pages of a mail together: a mail can have a hundred."""

    left: int = MAX_LOOKS


@dataclass(slots=True)
class Rules:
    """All rules of a page, by the most telling name of the innermost element: "#id", ".class" or "tag". ``whole``:
    none was passed over, for want of time, when it was read or asked for."""

    looks: Looks = field(default_factory=Looks)
    whole: bool = True
    _by_name: dict[str, dict[_Selector, list[_Rule]]] = field(default_factory=dict)
    _number: int = 0

    def __contains__(self, tag: str) -> bool:
        return tag in self._by_name

    def read(self, source: str) -> None:
        """Adds the rules of one style element."""
        depth = 0
        text = uncommented(source).lower().replace("<!--", "").replace("-->", "")
        for chunk in _PLAIN_MEDIA.sub("", text).split("}"):
            prelude, opened, body = chunk.rpartition("{")
            if opened and not depth and "{" not in prelude:
                self._add(prelude, declarations(body))
            depth = max(depth + chunk.count("{") - 1, 0)

    def declared(self, tag: str, attributes: Mapping[str, str], opened: Mapping[str, int]) -> Declarations:
        """What the rules say of an element; ``opened`` are the tags, classes and ids around it."""
        own = {tag, *names(attributes)}
        named = [rules for name in own if (rules := self._by_name.get(name))]
        self.looks.left -= sum(map(len, named))
        if self.looks.left < 0:
            self.whole = False
            return {}
        found = [
            rule
            for rules in named
            for selector, declaring in rules.items()
            if selector.own <= own and all(map(opened.get, selector.around))
            for rule in declaring
        ]
        self.looks.left -= len(found)
        declared: Declarations = {}
        for rule in sorted(found, key=lambda rule: (rule.weight, rule.number)):
            declared |= rule.declared
        return declared

    def _add(self, prelude: str, declared: Declarations) -> None:
        if not declared:
            return
        for written in prelude.rpartition(";")[2].split(","):
            if self._number >= MAX_RULES:
                self.whole = False
                return
            self._number += 1
            selector = _selector(written)
            if selector is not None:
                rules = self._by_name.setdefault(max(selector.own, key=_telling), {})
                before = (_without(earlier, declared) for earlier in rules.get(selector, ()))
                kept = [rule for rule in before if rule.declared]
                rules[selector] = [*kept, _Rule(selector.weight, self._number, declared)]


def is_for_screens(media: str) -> bool:
    """Whether any of the media that a style element names in its attribute is one; a doubtful one is."""
    return not all(map(_ON_PAPER.match, media.lower().split(",")))


def names(attributes: Mapping[str, str]) -> tuple[str, ...]:
    """The names of an element by which rules find it, beside its tag."""
    classes = [f".{name}" for name in attributes.get("class", "").lower().split()]
    id = attributes.get("id", "").strip().lower()
    return tuple(dict.fromkeys((*classes, f"#{id}") if id else classes)) if classes or id else ()


def _without(earlier: _Rule, later: Declarations) -> _Rule:
    """What a later rule with the same selector leaves of an earlier one."""
    left = {name: value for name, value in earlier.declared.items() if name not in later}
    return _Rule(earlier.weight, earlier.number, left)


def _selector(selector: str) -> _Selector | None:
    compounds = [list(_parts(one)) for one in _STATES.sub("", selector).replace(">", " ").split()[: _AROUND + 2]]
    if not compounds or len(compounds) > _AROUND + 1 or not all(compounds):
        return None
    flat = [name for compound in compounds for name in compound]
    weight = (sum(n[0] == "#" for n in flat), sum(n[0] == "." for n in flat), sum(n[0] not in "#." for n in flat))
    around = frozenset(name for compound in compounds[:-1] for name in compound)
    return _Selector(frozenset(compounds[-1]), around, weight)


def _parts(compound: str) -> Iterator[str]:
    """The names in "td.x#y"; none when it holds anything else, such as a state or an attribute."""
    if _COMPOUND.fullmatch(compound):
        yield from _NAME.findall(compound)


def _telling(name: str) -> tuple[int, str]:
    """Few elements have an id, more a class, most a tag."""
    return (2 if name.startswith("#") else 1 if name.startswith(".") else 0), name
