"""MTA-STS (RFC 8461): a domain may ask that its mail travels only under verified TLS, to hosts that it names."""

import http.client
import logging
import socket
import ssl
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from mailapp.delivery import resolver
from mailapp.delivery.models import StsPolicy
from mailapp.delivery.outbound import networks, sts_policy
from mailapp.delivery.outbound.sts_policy import Policy

logger = logging.getLogger(__name__)

HTTPS_PORT = 443
_FETCH_SECONDS = 10.0
_LONGEST_POLICY = 64 * 1024
_ASK_AGAIN_AFTER = timedelta(minutes=10)  # whether the policy changed; a known one is valid meanwhile


def policy_for(domain: str) -> Policy | None:
    """Return the policy that applies to mail for the domain now, or None.

    A policy we know stays valid until it expires, even if the DNS or the web server no longer answers: otherwise
    whoever can block them could switch it off (RFC 8461 §5.1).
    """
    row = StsPolicy.objects.filter(domain=domain).first()
    now = timezone.now()
    known = row if row is not None and row.expires_at > now else None
    if known is not None and known.checked_at > now - _ASK_AGAIN_AFTER:
        return _policy(known)
    try:
        announced = sts_policy.policy_id(resolver.texts(f"_mta-sts.{domain}"))
    except resolver.DnsTrouble:
        return _policy(known)
    if announced is None or (known is not None and known.policy_id == announced):
        if known is not None:
            StsPolicy.objects.filter(domain=domain).update(checked_at=now)
        return _policy(known)
    try:
        policy = sts_policy.parse(_fetch(f"mta-sts.{domain}"))
    except (OSError, ValueError, http.client.HTTPException, UnicodeDecodeError, resolver.DnsTrouble) as error:
        logger.info("The MTA-STS policy of %s could not be fetched: %s", domain, error)
        return _policy(known)
    StsPolicy.objects.update_or_create(
        domain=domain,
        defaults={
            "policy_id": announced,
            "mode": policy.mode,
            "hosts": list(policy.hosts),
            "expires_at": now + timedelta(seconds=policy.max_age_seconds),
            "checked_at": now,
        },
    )
    return policy


def _policy(row: StsPolicy | None) -> Policy | None:
    return None if row is None else Policy(row.mode, tuple(row.hosts), 0)


def _fetch(host: str) -> str:
    """Fetch the policy file: no redirects, a valid certificate, text/plain (RFC 8461 §3.3), from a public address."""
    connection = _Https(host, ssl_context())
    try:
        connection.request("GET", "/.well-known/mta-sts.txt", headers={"User-Agent": "workmail"})
        response = connection.getresponse()
        media_type = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
        if response.status != 200 or media_type != "text/plain":
            raise ValueError(f"answered {response.status} {media_type}")
        octets = response.read(_LONGEST_POLICY + 1)
    finally:
        connection.close()
    if len(octets) > _LONGEST_POLICY:
        raise ValueError("the policy is too long")
    return octets.decode("utf-8")


def ssl_context() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Https(http.client.HTTPSConnection):
    """Connects to an address that was looked up and judged by us, not again by the library."""

    def __init__(self, host: str, context: ssl.SSLContext) -> None:
        super().__init__(host, HTTPS_PORT, timeout=_FETCH_SECONDS, context=context)
        self._tls = context

    def connect(self) -> None:
        try:
            addresses = [record.address for record in resolver.lookup(self.host, "A")]
        except resolver.NoSuchDomain as error:
            raise OSError(f"{self.host} does not exist") from error
        if not settings.OUTBOUND_ALLOW_PRIVATE:
            addresses = [address for address in addresses if networks.is_public(address)]
        if not addresses:
            raise OSError(f"{self.host} has no public address")
        plain = socket.create_connection((addresses[0], self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
