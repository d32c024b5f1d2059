"""Credit (MUX-CREDIT-003): the table of the specification, and its rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk.multiplex.credit import WINDOW, Balance


@pytest.mark.parametrize(
    ("taken", "size", "admitted"),
    [
        (0, 65536, True),
        (0, 65537, True),
        (1, 65536, False),
        (65436, 100, True),
        (65536, 1, False),
        (65537, 1, False),
        (0, 0, False),
    ],
)
def test_what_is_admitted(taken: int, size: int, admitted: bool) -> None:
    balance = Balance()
    balance.take(taken)
    assert balance.admits(size) == admitted


@given(st.lists(st.integers(-5, 2 * WINDOW)))
def test_no_more_is_given_than_was_taken(steps: list[int]) -> None:
    balance, owed = Balance(), 0
    for step in steps:
        if balance.admits(step):
            balance.take(step)
            owed += step
        elif balance.give(step):
            assert 0 < step <= owed
            owed -= step
        else:
            assert not 0 < step <= owed
        assert balance.left == WINDOW - owed
