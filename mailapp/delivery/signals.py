"""What delivery does when a lower room announces something."""

from django.db import transaction
from django.dispatch import receiver

from mailapp.delivery import dkim_keys
from workmail.directory import signals as directory_signals
from workmail.directory.models import Domain


@receiver(directory_signals.domain_added)
def make_signing_key(sender: type[Domain], domain: Domain, **_: object) -> None:
    """Make the domain's key at once, so that its DNS record can be shown; after the commit, for it takes a while."""
    transaction.on_commit(lambda: dkim_keys.active_key(domain), robust=True)
