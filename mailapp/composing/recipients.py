"""Who a message goes to: reading what was typed, and saying what is known about each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailapp.access import OpenMailbox
from mailapp.composing.state import Fields
from mailapp.contacts.suggestions import domain_of, inside_domains, member_counts
from mailapp.mime.addresses import format_person, parse_address_list
from mailapp.mime.model import Person
from workmail.directory.addresses import entities_by_address, fold, resolve
from workmail.directory.models import Entity
from workmail.ui import formats

_MOST_NAMED = 2


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient as the page shows it. ``problem`` is a sentence; empty when mail can go there."""

    text: str  # as it stands in the field
    display_name: str
    addr_spec: str
    kind: str = ""  # an Entity.Kind, or empty
    is_outside: bool = False
    member_count: int = 0  # of a group
    problem: str = ""

    @property
    def label(self) -> str:
        return self.display_name or self.addr_spec or self.text


def read(text: str) -> tuple[Person, ...]:
    """Return everybody in a recipient field. What is no address has an empty ``addr_spec`` and keeps its text."""
    return parse_address_list(text)


def write(people: Iterable[Person]) -> str:
    """Return the text of a recipient field with these people, names quoted where they must be."""
    return ", ".join(format_person(person) for person in people if person.addr_spec)


def usable(text: str) -> tuple[Person, ...]:
    """Return those in the field that are addresses, each once."""
    found: dict[str, Person] = {}
    for person in read(text):
        if person.addr_spec:
            found.setdefault(fold(person.addr_spec), person)
    return tuple(found.values())


def all_of(fields: Fields) -> tuple[Person, ...]:
    """Return everybody the draft would go to, each once, To before Cc before Bcc."""
    return usable(", ".join(text for text in (fields.to, fields.cc, fields.bcc) if text))


def unusable(fields: Fields) -> list[str]:
    """Return what was typed as a recipient and is no address."""
    return [
        person.display_name
        for text in (fields.to, fields.cc, fields.bcc)
        for person in read(text)
        if not person.addr_spec
    ]


def describe(mailbox: OpenMailbox, people: Sequence[Person]) -> list[Recipient]:
    """Say who each of them is, in the organization of this mailbox."""
    organization = mailbox.mailbox.organization
    addr_specs = [person.addr_spec for person in people if person.addr_spec]
    entities = entities_by_address(organization.pk, addr_specs)
    inside = inside_domains(organization.pk)
    counts = member_counts(entity.pk for entity in entities.values() if entity.kind == Entity.Kind.GROUP)
    described = []
    for person in people:
        if not person.addr_spec:
            problem = _("“%(text)s” is not an address. Correct it or remove it.") % {"text": person.display_name}
            described.append(Recipient(person.display_name, "", "", problem=problem))
            continue
        text, folded = format_person(person), fold(person.addr_spec)
        entity = entities.get(folded)
        if domain_of(folded) not in inside:
            described.append(Recipient(text, person.display_name, person.addr_spec, is_outside=True))
        elif (entity := entity or _entity_behind_tag(person.addr_spec)) is None or not entity.is_enabled:
            problem = _("There is no %(address)s at %(organization)s. Correct it or remove it.") % {
                "address": person.addr_spec,
                "organization": organization.name,
            }
            described.append(Recipient(text, person.display_name, person.addr_spec, problem=problem))
        else:
            described.append(
                Recipient(text, str(entity), person.addr_spec, entity.kind, member_count=counts.get(entity.pk, 0))
            )
    return described


def everybody(mailbox: OpenMailbox, *texts: str) -> list[Recipient]:
    """Describe all that stand in these fields, each once."""
    return once(describe(mailbox, [person for text in texts for person in read(text)]))


def once(recipients: Iterable[Recipient]) -> list[Recipient]:
    """Return each recipient once, whatever field it stands in."""
    found: dict[str, Recipient] = {}
    for recipient in recipients:
        found.setdefault(fold(recipient.addr_spec or recipient.text), recipient)
    return list(found.values())


def sentence(mailbox: OpenMailbox, recipients: Sequence[Recipient]) -> str:
    """Say before sending what sending will do: "Goes to 3 people, 1 outside Example (Helena, example.net)."."""
    if not recipients:
        return _("No recipients yet.")
    bad = [recipient for recipient in recipients if recipient.problem]
    if bad:
        return ngettext(
            "%(count)s recipient cannot be used. Correct it or remove it.",
            "%(count)s recipients cannot be used. Correct or remove them.",
            len(bad),
        ) % {"count": formats.number(len(bad))}
    if len(recipients) > settings.SMTP_MAX_RECIPIENTS:
        return ngettext(
            "A message can have at most %(count)s recipient.",
            "A message can have at most %(count)s recipients.",
            settings.SMTP_MAX_RECIPIENTS,
        ) % {"count": formats.number(settings.SMTP_MAX_RECIPIENTS)}
    outside = [recipient for recipient in recipients if recipient.is_outside]
    # A group counts with its members; an empty one still counts, so that it is not lost in the sum.
    people = sum(max(1, recipient.member_count) for recipient in recipients)
    values: dict[str, Any] = {
        "count": formats.number(people),
        "outside": formats.number(len(outside)),
        "organization": mailbox.mailbox.organization.name,
        # Translators: {name} is a person, {domain} the domain of the address
        "who": "; ".join(
            _("{name}, {domain}").format(name=recipient.display_name, domain=domain_of(recipient.addr_spec))
            if recipient.display_name
            else recipient.addr_spec
            for recipient in outside
        ),
    }
    if not outside:
        return ngettext("Goes to %(count)s person.", "Goes to %(count)s people.", people) % values
    if len(outside) == people:
        return (
            ngettext(
                "Goes to %(count)s person outside %(organization)s.",
                "Goes to %(count)s people, all outside %(organization)s.",
                people,
            )
            % values
        )
    if len(outside) <= _MOST_NAMED:
        return (
            ngettext(
                "Goes to %(count)s person, %(outside)s outside %(organization)s (%(who)s).",
                "Goes to %(count)s people, %(outside)s outside %(organization)s (%(who)s).",
                people,
            )
            % values
        )
    return (
        ngettext(
            "Goes to %(count)s person, %(outside)s outside %(organization)s.",
            "Goes to %(count)s people, %(outside)s outside %(organization)s.",
            people,
        )
        % values
    )


def _entity_behind_tag(addr_spec: str) -> Entity | None:
    """``alice+orders@`` reaches alice; rare, so it is looked up one by one."""
    resolved = resolve(addr_spec) if "+" in addr_spec else None
    return resolved.entity if resolved else None
