"""What README.md says about the program is compared with the program: commands, targets, keys, paths, tests, states."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from mailbot.cli import VERBS
from mailbot.cli import commands as command_line
from mailbot.job import TRANSITIONS, State

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "deploy").glob("*.md")))
}

FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
ARROW = re.compile(r"^ +(\S+) --> (\w+): ([\w, ]+)$", re.MULTILINE)

Edges = set[tuple[str, State | None, State]]


def fences(page: str, *kinds: str) -> list[str]:
    """The blocks of code whose first line names one of the kinds."""
    return [text for kind, text in FENCE.findall(page) if kind in kinds]


def words(page: str) -> list[str]:
    """What stands between backticks in the prose."""
    return CODE.findall(FENCE.sub("", page))


def commands(page: str) -> list[str]:
    """What a reader may type: lines of shell blocks, and code in the prose."""
    return [line.strip() for block in fences(page, "sh", "cron") for line in block.splitlines()] + words(page)


def state(name: str) -> State | None:
    return None if name == "[*]" else State(name)


def drawn() -> Edges:
    """The arrows of the diagram: event, state before, state after."""
    (diagram,) = fences(README, "mermaid")
    lines = [line for line in diagram.splitlines() if "-->" in line]
    arrows = ARROW.findall(diagram)
    assert len(arrows) == len(lines), "an arrow that cannot be read"
    return {(event, state(a), State(b)) for a, b, events in arrows for event in events.split(", ")}


def example() -> dict[str, Any]:
    """config.example.toml with its optional lines."""
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    return tomllib.loads(re.sub(r"^#: ", "", text, flags=re.MULTILINE))


def paths(table: Any, above: str = "") -> Iterator[str]:
    """Every key of a table and of those in it, with dots: account.imap.host."""
    if isinstance(table, list):
        for each in table:
            yield from paths(each, above)
    elif isinstance(table, dict):
        for key, value in table.items():
            yield f"{above}{key}"
            yield from paths(value, f"{above}{key}.")


def test_the_diagram_is_that_of_the_code() -> None:
    code = {(event, a, b) for event, moves in TRANSITIONS.items() for a, b in moves.items()}

    assert drawn() == {edge for edge in code if edge[1] != edge[2]}


def test_every_command_is_named() -> None:
    named = {match[1] for code in words(README) if (match := re.match(r"mailbot (\w+)", code))}

    assert named == set(VERBS)


@pytest.mark.parametrize("page", PAGES)
def test_no_command_is_named_that_is_not_there(page: str) -> None:
    spoken = re.compile(r"(?:^|(?<!-u)[ /])mailbot (\w+)")  # -u: the user, or the unit
    named = {match[1] for line in commands(PAGES[page]) for match in spoken.finditer(line)}

    assert named, "the page names no command at all"
    assert named - set(VERBS) == set()


@pytest.mark.parametrize("page", PAGES)
def test_no_option_is_named_that_is_not_there(page: str) -> None:
    whole = [re.sub(r"\\\n *", "", block) for block in fences(PAGES[page], "sh", "cron")]
    lines = [line for block in whole for line in block.splitlines()] + words(PAGES[page])
    said = [
        m for line in lines if (m := re.search(r"(?<!-u )\bmailbot ([a-z]+)((?: [^|#]*)?)", line)) and m[1] in VERBS
    ]
    named = {(m[1], option) for m in said for option in re.findall(r"(?<= )--[a-z-]+", m[2])}

    assert {(verb, option) for verb, option in named if option not in options(verb)} == set()


def options(verb: str) -> set[str]:
    command = command_line.get_command(click.Context(command_line), verb)
    assert command is not None
    groups = command.commands.values() if isinstance(command, click.Group) else [command]
    return {option for each in groups for parameter in each.params for option in parameter.opts} | {"--help"}


def test_every_target_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {m[1] for line in commands(README) if (m := re.match(r"make (?:\w+=\S+ )?([a-z-]+)", line))}

    assert {"demo", "test"} <= named
    assert named - targets == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_key_is_in_the_example_config(page: str) -> None:
    tables = example()
    known = set(paths(tables))
    dotted = {w for w in words(PAGES[page]) if re.fullmatch(r"[a-z]+(\.[a-z_]+)+", w) and w.partition(".")[0] in tables}
    named = dotted | {key for block in fences(PAGES[page], "toml") for key in paths(tomllib.loads(_flush(block)))}

    assert named - known == set()


def _flush(block: str) -> str:
    """A block of a list item, without its indentation."""
    return "\n".join(line.strip() for line in block.splitlines())


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_named_exists(page: str) -> None:
    text = PAGES[page]
    named = set(re.findall(r"(?<![\w/.])(?:tests|mailbot|deploy)/[\w./]*\w", text))
    linked = {(ROOT / page).parent / target for target in re.findall(r"\]\(([\w./]+)(?:#[\w-]+)?\)", text)}

    assert [path for path in (*(ROOT / name for name in named), *linked) if not path.exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_section_that_is_linked_exists(page: str) -> None:
    links = re.findall(r"\]\(([\w./]*)#([\w-]+)\)", PAGES[page])
    there = {name: {anchor(h) for h in re.findall(r"^#+ (.+)$", text, re.MULTILINE)} for name, text in PAGES.items()}
    pages = {(ROOT / page).parent / name if name else ROOT / page for name, _ in links}

    assert {str(each.relative_to(ROOT)) for each in pages} <= set(PAGES)
    assert [
        (name, section)
        for name, section in links
        if section not in there[str(((ROOT / page).parent / name if name else ROOT / page).relative_to(ROOT))]
    ] == []


def anchor(heading: str) -> str:
    """The name by which a section is linked, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_every_test_that_is_named_exists() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    there = set(re.findall(r"^def (test_\w+)", sources, re.MULTILINE))

    assert {w for w in words(README) if re.fullmatch(r"test_\w+", w)} - there == set()


def test_every_package_and_module_is_in_the_layout() -> None:
    layout = README.partition("## Work on it")[2].partition("```text")[2].partition("```")[0]
    there = {p.name + "/" if p.is_dir() else p.name for p in (ROOT / "mailbot").iterdir() if p.name[0] != "_"}

    assert set(re.findall(r"(?<!\w)[a-z]+(?:\.py|/)", layout)) - {"mailbot/", "store.py"} == there
