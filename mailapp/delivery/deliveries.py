"""One recipient of a transit: who it is, what was said about it last, and how it ended."""

import json
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from mailapp.delivery.envelope import Notify, Recipient
from mailapp.delivery.models import Delivery
from mailapp.delivery.replies import Reply
from workmail.keys import spool


@dataclass(frozen=True, slots=True)
class Addressee:
    """Where one delivery goes. ``original`` is the forward path that led here, through aliases and groups."""

    address: str
    original: str
    notify: tuple[str, ...] = ()
    orcpt: str = ""
    reverse_path: str | None = None  # when it differs from the envelope's: passed on by a group

    def wants(self, notify: Notify) -> bool:
        return Recipient(self.address, self.notify).wants(notify)

    def dump(self) -> bytes:
        return json.dumps(
            [self.address, self.original, list(self.notify), self.orcpt, self.reverse_path], ensure_ascii=False
        ).encode("utf-8", "surrogatepass")

    @classmethod
    def load(cls, octets: bytes) -> "Addressee":
        address, original, notify, orcpt, reverse_path = json.loads(octets.decode("utf-8", "surrogatepass"))
        return cls(address, original, tuple(notify), orcpt, reverse_path)


def addressee_of(delivery: Delivery) -> Addressee:
    return Addressee.load(spool.unseal(bytes(delivery.recipient), _delivery_context(delivery)))


def seal_addressee(delivery: Delivery, addressee: Addressee) -> None:
    delivery.recipient = spool.seal(addressee.dump(), _delivery_context(delivery))


def reply_of(delivery: Delivery) -> Reply | None:
    if not delivery.last_reply:
        return None
    return Reply.load(spool.unseal(bytes(delivery.last_reply), b"reply " + _delivery_context(delivery)))


def sealed_reply(delivery: Delivery, reply: Reply) -> bytes:
    return spool.seal(reply.dump(), b"reply " + _delivery_context(delivery))


def _delivery_context(delivery: Delivery) -> bytes:
    return b"delivery " + delivery.transit_id.bytes + bytes(delivery.recipient_digest)


def mark_done(delivery: Delivery, *, wants_report: bool = False) -> None:
    """Note on the object that it was delivered; the caller saves it in the transaction that did it."""
    _mark(delivery, Delivery.State.DONE, wants_report)


def mark_failed(delivery: Delivery, reply: Reply) -> None:
    _mark(delivery, Delivery.State.FAILED, True)
    delivery.last_reply = sealed_reply(delivery, reply)


def mark_deferred(delivery: Delivery, reply: Reply) -> None:
    delivery.state = Delivery.State.DEFERRED
    delivery.attempts += 1
    delivery.first_tried_at = delivery.first_tried_at or timezone.now()
    delivery.last_reply = sealed_reply(delivery, reply)


def finish(delivery: Delivery, *, wants_report: bool) -> None:
    """Mark as delivered, inside the transaction that holds its row and did it."""
    mark_done(delivery, wants_report=wants_report)
    delivery.save(update_fields=_ENDING)


def fail(delivery: Delivery, reply: Reply) -> None:
    """Give up on an open delivery; the sender is told by the reports that are due."""
    with transaction.atomic():
        if lock(delivery):
            mark_failed(delivery, reply)
            delivery.save(update_fields=_ENDING)


def lock(delivery: Delivery) -> bool:
    """Hold the row until the transaction ends, and tell whether there is still something to do."""
    delivery.state = Delivery.objects.select_for_update().values_list("state", flat=True).get(pk=delivery.pk)
    return delivery.state in Delivery.OPEN


def defer(delivery: Delivery, reply: Reply, **changes: object) -> None:
    """Note an attempt that did not work; when the next one is due is up to the caller."""
    mark_deferred(delivery, reply)
    Delivery.objects.filter(pk=delivery.pk, state__in=Delivery.OPEN).update(
        state=delivery.state,
        attempts=delivery.attempts,
        first_tried_at=delivery.first_tried_at,
        last_reply=delivery.last_reply,
        **changes,
    )


_ENDING = ("state", "report_due", "finished_at", "lease_until", "lease_holder", "last_reply")


def _mark(delivery: Delivery, state: str, report_due: bool) -> None:
    delivery.state, delivery.report_due, delivery.finished_at = state, report_due, timezone.now()
    delivery.lease_until = delivery.lease_holder = None
