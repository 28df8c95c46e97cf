"""The short form of ``make hostile``: each attack mail with one way in which a model misbehaves, each way at least
once."""

from __future__ import annotations

from itertools import cycle

import pytest
from hostile import BEHAVIOURS, Attack, own, violations

RUNS = list(zip(own(), cycle(BEHAVIOURS), strict=False))


def test_every_way_to_misbehave_is_tried() -> None:
    assert {behaviour for _, behaviour in RUNS} == set(BEHAVIOURS)


@pytest.mark.parametrize(("mail", "behaviour"), RUNS)
def test_no_guarantee_is_broken_whatever_the_model_writes(mail: Attack, behaviour: str) -> None:
    assert violations(mail, behaviour) == []
