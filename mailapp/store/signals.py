"""What the store announces to the rooms above it. All are sent inside the transaction that did it."""

from contextvars import ContextVar

from django.dispatch import Signal

# More mail is waiting behind this: receivers leave to their sweeps whatever can be done later and cheaper together.
is_under_load: ContextVar[bool] = ContextVar("is_under_load", default=False)

# mailbox: OpenMailbox, messages: list[Message], parsed: list[ParsedMessage] in the same order
messages_stored = Signal()
# source: OpenFolder, target: OpenFolder, messages: list[Message] as they are now, in the target
messages_moved = Signal()
# mailbox: OpenMailbox, message_ids: list[int]; the rows are about to go
messages_expunged = Signal()
