"""What a report of non-delivery says, in words (RFC 3464, enhanced status codes of RFC 3463)."""

import re

from django.utils.translation import gettext as _

from mailapp.mime import charsets, parse
from mailapp.mime.addresses import is_valid_addr_spec

_MOST_RECIPIENTS = 20
_LARGEST_REPORT = 200_000
_REPORT_TYPES = ("message/delivery-status", "message/global-delivery-status")
_CODE = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


def explain(raw: bytes) -> list[str]:
    """Return one sentence for each recipient of the report; none when it cannot be read."""
    parsed = parse.parse(raw)
    number = next((part.number for part in parsed.other_parts if part.content_type in _REPORT_TYPES), None)
    if number is None:
        return []
    try:
        octets = parse.part_content(raw, number).octets[:_LARGEST_REPORT]
    except LookupError:
        return []
    sentences = []
    for fields in _groups(charsets.decode(octets, "utf-8")[0])[1:][:_MOST_RECIPIENTS]:
        recipient = (fields.get("original-recipient") or fields.get("final-recipient") or "").rpartition(";")[2].strip()
        if not is_valid_addr_spec(recipient):
            recipient = (fields.get("final-recipient") or "").rpartition(";")[2].strip()
        if recipient:
            code = fields.get("status") or fields.get("diagnostic-code") or ""
            sentences.append(_sentence(recipient[:320], fields.get("action", "").lower(), code))
    return sentences


def _groups(text: str) -> list[dict[str, str]]:
    """Read groups of header fields, separated by empty lines: the first is about the message, the others each about
    one recipient."""
    groups: list[dict[str, str]] = [{}]
    name = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line.strip():
            if groups[-1]:
                groups.append({})
        elif line[0] in " \t" and name:
            groups[-1][name] = f"{groups[-1].get(name, '')} {line.strip()}"
        elif ":" in line:
            name, _colon, value = line.partition(":")
            name = name.strip().lower()
            groups[-1].setdefault(name, value.strip())
    return [group for group in groups if group]


def _sentence(recipient: str, action: str, code: str) -> str:
    values = {"recipient": recipient}
    found = _CODE.search(code)
    kind, subject, detail = found.groups() if found else ("", "", "")
    if action == "delayed" or (kind == "4" and action != "failed"):
        return _("The message to %(recipient)s is late. It will be tried again; you need not do anything.") % values
    if action in ("delivered", "relayed", "expanded"):
        return _("The message to %(recipient)s was delivered.") % values
    if (subject, detail) in (("1", "1"), ("1", "6"), ("1", "10")):
        return (
            _(
                "The message to %(recipient)s was not delivered: the address does not exist. Check the spelling and "
                "send again."
            )
            % values
        )
    if (subject, detail) in (("1", "2"), ("4", "4")):
        return (
            _(
                "The message to %(recipient)s was not delivered: its domain does not exist or takes no mail. Check the "
                "spelling and send again."
            )
            % values
        )
    if subject == "2" and detail == "1":
        return _("The message to %(recipient)s was not delivered: the mailbox is closed.") % values
    if subject == "2" and detail == "2":
        return _("The message to %(recipient)s was not delivered: the mailbox is full. Try again later.") % values
    if (subject, detail) in (("2", "3"), ("3", "4")):
        return (
            _("The message to %(recipient)s was not delivered: it is too large. Send it with smaller files.") % values
        )
    if subject == "7":
        return (
            _(
                "The message to %(recipient)s was refused by the other side’s rules. Ask the recipient how to reach "
                "them."
            )
            % values
        )
    if subject == "4":
        return _("The message to %(recipient)s was not delivered: the other side could not be reached.") % values
    return _("The message to %(recipient)s was not delivered.") % values
