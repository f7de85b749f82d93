import pytest

from workmail.numbers import natural


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), (b"42", 42), ("", None), ("²", None), ("٣", None), ("-1", None), ("1\n", None), ("9" * 5000, None)],
)
def test_only_short_runs_of_ascii_digits_are_numbers(text, number):
    assert natural(text) == number
