"""The rules of style elements, and which of them an element gets.

Owns selectors: a tag, classes, an id, and what has to be open around the element (``.dark td``, ``table > .x``, both
read as "somewhere inside"). No siblings, no states, no attributes, and no media query that names more than a screen:
such rules are left out. Refuses to know what is declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from mailbot.mail.style import Declarations, declarations, uncommented

MAX_SHEET = 64 * 1024  # characters of one style element
MAX_RULES = 2_000  # of a page
MAX_ALIKE = 8  # rules of different selectors for one innermost name
MAX_NAMES = 20  # classes of an element
_AROUND = 4  # elements that a selector names around the innermost
_COMPOUND = re.compile(r"(?:[a-z][a-z0-9]*)?(?:[.#][a-z0-9_-]+){0,4}")
_NAME = re.compile(r"[.#]?[a-z0-9_-]+")
_STATES = re.compile(r":(?:link|visited)\b")  # as good as the link itself
_PLAIN_MEDIA = re.compile(r"@media\s+(?:only\s+)?(?:all|screen)\s*\{")

Weight = tuple[int, int, int]  # ids, classes, tags: which rule wins (CSS cascade, specificity)


@dataclass(frozen=True, slots=True)
class _Rule:
    """``own``: names that the element must have; ``around``: names that must be open around it; ``number``: of two with
    one weight, the later one wins."""

    own: frozenset[str]
    around: frozenset[str]
    weight: Weight
    number: int
    declared: Declarations


@dataclass(slots=True)
class Rules:
    """All rules of a page, by the most telling name of the innermost element: "#id", ".class" or "tag"."""

    _by_name: dict[str, list[_Rule]] = field(default_factory=dict)
    _count: int = 0
    _number: int = 0

    def __contains__(self, tag: str) -> bool:
        return tag in self._by_name

    def read(self, source: str) -> None:
        """Adds the rules of one style element."""
        depth = 0
        text = uncommented(source[:MAX_SHEET]).lower().replace("<!--", "").replace("-->", "")
        for chunk in _PLAIN_MEDIA.sub("", text).split("}"):
            prelude, opened, body = chunk.rpartition("{")
            if opened and not depth and "{" not in prelude:
                self._add(prelude, declarations(body))
            depth = max(depth + chunk.count("{") - 1, 0)

    def declared(self, tag: str, attributes: Mapping[str, str], opened: Mapping[str, int]) -> Declarations:
        """What the rules say of an element; ``opened`` are the tags, classes and ids around it."""
        own = {tag, *names(attributes)}
        found = [
            rule
            for name in own
            for rule in self._by_name.get(name, ())
            if rule.own <= own and all(map(opened.get, rule.around))
        ]
        declared: Declarations = {}
        for rule in sorted(found, key=lambda rule: (rule.weight, rule.number)):
            declared |= rule.declared
        return declared

    def _add(self, prelude: str, declared: Declarations) -> None:
        if not declared:
            return
        for selector in prelude.rpartition(";")[2].split(","):
            self._number += 1
            rule = _rule(selector, self._number, declared)
            if rule is None or self._count >= MAX_RULES:
                continue
            name = max(rule.own, key=_telling)
            before = self._by_name.get(name, [])
            alike = [left for other in before if (left := _without(other, rule)) is not None]
            if len(alike) < MAX_ALIKE:
                alike.append(rule)
            self._count += len(alike) - len(before)
            self._by_name[name] = alike


def names(attributes: Mapping[str, str]) -> tuple[str, ...]:
    """The names of an element by which rules find it, beside its tag."""
    classes = [f".{name}" for name in attributes.get("class", "").lower().split()[:MAX_NAMES]]
    id = attributes.get("id", "").strip().lower()
    return tuple(dict.fromkeys((*classes, f"#{id}") if id else classes)) if classes or id else ()


def _without(earlier: _Rule, later: _Rule) -> _Rule | None:
    """What a later rule with the same selector leaves of an earlier one."""
    if (earlier.own, earlier.around) != (later.own, later.around):
        return earlier
    left = {name: value for name, value in earlier.declared.items() if name not in later.declared}
    return replace(earlier, declared=left) if left else None


def _rule(selector: str, number: int, declared: Declarations) -> _Rule | None:
    compounds = [list(_parts(one)) for one in _STATES.sub("", selector).replace(">", " ").split()[: _AROUND + 2]]
    if not compounds or len(compounds) > _AROUND + 1 or not all(compounds):
        return None
    flat = [name for compound in compounds for name in compound]
    weight = (sum(n[0] == "#" for n in flat), sum(n[0] == "." for n in flat), sum(n[0] not in "#." for n in flat))
    around = frozenset(name for compound in compounds[:-1] for name in compound)
    return _Rule(frozenset(compounds[-1]), around, weight, number, declared)


def _parts(compound: str) -> Iterator[str]:
    """The names in "td.x#y"; none when it holds anything else, such as a state or an attribute."""
    if _COMPOUND.fullmatch(compound):
        yield from _NAME.findall(compound)


def _telling(name: str) -> tuple[int, str]:
    """Few elements have an id, more a class, most a tag."""
    return (2 if name.startswith("#") else 1 if name.startswith(".") else 0), name
