"""Bringing in mail from elsewhere: mbox, Maildir, trees of .eml files."""
