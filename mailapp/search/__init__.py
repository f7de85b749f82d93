"""Searching mail that is encrypted: words become keyed numbers in the database's own inverted index."""
