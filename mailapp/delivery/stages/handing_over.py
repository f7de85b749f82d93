"""Give the message to other organizations of this house: a transit of its own for each, under its own rules and key."""

from collections import defaultdict
from dataclasses import replace

from django.db import transaction

from mailapp.delivery import announcing, deliveries
from mailapp.delivery.deliveries import Addressee, addressee_of
from mailapp.delivery.envelope import Envelope, Notify, Recipient
from mailapp.delivery.models import Delivery, Transit
from mailapp.delivery.replies import Reply
from mailapp.delivery.stages.limits import MOST_HOUSE_HOPS
from mailapp.delivery.transits import OpenTransit, Results, new_row
from mailapp.delivery.verdicts import Verdict
from workmail.directory import addresses
from workmail.directory.models import Domain


def to_other_organizations(transit: OpenTransit) -> Verdict | None:
    """Make the other transit and mark the deliveries in one transaction: handed over once, or not yet."""
    assert transit.deliveries is not None
    open_ones = [d for d in transit.deliveries if d.kind == Delivery.Kind.HOUSE and d.state in Delivery.OPEN]
    by_organization: dict[str, list[tuple[Delivery, Addressee]]] = defaultdict(list)
    for delivery in open_ones:
        addressee = addressee_of(delivery)
        resolved = addresses.resolve(addressee.address)
        if resolved is None or transit.envelope.hops >= MOST_HOUSE_HOPS:
            deliveries.fail(delivery, Reply("5.1.1", "No such recipient here") if resolved is None else _TOO_MANY_HOPS)
        else:
            by_organization[resolved.entity.organization_id].append((delivery, addressee))
    for organization_id, pairs in by_organization.items():
        transit.check_lease()
        _hand_over(transit, organization_id, pairs)
    return None


_TOO_MANY_HOPS = Reply("5.4.6", "The message goes round in circles")


def _hand_over(transit: OpenTransit, organization_id: str, pairs: list[tuple[Delivery, Addressee]]) -> None:
    assert transit.row.content is not None
    vouched = domains_of(transit.row.organization_id) if transit.is_submission else transit.envelope.user_domains
    with transaction.atomic():
        waiting = set(
            Delivery.objects.select_for_update()
            .filter(pk__in=[delivery.pk for delivery, _ in pairs], state__in=Delivery.OPEN)
            .values_list("pk", flat=True)
        )
        pairs = [(delivery, addressee) for delivery, addressee in pairs if delivery.pk in waiting]
        if not pairs:
            return
        row = new_row(
            organization_id=organization_id,
            direction=Transit.Direction.INBOUND,
            content=transit.row.content,
            content_key=transit.content_key,
            envelope=_envelope(transit, [addressee for _, addressee in pairs], vouched),
            trace_id=transit.row.trace_id,
            results=Results(prefix=transit.results.prefix),
        )
        row.save(force_insert=True)
        for delivery, addressee in pairs:
            deliveries.finish(delivery, wants_report=addressee.wants(Notify.SUCCESS))
        announcing.after_commit(row)


def _envelope(transit: OpenTransit, addressees: list[Addressee], vouched: tuple[str, ...]) -> Envelope:
    # Success is reported here, so that the other organization's people and groups stay its own business.
    recipients = tuple(
        Recipient(addressee.address, _without_success(addressee.notify), addressee.orcpt) for addressee in addressees
    )
    hops = transit.envelope.hops + 1
    return replace(transit.envelope, recipients=recipients, user_domains=vouched, user_id="", hops=hops)


def _without_success(notify: tuple[str, ...]) -> tuple[str, ...]:
    rest = tuple(word for word in notify if word != Notify.SUCCESS)
    return rest or ((Notify.NEVER.value,) if notify else ())


def domains_of(organization_id: str) -> tuple[str, ...]:
    return tuple(
        Domain.objects.filter(organization_id=organization_id, is_verified=True).values_list("name", flat=True)
    )
