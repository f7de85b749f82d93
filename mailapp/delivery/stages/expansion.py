"""Who gets it in the end: aliases, tags (``user+tag``), groups in groups, rewritten reverse paths.

Expanded once: what stands in a group at that moment gets the message, and later attempts read the rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from django.db import transaction

from mailapp.delivery import at_hand, rewriting
from mailapp.delivery.deliveries import Addressee, mark_failed, seal_addressee
from mailapp.delivery.envelope import Recipient
from mailapp.delivery.models import Delivery, Transit
from mailapp.delivery.quotas import spend
from mailapp.delivery.replies import Reply
from mailapp.delivery.transits import OpenTransit, closing_changes, release_content
from mailapp.delivery.verdicts import Verdict
from mailapp.store.models import Mailbox
from workmail.directory import addresses
from workmail.directory.models import Address, Domain, Entity, Membership, User
from workmail.errors import LimitExceeded
from workmail.keys import spool

MOST_NESTED_GROUPS = 10
MOST_DELIVERIES = 20_000


def expand(transit: OpenTransit) -> Verdict | None:
    """Find the deliveries of the transit and write them down; the second time, read them.

    A few local ones are written by the next stage, in one transaction with the messages themselves.
    """
    if not transit.row.is_expanded:
        transit.deliveries = _Expansion(transit).run()
        if transit.can_be_stored_at_once:
            return None
        _write(transit, transit.deliveries)
    read(transit)
    return None


def read(transit: OpenTransit) -> None:
    """Take the deliveries from the database, as somebody wrote them down."""
    transit.row.is_expanded = True
    transit.deliveries = list(Delivery.objects.filter(transit_id=transit.id).order_by("id"))


def mark_expanded(transit: OpenTransit) -> bool:
    """Note that the deliveries are written, and that the transit is done if they all are, in one statement.

    Returns False when somebody else has done so: the caller's transaction must not commit.
    """
    assert transit.deliveries is not None
    changes: dict[str, object] = {"is_expanded": True, "results": transit.sealed_results()}
    is_done = all(d.state == Delivery.State.DONE and not d.report_due for d in transit.deliveries)
    if is_done:
        changes |= closing_changes() | {"lease_until": None, "lease_holder": None}
    waiting = Transit.objects.filter(pk=transit.id, is_expanded=False, state=Transit.State.WAITING)
    if not waiting.update(**changes):
        return False
    transit.row.is_expanded = True
    if is_done:
        release_content(transit.row)
        transit.row.state = Transit.State.DONE
    return True


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
                for delivery in extra:
                    mark_failed(delivery, Reply("5.7.1", "The day's limit on recipients elsewhere is reached"))
        Delivery.objects.bulk_create(deliveries, batch_size=200)
        Transit.objects.filter(pk=transit.id).update(is_expanded=True, results=transit.sealed_results())


def _passed_on_by_groups(transit: OpenTransit, deliveries: list[Delivery]) -> list[Delivery]:
    """Return the remote deliveries that were not counted at submission, when only the group's name was known."""
    remote = [delivery for delivery in deliveries if delivery.kind == Delivery.Kind.REMOTE]
    if not remote or not transit.envelope.user_id:
        return []
    named = {addresses.fold(recipient.address) for recipient in transit.envelope.recipients}
    direct = {spool.digest(f"address {address}") for address in named}
    return [delivery for delivery in remote if bytes(delivery.recipient_digest) not in direct]


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
        resolved = self.transit.resolve(recipient.address)
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
            mailbox = at_hand.mailbox_of(entity).mailbox
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
        mark_failed(delivery, Reply("5.1.1", "No such recipient here"))

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


def _members(group: Entity) -> Iterator[Membership]:
    members = Membership.objects.filter(group_id=group.pk).select_related("member").order_by("id")
    return members.prefetch_related("member__addresses__domain").iterator(chunk_size=500)


def _may_send_to(group: Entity, transit: OpenTransit) -> bool:
    """The place of a group's list of permitted senders; without one, everybody may."""
    return True
