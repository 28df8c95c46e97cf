"""What of the owner's own stands in a prompt, and for whom."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from worlds import CONFIG, Lab, question

OWNER = '[owner]\nname = "Ada Example"\ntimezone = "Europe/Berlin"\n'
INSTRUCTIONS = """instructions = "Prices are net."
[[owner.for]]
match = "northwind.example"
instructions = "They pay late: ask for half in advance."
[[owner.for]]
match = "bo@northwind.example"
instructions = "Bo likes it short."
[[owner.for]]
match = "contoso.example"
instructions = "Contoso gets no discount."
"""


@pytest.fixture
def lab() -> Iterator[Lab]:
    lab = Lab(CONFIG.replace(OWNER.strip(), OWNER + INSTRUCTIONS))
    lab.cycle()
    yield lab
    lab.close()


def prompt(lab: Lab, call: int = -1) -> str:
    assert lab.endpoint is not None
    return "\n".join(message["content"] for message in lab.endpoint.asked[call])


def test_instructions_that_fit_a_reader_are_in_the_prompt_in_order(lab: Lab) -> None:
    lab.flag(question())  # from mara@northwind.example, a copy to bo@northwind.example

    lab.cycle()

    told = ["Prices are net.", "They pay late: ask for half in advance.", "Bo likes it short."]
    places = [prompt(lab).index(line) for line in told]
    assert places == sorted(places)
    assert "Contoso" not in prompt(lab)


def test_instructions_follow_the_reader_and_not_the_sender(lab: Lab) -> None:
    headers = {"From": "Mara <mara@northwind.example>", "Reply_To": "x@evil.example", "To": "ada@example.org"}
    lab.flag(question(**headers))

    lab.cycle()

    assert "Prices are net." in prompt(lab)
    assert "They pay late" not in prompt(lab)
