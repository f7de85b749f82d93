"""Exporting contacts as vCards or as a table."""

from collections.abc import Collection
from enum import StrEnum
from uuid import UUID

from mailapp.access import Right
from mailapp.contacts import book as books
from mailapp.contacts import csv_tables, vcards
from mailapp.contacts.book import OpenBook


class Format(StrEnum):
    VCARD_4 = "vcard4"
    VCARD_3 = "vcard3"
    GOOGLE = "google"
    OUTLOOK = "outlook"


def export(book: OpenBook, wanted: Format, keys: Collection[UUID] | None = None) -> tuple[str, str, bytes]:
    """Return file name, content type and octets of all contacts, or of these.

    Groups are in vCards only: tables have no place for them.
    """
    book.mailbox.require(Right.READ)
    rows = book.contacts.order_by("uid")
    if keys is not None:
        rows = rows.filter(key__in=list(keys))
    opened = (books.opened(book, row) for row in rows.iterator(200))
    if wanted in (Format.VCARD_3, Format.VCARD_4):
        version = "3.0" if wanted is Format.VCARD_3 else "4.0"
        text = vcards.write_all((contact.card for contact in opened), version)
        return "contacts.vcf", "text/vcard; charset=utf-8", text.encode()
    people = [contact.card for contact in opened if not contact.summary.is_group]
    text = csv_tables.write_google(people) if wanted is Format.GOOGLE else csv_tables.write_outlook(people)
    # The mark tells Excel and Outlook that it is UTF-8.
    return f"contacts-{wanted}.csv", "text/csv; charset=utf-8", b"\xef\xbb\xbf" + text.encode("utf-8", "replace")
