"""Making, opening and destroying keys."""

import threading
import time
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from workmail.errors import KeyUnavailable
from workmail.keys import envelope
from workmail.keys.mailbox_keys import MailboxKeys
from workmail.keys.models import OrganizationKey, WrappedKey
from workmail.keys.providers import provider

_cache: dict[UUID, tuple[float, MailboxKeys]] = {}
_cache_lock = threading.Lock()
_CACHE_SIZE = 2_000


def create_organization_key(organization: object) -> OrganizationKey:
    """Give a new organization its key, held by the local provider."""
    return OrganizationKey.objects.create(organization=organization, provider="local", reference=organization.pk)


def _context(key_id: UUID) -> bytes:
    return b"wrapped key " + key_id.bytes


def create_wrapped_key(organization_key: OrganizationKey) -> WrappedKey:
    """Make a random key and keep it wrapped.

    Raises:
        KeyUnavailable: The organization's key is disabled or its provider does not answer.
    """
    _require_enabled(organization_key)
    row = WrappedKey(organization_key=organization_key)
    row.wrapped = provider(organization_key.provider).wrap(
        organization_key.reference, envelope.new_key(), _context(row.id)
    )
    row.save(force_insert=True)
    return row


def open_wrapped_key(row: WrappedKey) -> MailboxKeys:
    """Return the working keys behind a wrapped key, kept in this process for ``KEY_CACHE_SECONDS``.

    ``row.organization_key`` should come with the row (``select_related``): its state is looked at every time.

    Raises:
        KeyUnavailable: The organization's key is disabled, this key is destroyed, or the provider does not answer.
    """
    _require_enabled(row.organization_key)
    if row.destroyed_at is not None:
        raise KeyUnavailable
    now = time.monotonic()
    cached = _cache.get(row.pk)
    if cached and cached[0] > now:
        return cached[1]
    key = provider(row.organization_key.provider).unwrap(
        row.organization_key.reference, bytes(row.wrapped), _context(row.pk)
    )
    keys = MailboxKeys.derived_from(key)
    with _cache_lock:
        if len(_cache) >= _CACHE_SIZE:
            _cache.clear()
        _cache[row.pk] = (now + settings.KEY_CACHE_SECONDS, keys)
    return keys


def destroy_wrapped_key(row: WrappedKey) -> None:
    """Make everything under this key unreadable for ever; other processes forget it within ``KEY_CACHE_SECONDS``."""
    row.wrapped = b""
    row.destroyed_at = timezone.now()
    row.save(update_fields=["wrapped", "destroyed_at"])
    _cache.pop(row.pk, None)


def set_organization_key_state(organization_key: OrganizationKey, state: OrganizationKey.State) -> None:
    organization_key.state = state
    organization_key.save(update_fields=["state"])


def _require_enabled(organization_key: OrganizationKey) -> None:
    if organization_key.state != OrganizationKey.State.ENABLED:
        raise KeyUnavailable
