"""The mark of a message that came back because nobody had answered it."""

from typing import Final

KEYWORD: Final = "$NoAnswer"
