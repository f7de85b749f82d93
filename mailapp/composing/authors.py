"""In whose name a message is written: one's own addresses, and those of others who allow it."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from mailapp.access import OpenMailbox
from mailapp.composing.state import Fields
from mailapp.mime.addresses import format_person
from mailapp.mime.model import Person
from mailapp.sharing import senders
from mailapp.sharing.senders import Manner
from workmail.directory.addresses import fold
from workmail.directory.models import Address, Entity
from workmail.errors import Invalid


@dataclass(frozen=True, slots=True)
class Author:
    """Who stands in From, and in Sender if that is to name the writer (RFC 5322 §3.6.2)."""

    person: Person
    sender: Person | None = None
    copies_to: UUID | None = None  # whose Sent folder gets a copy too

    @property
    def reverse_path(self) -> str:
        """Where reports go: to whoever is named as the one who sent it."""
        return (self.sender or self.person).addr_spec

    @property
    def label(self) -> str:
        """What the choice of the composer says."""
        if self.sender is None:
            return format_person(self.person)
        # Translators: in the From field of the composer; {name} is a name with an address
        return _("On behalf of {name}").format(name=format_person(self.person))


def own_people(mailbox: OpenMailbox) -> list[Person]:
    """Return the owner's own addresses, the primary one first."""
    entity: Entity = mailbox.mailbox.entity
    addresses = Address.objects.filter(entity_id=entity.pk, domain__is_verified=True).select_related("domain")
    return [
        Person(str(entity), address.addr_spec) for address in addresses.order_by("-is_primary", "local_part_folded")
    ]


def all_of(mailbox: OpenMailbox) -> list[Author]:
    """Return everybody the owner may write as: themselves first, then others by name."""
    own = own_people(mailbox)
    return [*(Author(person) for person in own), *_others(mailbox, own)]


def of_fields(mailbox: OpenMailbox, fields: Fields) -> Author:
    """Return whom a message is from: the chosen address if one may use it, else one's own primary one.

    Raises:
        Invalid: The owner has no address at all.
    """
    own = own_people(mailbox)
    if not own:
        raise Invalid(_("You have no address to send from. Ask your administrator for one."), field="from_address")
    chosen = fold(fields.from_address)
    if not fields.from_address or any(fold(person.addr_spec) == chosen for person in own):
        return Author(next((person for person in own if fold(person.addr_spec) == chosen), own[0]))
    found = (author for author in _others(mailbox, own) if fold(author.person.addr_spec) == chosen)
    return next(found, Author(own[0]))


def check(mailbox: OpenMailbox, fields: Fields) -> None:
    """Raises Invalid when the chosen address may no longer be used: nothing leaves in another name than was chosen."""
    author = of_fields(mailbox, fields)
    if fields.from_address and fold(author.person.addr_spec) != fold(fields.from_address):
        raise Invalid(
            _("You may no longer send with %(address)s. Choose another address in From.")
            % {"address": fields.from_address},
            field="from_address",
        )


def _others(mailbox: OpenMailbox, own: list[Person]) -> list[Author]:
    return [
        Author(
            Person(str(name.entity), address),
            own[0] if name.manner is Manner.ON_BEHALF and own else None,
            name.entity.pk if name.copies_to_owner and name.entity.kind != Entity.Kind.GROUP else None,
        )
        for name in senders.names_for(mailbox.mailbox.entity_id)
        for address in name.addresses
    ]
