"""Remote images for one reader: signed addresses, the answer behind them, and whose images are always shown."""

import logging
from collections.abc import Iterable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_GET

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.web import remote_images
from mailapp.web.models import TrustedSender
from workmail.directory.addresses import fold
from workmail.errors import NotFound

logger = logging.getLogger(__name__)

_POLICY = "default-src 'none'; sandbox"


def path() -> str:
    return reverse("mail:image")


def address_of(mailbox: OpenMailbox, url: str) -> str:
    """Return the address at which this reader gets the image; for everybody else it leads nowhere."""
    return f"{reverse('mail:image')}?{urlencode({'url': url, 'signature': _signer(mailbox).signature(url)})}"


@login_required
@require_GET
def image(request: HttpRequest) -> HttpResponse:
    """Fetch the image and pass it on. Whatever goes wrong is the same empty answer."""
    mailbox = access.open_own_mailbox(request.actor)
    url, signature = request.GET.get("url", ""), request.GET.get("signature", "")
    if not constant_time_compare(signature, _signer(mailbox).signature(url)):
        raise NotFound
    try:
        found = remote_images.fetch(url, allow_private=settings.REMOTE_IMAGES_ALLOW_PRIVATE)
    except remote_images.ImageRefused as refusal:
        logger.info("A remote image was refused: %s", refusal)
        response = HttpResponse(status=404)
        response["Cache-Control"] = "private, max-age=300"
        return response
    response = HttpResponse(found.octets, content_type=found.content_type)
    response["Content-Security-Policy"] = _POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline"
    response["Cache-Control"] = "private, max-age=86400"
    return response


def _signer(mailbox: OpenMailbox) -> signing.Signer:
    return signing.Signer(salt=f"mail.image.{mailbox.reader_id.hex}")


# --- Senders whose images are always shown -----------------------------------------------------------------


def trusted_among(mailbox: OpenMailbox, addr_specs: Iterable[str]) -> set[str]:
    """Return those of the addresses, folded, whose images this person always wants: one statement."""
    digests = {_digest(mailbox, addr_spec): fold(addr_spec) for addr_spec in addr_specs if addr_spec}
    if not digests:
        return set()
    found = TrustedSender.objects.filter(user=mailbox.actor.user, digest__in=list(digests))
    return {digests[bytes(digest)] for digest in found.values_list("digest", flat=True)}


def trust(mailbox: OpenMailbox, addr_spec: str) -> None:
    TrustedSender.objects.get_or_create(user=mailbox.actor.user, digest=_digest(mailbox, addr_spec))


def distrust(mailbox: OpenMailbox, addr_spec: str) -> None:
    TrustedSender.objects.filter(user=mailbox.actor.user, digest=_digest(mailbox, addr_spec)).delete()


def _digest(mailbox: OpenMailbox, addr_spec: str) -> bytes:
    return mailbox.keys.digest(f"trusted sender {fold(addr_spec)}")
