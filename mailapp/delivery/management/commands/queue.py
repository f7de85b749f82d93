"""Look at mail in transit, and retry, hold, release or drop it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from mailapp.delivery import announcing, working
from mailapp.delivery.deliveries import addressee_of, reply_of
from mailapp.delivery.models import Delivery, Transit
from mailapp.delivery.transits import OpenTransit, close


class Command(BaseCommand):
    help = (
        "List mail in transit, or retry, hold, release or drop it by its id (the one in the 250 reply and in Received)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="what is waiting, the oldest first")
        listing.add_argument("--limit", type=int, default=100)
        for name, help_text in (
            ("show", "everything that is known about a message"),
            ("retry", "try it now"),
            ("hold", "leave it alone until it is released"),
            ("release", "end the hold"),
            ("drop", "forget it; nobody is told"),
        ):
            actions.add_parser(name, help=help_text).add_argument("ids", nargs="+", metavar="id")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "list":
            self._list(options["limit"])
            return
        for name in options["ids"]:
            rows = list(Transit.objects.filter(trace_id=name).order_by("created_at"))
            if not rows:
                raise CommandError(f"There is no message {name} in transit.")
            for row in rows:
                getattr(self, f"_{action}")(row)

    def _list(self, limit: int) -> None:
        rows = Transit.objects.filter(state__in=Transit.OPEN).order_by("created_at")
        stranded = working.stranded().count()
        for row in rows[:limit]:
            envelope = OpenTransit(row).envelope
            held = " held" if row.is_held else ""
            self.stdout.write(
                f"{row.trace_id} {row.created_at:%Y-%m-%d %H:%M} {row.direction} {row.state}{held} "
                f"{row.size_bytes:,} octets <{envelope.reverse_path}> {len(envelope.recipients)} recipients"
            )
        self.stdout.write(f"{rows.count()} in transit, {stranded} of them stranded.")

    def _show(self, row: Transit) -> None:
        transit = OpenTransit(row)
        self.stdout.write(f"{row.trace_id} {row.direction} {row.state}, accepted {row.created_at:%Y-%m-%d %H:%M:%S}")
        if transit.results.note:
            self.stdout.write(f"  {transit.results.note}")
        self.stdout.write(f"  from <{transit.envelope.reverse_path}>, next attempt {row.next_attempt_at:%H:%M:%S}")
        for delivery in row.deliveries.order_by("id"):
            reply = reply_of(delivery)
            words = f": {reply.host} {reply.code} {reply.enhanced_status_code} {reply.text}" if reply else ""
            self.stdout.write(f"  to {addressee_of(delivery).address} {delivery.kind} {delivery.state}{words}")

    def _retry(self, row: Transit) -> None:
        now = timezone.now()
        Transit.objects.filter(pk=row.pk, state=Transit.State.WAITING).update(next_attempt_at=now, crashes=0)
        row.deliveries.filter(state__in=Delivery.OPEN).update(next_attempt_at=now)
        row.refresh_from_db()
        announcing.transit_accepted(row)
        announcing.queue_filled(row.pk)
        self.stdout.write(f"{row.trace_id} is tried now.")

    def _hold(self, row: Transit) -> None:
        Transit.objects.filter(pk=row.pk).update(is_held=True)
        self.stdout.write(f"{row.trace_id} is on hold.")

    def _release(self, row: Transit) -> None:
        Transit.objects.filter(pk=row.pk).update(is_held=False)
        self._retry(row)

    def _drop(self, row: Transit) -> None:
        with transaction.atomic():
            row = Transit.objects.select_for_update().get(pk=row.pk)
            if row.lease_until is not None and row.lease_until > timezone.now():
                raise CommandError(f"{row.trace_id} is being worked on: hold it first, and try again.")
            if row.state in Transit.OPEN:
                row.deliveries.filter(state__in=Delivery.OPEN).update(
                    state=Delivery.State.FAILED, finished_at=timezone.now(), report_due=False
                )
                close(row, Transit.State.DROPPED)
                row.save()
        self.stdout.write(f"{row.trace_id} is dropped.")
