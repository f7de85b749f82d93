"""Mailboxes, folders, messages, contents, conversations and quota."""
