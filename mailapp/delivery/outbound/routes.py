"""Where mail for a domain goes: its MX hosts in order (RFC 5321 §5.1), a null MX (RFC 7505), or the relay."""

import ipaddress
import random
from dataclasses import dataclass, field

from django.conf import settings

from mailapp.delivery import resolver
from mailapp.delivery.outbound import networks, relay, sts
from mailapp.delivery.outbound.relay import Relay
from mailapp.delivery.replies import Reply

_MOST_HOSTS = 8
_MOST_ADDRESSES = 4  # of one host


class Unroutable(Exception):
    """No host takes mail for the domain, now or ever: ``reply`` says which."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Route:
    """The hosts to try, the best first. Equal keys mean: one transaction can serve both domains."""

    hosts: tuple[str, ...]
    port: int
    relay: Relay | None = None
    must_verify: bool = False  # MTA-STS in enforce mode
    key: tuple[object, ...] = field(default=())


def find(domain: str) -> Route:
    """Return the route for a domain (A-labels) or an address literal.

    Raises:
        Unroutable: See its ``reply``.
    """
    if (through := relay.parse(settings.SMTP_RELAY_URL)) is not None:
        return Route((through.host,), through.port, through, key=("relay", through.host, through.port))
    if domain.startswith("["):
        hosts: tuple[str, ...] = (domain,)
        return Route(hosts, settings.OUTBOUND_MX_PORT, key=hosts)
    hosts = _mx_hosts(domain)
    policy = sts.policy_for(domain)
    if policy is not None and policy.is_enforced:
        allowed = tuple(host for host in hosts if policy.allows(host))
        if not allowed:
            raise Unroutable(Reply("4.7.5", "No MX host is allowed by the domain's MTA-STS policy"))
        return Route(allowed, settings.OUTBOUND_MX_PORT, must_verify=True, key=("sts", *sorted(allowed)))
    return Route(hosts, settings.OUTBOUND_MX_PORT, key=tuple(sorted(hosts)))


def addresses_of(host: str, *, is_relay: bool) -> list[str]:
    """Return the addresses of a host. A relay is the administrator's choice; any other host must be public.

    Raises:
        Unroutable: There are none that may be used.
    """
    found = _literal(host) if host.startswith("[") else _look_up(host)
    if not found:
        raise Unroutable(Reply("4.4.4", f"{host} has no address"))
    if is_relay or settings.OUTBOUND_ALLOW_PRIVATE:
        return found[:_MOST_ADDRESSES]
    public = [address for address in found if networks.is_public(address)]
    if not public:
        raise Unroutable(Reply("5.4.4", f"{host} has only private addresses"))
    return public[:_MOST_ADDRESSES]


def _mx_hosts(domain: str) -> tuple[str, ...]:
    try:
        records = resolver.lookup(domain, "MX")
    except resolver.NoSuchDomain as error:
        raise Unroutable(Reply("5.1.2", f"The domain {domain} does not exist")) from error
    except resolver.DnsTrouble as error:
        raise Unroutable(Reply("4.4.3", f"The DNS does not answer for {domain}")) from error
    pairs = [(record.preference, record.exchange.to_text(omit_final_dot=True).lower()) for record in records]
    if pairs and all(name in ("", ".") for _, name in pairs):
        raise Unroutable(Reply("5.1.10", f"The domain {domain} accepts no mail"))
    if not pairs:
        return (domain,)  # the implicit MX (RFC 5321 §5.1)
    random.shuffle(pairs)  # equal preferences share the load
    pairs.sort(key=lambda pair: pair[0])
    return tuple(dict.fromkeys(name for _, name in pairs if name not in ("", ".")))[:_MOST_HOSTS]


def _look_up(host: str) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    found: list[str] = []
    trouble = None
    for record_type in ("AAAA", "A"):
        try:
            found += [record.address for record in resolver.lookup(host, record_type)]
        except resolver.NoSuchDomain:
            pass
        except resolver.DnsTrouble as error:
            trouble = error
    if not found and host == "localhost":
        return ["127.0.0.1"]
    if not found and trouble is not None:
        raise Unroutable(Reply("4.4.3", f"The DNS does not answer for {host}")) from trouble
    return sorted(found, key=lambda address: ":" in address)  # IPv4 first: a missing IPv6 route costs a time-out


def _literal(domain: str) -> list[str]:
    try:
        return [str(ipaddress.ip_address(domain.strip("[]").removeprefix("IPv6:").removeprefix("ipv6:")))]
    except ValueError as error:
        raise Unroutable(Reply("5.1.2", f"{domain} is no address")) from error
