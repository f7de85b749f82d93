"""A filter of words, trained by what the owner of a mailbox calls junk.

Every act is a ``Lesson`` first, written in the transaction of the act; a task learns it later, outside of any request.
Words are kept as numbers keyed by the mailbox, so the table says nothing to whoever reads the database.
"""
