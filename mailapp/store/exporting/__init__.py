"""Taking mail along: a folder or the whole mailbox as mbox, or as an archive of messages."""
