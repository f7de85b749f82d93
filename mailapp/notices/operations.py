"""Asking to be told, asking no more, and noting what is to be told."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from mailapp.notices import encryption
from mailapp.notices.models import PushSubscription
from workmail.accounts.actor import Actor
from workmail.accounts.models import Session
from workmail.audit import log as audit
from workmail.errors import Forbidden, Invalid
from workmail.keys import spool

MOST_SUBSCRIPTIONS = 20  # of one person
LONGEST_ENDPOINT = 2_000
GATHERED = timedelta(seconds=2)  # what comes together is told together
PAUSE = timedelta(seconds=10)  # between two notices to one browser


@dataclass(frozen=True, slots=True)
class Target:
    """Where a browser is told things, and with which keys."""

    endpoint: str
    point: bytes
    auth: bytes


@lru_cache(maxsize=2)
def _key_of(secret: str) -> ec.EllipticCurvePrivateKey:
    return encryption.signing_key(secret)


def key() -> ec.EllipticCurvePrivateKey:
    return _key_of(settings.PUSH_KEY)


def public_key() -> str:
    """Return the installation's public key, as browsers want it for a subscription."""
    return encryption.encode(encryption.public_point(key()))


def subscribe(actor: Actor, session: Session | None, *, endpoint: str, point: str, auth: str) -> PushSubscription:
    """Tell the actor's browser of new mail as long as this session lasts. Asked twice, it is one subscription.

    Raises:
        Forbidden: There is no session of the actor.
        Invalid: No browser of ours has made this.
    """
    if actor.user is None or session is None or session.user_id != actor.user.pk:
        raise Forbidden
    target = _checked(endpoint, point, auth)
    digest = _digest(endpoint)
    with transaction.atomic():
        known = PushSubscription.objects.filter(digest=digest).first()
        if known is not None and known.user_id == actor.user.pk and known.session_id == session.pk:
            return known
        if known is not None:
            known.delete()  # the browser has another person, or another session, now
        row = PushSubscription(user=actor.user, session=session, digest=digest)
        row.sealed = spool.seal(_packed(target), _context(row))
        row.save(force_insert=True)
        kept = PushSubscription.objects.filter(user=actor.user).order_by("-created_at").values_list("pk", flat=True)
        PushSubscription.objects.filter(pk__in=list(kept[MOST_SUBSCRIPTIONS:])).delete()
        audit.record(actor, "push.subscribe", actor.user.addr_spec, service=urlsplit(endpoint).hostname or "")
    return row


def unsubscribe(actor: Actor, endpoint: str) -> bool:
    """Tell this browser no more; return whether it was told before."""
    if actor.user is None:
        raise Forbidden
    gone, _rows = PushSubscription.objects.filter(user=actor.user, digest=_digest(endpoint)).delete()
    if gone:
        audit.record(actor, "push.unsubscribe", actor.user.addr_spec)
    return bool(gone)


def note_arrival(user_id: object, message_id: int, *, now: datetime | None = None) -> int:
    """Let the browsers of a user be told of a message; return how many there are."""
    now = now or timezone.now()
    mine = PushSubscription.objects.filter(user_id=user_id)
    if not mine.exists():
        return 0
    count = mine.update(message_id=message_id, waiting=F("waiting") + 1)
    for row in mine.filter(next_attempt_at=None).only("pk", "told_at"):
        due = max(now + GATHERED, row.told_at + PAUSE) if row.told_at else now + GATHERED
        PushSubscription.objects.filter(pk=row.pk, next_attempt_at=None).update(next_attempt_at=due, attempts=0)
    return count


def target_of(row: PushSubscription) -> Target:
    kept = json.loads(spool.unseal(bytes(row.sealed), _context(row)))
    return Target(kept["endpoint"], encryption.decode(kept["point"]), encryption.decode(kept["auth"]))


def _checked(endpoint: str, point: str, auth: str) -> Target:
    problem = Invalid(_("This browser’s push service cannot be used."))
    parts = urlsplit(endpoint)
    if len(endpoint) > LONGEST_ENDPOINT or parts.scheme not in _schemes() or not parts.hostname:
        raise problem
    try:
        target = Target(endpoint, encryption.decode(point), encryption.decode(auth))
        encryption.read_point(target.point)
    except ValueError as error:
        raise problem from error
    if len(target.auth) != encryption.AUTH_OCTETS:
        raise problem
    return target


def _schemes() -> tuple[str, ...]:
    return ("https", "http") if settings.PUSH_ALLOW_PRIVATE else ("https",)


def _packed(target: Target) -> bytes:
    names = {"point": encryption.encode(target.point), "auth": encryption.encode(target.auth)}
    return json.dumps({"endpoint": target.endpoint, **names}).encode()


def _digest(endpoint: str) -> bytes:
    return spool.digest(f"push endpoint {endpoint}")


def _context(row: PushSubscription) -> bytes:
    return b"push subscription " + row.pk.bytes
