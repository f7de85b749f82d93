"""Who gets it in the end: aliases, tags (``user+tag``), groups in groups, rewritten reverse paths.

Expanded once: what stands in a group at that moment gets the message, and later attempts read the rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from django.db import transaction

from mailapp.delivery import rewriting
from mailapp.delivery.deliveries import Addressee, seal_addressee, sealed_reply
from mailapp.delivery.envelope import Recipient
from mailapp.delivery.models import Delivery, Transit
from mailapp.delivery.quotas import spend
from mailapp.delivery.replies import Reply
from mailapp.delivery.transits import OpenTransit
from mailapp.delivery.verdicts import Verdict
from mailapp.store import mailboxes
from mailapp.store.models import Mailbox
from workmail.directory import addresses
from workmail.directory.models import Address, Domain, Entity, Membership, User
from workmail.errors import LimitExceeded
from workmail.keys import spool

MOST_NESTED_GROUPS = 10
MOST_DELIVERIES = 20_000


def expand(transit: OpenTransit) -> Verdict | None:
    """Write down the deliveries of the transit; the second time, read them."""
    if not transit.row.is_expanded:
        _write(transit, _Expansion(transit).run())
    transit.deliveries = list(Delivery.objects.filter(transit_id=transit.id).order_by("id"))
    return None


def _write(transit: OpenTransit, deliveries: list[Delivery]) -> None:
    extra = _passed_on_by_groups(transit, deliveries)
    with transaction.atomic():
        row = Transit.objects.select_for_update().only("is_expanded").get(pk=transit.id)
        if row.is_expanded:
            return
        if extra:
            try:
                with transaction.atomic():
                    spend(transit.envelope.user_id, transit.row.organization_id, len(extra))
            except LimitExceeded:
                _fail(extra, Reply("5.7.1", "The day's limit on recipients elsewhere is reached"))
        Delivery.objects.bulk_create(deliveries, batch_size=200, ignore_conflicts=True)
        Transit.objects.filter(pk=transit.id).update(is_expanded=True, results=transit.sealed_results())
    transit.row.is_expanded = True


def _passed_on_by_groups(transit: OpenTransit, deliveries: list[Delivery]) -> list[Delivery]:
    """Return the remote deliveries that were not counted at submission, when only the group's name was known."""
    remote = [delivery for delivery in deliveries if delivery.kind == Delivery.Kind.REMOTE]
    if not remote or not transit.envelope.user_id:
        return []
    named = {addresses.fold(recipient.address) for recipient in transit.envelope.recipients}
    direct = {spool.digest(f"address {address}") for address in named}
    return [delivery for delivery in remote if bytes(delivery.recipient_digest) not in direct]


def _fail(deliveries: list[Delivery], reply: Reply) -> None:
    for delivery in deliveries:
        delivery.state = Delivery.State.FAILED
        delivery.report_due = True
        delivery.last_reply = sealed_reply(delivery, reply)


@dataclass(slots=True)
class _Expansion:
    transit: OpenTransit
    deliveries: dict[bytes, Delivery] = field(default_factory=dict)

    def run(self) -> list[Delivery]:
        for recipient in self.transit.envelope.recipients:
            self._add_recipient(recipient)
        return list(self.deliveries.values())[:MOST_DELIVERIES]

    def _add_recipient(self, recipient: Recipient) -> None:
        addressee = Addressee(recipient.address, recipient.address, recipient.notify, recipient.orcpt)
        resolved = addresses.resolve(recipient.address)
        if resolved is not None:
            self._add_entity(resolved.entity, addressee, resolved.address, [])
            return
        local_part, _, domain_name = recipient.address.rpartition("@")
        domain = addresses.local_domain(domain_name)
        if domain is None:
            self._add_remote(addressee)
        elif original := rewriting.restored(local_part):
            self._add_remote(replace(addressee, address=original))
        elif local_part.lower() == "postmaster":
            self._add_postmasters(domain, addressee)
        else:
            self._add_unknown(addressee)

    def _add_entity(self, entity: Entity, addressee: Addressee, address: Address | None, path: list[object]) -> None:
        if entity.organization_id != self.transit.row.organization_id:
            self._add(Delivery.Kind.HOUSE, f"address {addresses.fold(addressee.address)}", addressee)
        elif entity.kind == Entity.Kind.GROUP:
            self._add_group(entity, addressee, address, path)
        else:
            mailbox = _mailbox_of(entity)
            self._add(Delivery.Kind.LOCAL, f"mailbox {mailbox.pk}", addressee, mailbox=mailbox)

    def _add_group(self, group: Entity, addressee: Addressee, address: Address | None, path: list[object]) -> None:
        """Add the members. A group on the path to itself is a loop and adds nothing more."""
        if group.pk in path or len(path) >= MOST_NESTED_GROUPS or not _may_send_to(group, self.transit):
            return
        path = [*path, group.pk]
        domain = address.domain.name if address else addressee.address.rpartition("@")[2]
        for membership in _members(group):
            if membership.member is None:
                self._add_member_elsewhere(membership.remote_address, addressee, domain, path)
            elif membership.member.is_enabled:
                member_address = membership.member.addr_spec or addressee.address
                self._add_entity(membership.member, replace(addressee, address=member_address), address, path)

    def _add_member_elsewhere(self, member: str, addressee: Addressee, domain: str, path: list[object]) -> None:
        addressee = replace(addressee, address=member)
        resolved = addresses.resolve(member)
        if resolved is not None:
            self._add_entity(resolved.entity, addressee, resolved.address, path)
        elif self.transit.is_submission:
            self._add_remote(addressee)
        else:
            reverse_path = rewriting.rewritten(self.transit.envelope.reverse_path, domain)
            self._add_remote(replace(addressee, reverse_path=reverse_path))

    def _add_postmasters(self, domain: Domain, addressee: Addressee) -> None:
        administrators = User.objects.filter(
            organization_id=domain.organization_id, role=User.Role.ADMINISTRATOR, state=Entity.State.ENABLED
        )
        for administrator in administrators:
            self._add_entity(administrator, addressee, None, [])

    def _add_remote(self, addressee: Addressee) -> None:
        digest = f"address {addresses.fold(addressee.address)}"
        domain = addresses.fold_domain(addressee.address.rpartition("@")[2])
        self._add(Delivery.Kind.REMOTE, digest, addressee, destination=spool.digest(f"destination {domain}"))

    def _add_unknown(self, addressee: Addressee) -> None:
        delivery = self._add(Delivery.Kind.LOCAL, f"address {addresses.fold(addressee.address)}", addressee)
        _fail([delivery], Reply("5.1.1", "No such recipient here"))

    def _add(
        self,
        kind: str,
        identity: str,
        addressee: Addressee,
        *,
        mailbox: Mailbox | None = None,
        destination: bytes = b"",
    ) -> Delivery:
        digest = spool.digest(identity)
        if digest not in self.deliveries:
            delivery = Delivery(
                transit_id=self.transit.id,
                recipient_digest=digest,
                kind=kind,
                mailbox=mailbox,
                destination_digest=destination,
            )
            seal_addressee(delivery, addressee)
            self.deliveries[digest] = delivery
        return self.deliveries[digest]


def _mailbox_of(entity: Entity) -> Mailbox:
    """Return the mailbox, making one that could not be made while the organization's key was disabled."""
    return Mailbox.objects.filter(entity_id=entity.pk).first() or mailboxes.create(entity)


def _members(group: Entity) -> Iterator[Membership]:
    members = Membership.objects.filter(group_id=group.pk).select_related("member").order_by("id")
    return members.prefetch_related("member__addresses__domain").iterator(chunk_size=500)


def _may_send_to(group: Entity, transit: OpenTransit) -> bool:
    """The place of a group's list of permitted senders; without one, everybody may."""
    return True
