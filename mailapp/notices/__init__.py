"""Telling people of new mail while no page of theirs is open: web push (RFC 8030, 8291, 8292)."""
