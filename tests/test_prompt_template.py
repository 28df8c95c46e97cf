"""What a template of the prompt may do, and what becomes of one that does more."""

from __future__ import annotations

import time
from typing import Any

import pytest
from making import MARA, make_mail
from test_prompt_build import NOW, VOICE

from mailbot import templates
from mailbot.errors import OwnerMustAct
from mailbot.prompt import values
from mailbot.prompt.context import Context
from mailbot.prompt.template import NAMES, Broken, Template, render
from mailbot.prompt.wanted import Wanted

WANTED = Wanted(mail=make_mail(), fresh="Can you make twelve?", to=(MARA,))
FILE = "/home/ada/prompt/owner.jinja"
VALUES: dict[str, Any] = {
    "name": "Ada",
    "days": ["Monday", "Tuesday"],
    "notes": [{"id": "n1", "text": "x"}],
    "wish": "",
}


def rendered(text: str, values: dict[str, Any] = VALUES) -> str:
    return render(Template(FILE, text), values)


def broken(text: str, values: dict[str, Any] = VALUES) -> str:
    with pytest.raises(Broken) as caught:
        rendered(text, values)
    assert isinstance(caught.value, OwnerMustAct)
    assert caught.value.kind == "prompt"
    assert FILE in caught.value.reason
    return caught.value.reason


def test_a_template_shows_values_chooses_and_repeats() -> None:
    text = """
    {% if wish %}
    Wish: {{ wish }}
    {% else %}
    {{ name }}: {{ days | join(", ") }}
    {% endif %}



    {% for note in notes %}
    {{ note.id }}{% if not loop.last %},{% endif %}
    {% endfor %}
    """

    assert [line.strip() for line in rendered(text).split("\n")] == ["Ada: Monday, Tuesday", "", "n1"]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("one\ntwo {{ nmae }}", 2, "there is no nmae here; there are: days, name, notes, wish"),
        ("one\n\n{% for n in notes %}\n{{ n.txet }}{% endfor %}", 4, "txet"),
        ("one\n{% if name %}", 2, "endif"),
        ("{{ name", 1, ""),
        ("a\n{{ name.__class__ }}", 2, "unsafe"),
        ("a\n{% for i in range(9) %}{% endfor %}", 2, "no calls such as range()"),
        ("{{ name * 999999999 }}", 1, "no arithmetic"),
        ("{{ name | center(999999999) }}", 1, "there is no filter center"),
        ("{{ name | join(name) }}", 1, "join may only stand right behind a value"),
        ("{{ name | upper | join(', ') }}", 1, "join may only stand right behind a value"),
        ("a\n{% include '/etc/passwd' %}", 2, "no include"),
        ("{% macro m() %}{% endmacro %}", 1, "no macro"),
        ("{% set x = 1 %}", 1, "no set"),
        ("{% for i in name < days %}{% endfor %}", 1, "not supported"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(text: str, line: int, says: str) -> None:
    reason = broken(text)

    assert f"{FILE}, line {line}" in reason
    assert says in reason


def test_a_template_that_says_nothing_is_broken() -> None:
    assert broken("{% if wish %}x{% endif %}\n").endswith("it says nothing")


@pytest.mark.parametrize(
    "text",
    [
        "x" + "{% for a in name %}" * 9 + "{% endfor %}" * 9,
        "{% for a in name %}{{ name }}{% endfor %}",
        "{% if name %}" * 5000 + "{% endif %}" * 5000,
        "{{ " + "(" * 5000 + "name" + ")" * 5000 + " }}",
        "{{ " + "not " * 20_000 + "name }}",
        "{% if name %}" * 60 + "{% endif %}" * 60,
    ],
)
def test_no_template_hangs_or_grows_without_end(text: str) -> None:
    started = time.process_time()
    broken(text, {"name": "x" * 5_000})

    assert time.process_time() - started < 2


def test_a_value_is_never_read_as_a_template() -> None:
    assert rendered("{{ name }}", {**VALUES, "name": "{{ wish }}{% for %}"}) == "{{ wish }}{% for %}"


def test_mailbots_own_templates_need_nothing_that_is_not_there() -> None:
    own = templates.read("")
    there = {
        "system": {},
        "owner": values.owner(VOICE, ("ada@example.org",), ()),
        "reply": {**values.reply(WANTED, Context(), NOW), "analysis": False},
        "analysis": {},
        "task": {"analysis": True},
    }

    assert set(there) == set(NAMES) == set(own)
    assert all(render(own[name], there[name]) for name in NAMES)
