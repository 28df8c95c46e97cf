"""A template of the prompt: text with holes, which the owner may have rewritten.

Owns what a template may do: show a value, choose with ``if``, repeat with ``for``. Nothing else, so that it ends soon
and stays small whatever is in it: the language of jinja2 is far larger than a prompt needs. Whatever is wrong with one
is the owner's to mend, with file and line. Refuses to know files: text in, text out. The only importer of jinja2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mailbot.errors import OwnerMustAct

if TYPE_CHECKING:
    from types import CodeType

    from jinja2 import nodes
    from jinja2.sandbox import SandboxedEnvironment

NAMES = ("system", "analysis", "owner", "reply", "task")
KIND = "prompt"  # of the trouble
PASSES = 10_000  # of all loops of one template together
LONGEST = 1_000_000  # characters that one may become

_ALLOWED = {
    *("Template", "Output", "TemplateData", "Name", "Const", "Getattr", "If", "For", "Filter"),
    *("Not", "And", "Or", "Compare", "Operand", "CondExpr"),
}
_FILTERS = ("join", "length", "first", "last", "lower", "upper")
_WORDS = {
    **dict.fromkeys(("Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow", "Neg", "Pos", "Concat"), "arithmetic"),
    **{"Assign": "set", "AssignBlock": "set", "Call": "calls such as range()", "Getitem": "[...]"},
}
_GULF = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Template:
    """``file`` is where its text comes from, for a person who has to mend it."""

    file: str
    text: str


Templates = Mapping[str, Template]  # one for each of NAMES


class Broken(OwnerMustAct):
    """A template that cannot be used. The reason has its file and line."""

    def __init__(self, template: Template, line: int | None, why: str) -> None:
        place = f"{template.file}, line {line}" if line else template.file
        hint = "Correct that file, or delete it to use mailbot's own"
        super().__init__(KIND, f"The template {place}: {' '.join(why.split()).rstrip('.')}", hint)


def render(template: Template, values: Mapping[str, Any]) -> str:
    """The text of a template with these values in it, in which only single empty lines are left. Raises Broken."""
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        text = _rendered(template, values)
    except TemplateSyntaxError as error:
        raise Broken(template, error.lineno, error.message or "is no template") from error
    except RecursionError:
        raise Broken(template, None, "its blocks stand in each other too deep") from None
    except (TemplateError, TypeError, ValueError, SyntaxError) as error:
        raise Broken(template, _line(error, template), str(error)) from error
    if not text:
        raise Broken(template, None, "it says nothing")
    return text


def _rendered(template: Template, values: Mapping[str, Any]) -> str:
    code, environment = _compiled(template, frozenset(values)), _environment(template)
    pieces, length = [], 0
    for piece in environment.template_class.from_code(environment, code, {}, None).generate(**values):
        pieces.append(piece)
        length += len(piece)
        if length > LONGEST:
            raise Broken(template, None, f"it becomes longer than {LONGEST:,} characters")
    return _GULF.sub("\n\n", "".join(pieces)).strip()


@lru_cache(maxsize=2 * len(NAMES))
def _compiled(template: Template, names: frozenset[str]) -> CodeType:
    """What is checked and compiled once; it takes longer than all that is written with it in one prompt."""
    environment = _environment(template)
    tree = environment.parse(template.text, template.file)
    _check(template, tree, names)
    tree.set_environment(environment)  # of the nodes that count the loops, too
    return environment.compile(tree, template.file, template.file)


def _environment(template: Template) -> SandboxedEnvironment:
    """For one rendering, whose loops it counts."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment as Sandbox

    environment = Sandbox(trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    passes = iter(range(PASSES))

    def counted(items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            if next(passes, None) is None:
                raise Broken(template, None, f"its loops go round more than {PASSES:,} times")
            yield item

    environment.filters["counted"] = counted
    return environment


def _check(template: Template, tree: nodes.Template, names: frozenset[str]) -> None:
    """Refuses what is not for templates of a prompt, and makes every loop a counted one."""
    from jinja2 import nodes

    known = {*names, "loop", *(name.name for loop in tree.find_all(nodes.For) for name in loop.find_all(nodes.Name))}
    for node in tree.find_all(nodes.Node):
        kind = type(node).__name__
        if isinstance(node, nodes.Filter):
            _check_filter(template, node)
        if kind not in _ALLOWED:
            what = _WORDS.get(kind, kind.lower())
            raise Broken(template, node.lineno, f"a prompt needs no {what}; there are if, for and the values")
        if isinstance(node, nodes.Name) and node.name not in known:
            there = ", ".join(sorted(names)) or "none"
            raise Broken(template, node.lineno, f"there is no {node.name} here; there are: {there}")
    for loop in list(tree.find_all(nodes.For)):
        loop.iter = nodes.Filter(loop.iter, "counted", [], [], None, None, lineno=loop.lineno)


def _check_filter(template: Template, node: nodes.Filter) -> None:
    """Filters of filters could make much of little."""
    from jinja2 import nodes

    if node.name not in _FILTERS:
        raise Broken(template, node.lineno, f"there is no filter {node.name}; there are: {', '.join(_FILTERS)}")
    alone = isinstance(node.node, nodes.Name | nodes.Getattr)
    if not alone or not all(isinstance(argument, nodes.Const) for argument in node.args):
        raise Broken(template, node.lineno, f"{node.name} may only stand right behind a value, with a text at most")


def _line(error: BaseException, template: Template) -> int | None:
    """The line of the template at which it went wrong: jinja2 puts the template's name into the traceback."""
    step, line = error.__traceback__, None
    while step is not None:
        line = step.tb_lineno if step.tb_frame.f_code.co_filename == template.file else line
        step = step.tb_next
    return line
