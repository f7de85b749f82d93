"""DMARC (RFC 9989): does what was authenticated belong to the domain that people see in From?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailapp.delivery import resolver
from mailapp.delivery.authentication import spf as spf_method
from mailapp.delivery.authentication.results import MethodResult

_MOST_LABELS = 8  # RFC 9989 §4.10: longer names are cut to seven labels after the first question
_MOST_AUTHOR_DOMAINS = 3
_STRICTER = {"none": "none", "quarantine": "none", "reject": "quarantine"}  # one level down, for t=y


@dataclass(frozen=True, slots=True)
class Record:
    domain: str
    tags: dict[str, str]

    def tag(self, name: str, default: str = "") -> str:
        return self.tags.get(name, default)


@dataclass(frozen=True, slots=True)
class Walk:
    """What the tree walk found (RFC 9989 §4.10)."""

    start: str
    records: tuple[Record, ...]

    @property
    def organizational_domain(self) -> str:
        for record in self.records:
            if record.tag("psd") == "n":
                return record.domain
            if record.tag("psd") == "y" and record.domain != self.start:
                labels = self.start.split(".")
                return ".".join(labels[-(record.domain.count(".") + 2) :])
        return self.records[-1].domain if self.records else self.start

    def policy_record(self) -> Record | None:
        """Return the record of the domain itself, else of its organization, else of the public suffix above."""
        by_domain = {record.domain: record for record in self.records}
        return by_domain.get(self.start) or by_domain.get(self.organizational_domain) or next(iter(self.records), None)


def evaluate(author_domains: Sequence[str], spf: MethodResult, signatures: Iterable[MethodResult]) -> MethodResult:
    """Return the result for the domains in From; with several of them, the worst counts."""
    domains = list(dict.fromkeys(domain.lower().rstrip(".") for domain in author_domains))
    if not domains or not all(domains):
        return MethodResult("dmarc", "permerror", reason="no usable address in From")
    if len(domains) > _MOST_AUTHOR_DOMAINS:
        return MethodResult("dmarc", "permerror", reason="too many domains in From")
    signatures = list(signatures)
    results = [_evaluate_one(domain, spf, signatures) for domain in domains]
    order = ("fail", "temperror", "permerror", "none", "pass")
    return min(results, key=lambda result: order.index(result.result))


def _evaluate_one(domain: str, spf: MethodResult, signatures: list[MethodResult]) -> MethodResult:
    properties: tuple[tuple[str, str], ...] = (("header.from", domain),)
    try:
        walk = tree_walk(domain)
        record = walk.policy_record()
        if record is None:
            return MethodResult("dmarc", "none", properties)
        policy = _policy(record, domain)
        properties += (("policy.dmarc", policy),)
        if _is_aligned(walk, record, spf, signatures):
            return MethodResult("dmarc", "pass", properties)
    except resolver.DnsTrouble:
        return MethodResult("dmarc", "temperror", properties)
    if "temperror" in (spf.result, *(signature.result for signature in signatures)):
        return MethodResult("dmarc", "temperror", properties)  # what could not be asked may have passed
    return MethodResult("dmarc", "fail", properties)


def tree_walk(domain: str) -> Walk:
    """Ask for the records of the domain and of the domains above it, the longest name first."""
    labels = domain.split(".")
    records: list[Record] = []
    while labels:
        name = ".".join(labels)
        if (record := _record_of(name)) is not None:
            records.append(record)
            if record.tag("psd") in ("n", "y") and (record.tag("psd") == "n" or name != domain):
                break
        labels = labels[-(_MOST_LABELS - 1) :] if len(labels) > _MOST_LABELS else labels[1:]
    return Walk(domain, tuple(records))


def _record_of(name: str) -> Record | None:
    found = [tags for text in resolver.texts(f"_dmarc.{name}") if (tags := parse(text)) is not None]
    return Record(name, found[0]) if len(found) == 1 else None  # two records are none


def parse(text: str) -> dict[str, str] | None:
    """Return the tags of a DMARC record, or None when it is none."""
    pairs = [tag.partition("=") for tag in text.split(";")]
    tags: dict[str, str] = {}
    for name, _, value in pairs:
        if name.strip():
            tags.setdefault(name.strip().lower(), value.strip())
    if pairs[0][0].strip().lower() != "v" or tags.get("v") != "DMARC1":
        return None
    lowered = {name: value.lower() for name, value in tags.items()}
    if lowered.get("p") not in ("none", "quarantine", "reject"):
        lowered["p"] = "none"  # RFC 9989 §4.7
    return lowered


def _policy(record: Record, domain: str) -> str:
    policy = record.tag("p")
    if record.domain != domain:
        policy = record.tag("sp", policy)
        if "np" in record.tags and not _exists(domain):
            policy = record.tag("np")
    if policy not in _STRICTER:
        policy = record.tag("p")
    return _STRICTER[policy] if record.tag("t") == "y" else policy


def _exists(domain: str) -> bool:
    try:
        resolver.lookup(domain, "A")
    except resolver.NoSuchDomain:
        return False
    return True


def _is_aligned(walk: Walk, record: Record, spf: MethodResult, signatures: list[MethodResult]) -> bool:
    if spf.result == "pass" and _aligns(walk, spf_method.domain_of(spf), strict=record.tag("aspf") == "s"):
        return True
    return any(
        signature.result == "pass" and _aligns(walk, signature.property("header.d"), strict=record.tag("adkim") == "s")
        for signature in signatures
    )


def _aligns(walk: Walk, domain: str, *, strict: bool) -> bool:
    """Tell whether both belong together (RFC 9989 §4.4): the same name, or the same organizational domain."""
    domain = domain.lower().rstrip(".")
    if not domain:
        return False
    if domain == walk.start:
        return True
    if strict or not _share_an_ending(domain, walk.start):
        return False
    return tree_walk(domain).organizational_domain == walk.organizational_domain


def _share_an_ending(one: str, other: str) -> bool:
    return one.rpartition(".")[2] == other.rpartition(".")[2]
