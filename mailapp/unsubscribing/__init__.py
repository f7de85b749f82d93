"""Leaving mailing lists: in one click (RFC 8058), by mail (RFC 2369), or on the page of the sender."""
