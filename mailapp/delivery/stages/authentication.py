"""Find out who really sent a message, for the reader and for the junk folder; to refuse it is too late."""

from mailapp.delivery import author, resolver
from mailapp.delivery.authentication import dkim, dmarc, spf
from mailapp.delivery.authentication.results import Authentication, MethodResult
from mailapp.delivery.transits import OpenTransit
from mailapp.delivery.verdicts import Verdict

# All questions about one message together; what is not known by then counts as "no answer".
BUDGET_SECONDS = 6.0


def evaluate(transit: OpenTransit) -> Verdict | None:
    """Evaluate SPF, DKIM, ARC and DMARC (RFC 7208, 6376, 8617, 9989). Touches no database, so threads may run it."""
    if transit.results.authentication is None:
        transit.results.authentication = _evaluate(transit)
        if transit.results.authentication.wants_junk:
            transit.results.is_junk = True
    return None


def _evaluate(transit: OpenTransit) -> Authentication:
    envelope = transit.envelope
    authors = author.domains(transit.raw)
    if envelope.user_domains:
        return _from_inside(authors, envelope.user_domains, envelope.reverse_path)
    with resolver.budget(BUDGET_SECONDS):
        sender = spf.evaluate(envelope.client_address, envelope.reverse_path, envelope.helo)
        signatures = dkim.evaluate(transit.raw)
        chain = dkim.evaluate_arc(transit.raw)
        policy = dmarc.evaluate(authors, sender, signatures)
    return Authentication((sender, *signatures, *((chain,) if chain else ()), policy))


def _from_inside(authors: list[str], vouched: tuple[str, ...], reverse_path: str) -> Authentication:
    """Another organization of this house sent it, signed in: the DNS need not be asked who that was."""
    is_aligned = bool(authors) and all(domain in vouched for domain in authors)
    properties = (("header.from", authors[0]),) if authors else ()
    return Authentication(
        (
            MethodResult("auth", "pass", (("smtp.mailfrom", reverse_path),)),
            MethodResult("dmarc", "pass" if is_aligned else "none", properties),
        )
    )
