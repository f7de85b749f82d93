"""What the store announces to the rooms above it. All are sent inside the transaction that did it."""

from django.dispatch import Signal

# mailbox: OpenMailbox, messages: list[Message], parsed: list[ParsedMessage] in the same order
messages_stored = Signal()
# mailbox: OpenMailbox, message_ids: list[int]; the rows are about to go
messages_expunged = Signal()
