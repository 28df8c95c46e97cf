"""kill -9 on the running service, a few times; ``make crash`` does it a thousand times."""

from __future__ import annotations

import crash
import pytest
from dovecot import Dovecot

KILLS = 15
SECONDS = 40.0  # of kills; a busy machine makes fewer of them


@pytest.mark.case(6)
@pytest.mark.timeout(900)
def test_killed_at_random_while_the_owner_works_on_nothing_is_lost_and_nothing_is_double(dovecot: Dovecot) -> None:
    outcome = crash.play(dovecot, kills=KILLS, seed=7, seconds=SECONDS)

    assert outcome.audit.reached, crash.table(outcome)
    assert outcome.audit.drafts > 0
