"""The DNS records that a domain has to publish."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from mailapp.delivery import dkim_keys
from workmail.directory.models import Domain

LONGEST_STRING = 255  # of one character-string in a TXT record (RFC 1035, section 3.3)


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """One record, and why it is wanted. ``value`` is what goes into the zone; TXT values without quotes."""

    name: str
    type: str
    value: str
    purpose: Any

    @property
    def zone_value(self) -> str:
        """The value as a zone file wants it: TXT in quoted strings of at most 255 octets."""
        if self.type != "TXT":
            return self.value
        parts = [self.value[start : start + LONGEST_STRING] for start in range(0, len(self.value), LONGEST_STRING)]
        return " ".join(f'"{part}"' for part in parts)


def records_of(domain: Domain) -> list[DnsRecord]:
    """Return what ``domain`` has to publish, the most needed first."""
    host = settings.MAIL_HOST_NAME
    name = domain.name
    records = []
    if not domain.is_verified:
        records.append(
            DnsRecord(
                f"_workmail-verification.{name}",
                "TXT",
                domain.verification_token,
                _("Proves that the domain is yours. Mail for it waits until this record is seen."),
            )
        )
    dkim_name, dkim_value = dkim_keys.dns_record(dkim_keys.active_key(domain))
    return [
        *records,
        DnsRecord(name, "MX", f"10 {host}.", _("Tells the world where mail for the domain goes.")),
        DnsRecord(name, "TXT", "v=spf1 mx ~all", _("SPF: says that this server may send mail of the domain.")),
        DnsRecord(dkim_name, "TXT", dkim_value, _("DKIM: lets others check the signature on your mail.")),
        DnsRecord(
            f"_dmarc.{name}",
            "TXT",
            f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{name}",
            _("DMARC: asks others to distrust mail that only pretends to be yours, and to report it."),
        ),
    ]
