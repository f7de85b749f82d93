"""SPF, DKIM and DMARC against a real name server, and the field that tells their results."""

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mailapp.delivery import header_fields
from mailapp.delivery.authentication import dkim as dkim_method
from mailapp.delivery.authentication import dmarc, results, spf
from mailapp.delivery.authentication.results import Authentication, MethodResult
from tests.services.dns import FAILING, DnsServer

RAW = b"From: A <a@example.org>\r\nTo: b@example.test\r\nSubject: Hello\r\n\r\nSome text.\r\n"


class Signer:
    """A key, and the record that publishes it."""

    def __init__(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
        self.pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.record = "v=DKIM1; k=rsa; p=" + "".join(public.decode().splitlines()[1:-1])

    def sign(self, raw: bytes, domain: str = "example.org", **options) -> bytes:
        relaxed = (b"relaxed", b"relaxed")
        signature = dkim.sign(raw, b"sel", domain.encode(), self.pem, canonicalize=relaxed, **options)
        return signature + b"\r\n" + raw if not signature.endswith(b"\r\n") else signature + raw


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


@pytest.fixture
def published(name_server: DnsServer, signer: Signer) -> DnsServer:
    name_server.zone |= {"sel._domainkey.example.org": {"TXT": [signer.record]}, "example.org": {}}
    return name_server


# --- SPF -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "record, result",
    [
        ("v=spf1 ip4:192.0.2.7 -all", "pass"),
        ("v=spf1 ip4:192.0.2.8 -all", "fail"),
        ("v=spf1 ip4:192.0.2.8 ~all", "softfail"),
        ("v=spf1 ?all", "neutral"),
        ("v=spf1 include:other.example -all", "pass"),
        ("v=spf1 a mx -all", "pass"),
        ("v=spf1 include:missing.example -all", "permerror"),
        ("v=spf1 nonsense:x -all", "permerror"),
        ("something else", "none"),
    ],
)
def test_spf_says_whether_the_address_may_send(name_server: DnsServer, record: str, result: str):
    name_server.zone |= {
        "example.org": {"TXT": [record], "MX": ["10 mx.example.org."], "A": ["192.0.2.1"]},
        "mx.example.org": {"A": ["192.0.2.7"]},
        "other.example": {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all"]},
    }
    found = spf.evaluate("192.0.2.7", "a@example.org", "client.example")
    assert found.result == result
    assert spf.domain_of(found) == "example.org"


def test_spf_knows_ipv6_and_names_beyond_ascii(name_server: DnsServer):
    name_server.zone["xn--bcher-kva.example"] = {"TXT": ["v=spf1 ip6:2001:db8::/32 -all"]}
    assert spf.evaluate("2001:db8::1", "a@bücher.example", "x").result == "pass"
    assert spf.evaluate("192.0.2.1", "a@bücher.example", "x").result == "fail"


def test_a_null_path_is_judged_by_helo(name_server: DnsServer):
    name_server.zone["client.example"] = {"TXT": ["v=spf1 ip4:192.0.2.7 -all"]}
    found = spf.evaluate("192.0.2.7", "", "client.example")
    assert (found.result, found.property("smtp.helo")) == ("pass", "client.example")


def test_a_silent_dns_is_a_temporary_error(name_server: DnsServer):
    name_server.zone["example.org"] = FAILING
    assert spf.evaluate("192.0.2.7", "a@example.org", "x").result == "temperror"


@pytest.mark.parametrize("path", ["a@" + "x" * 70 + ".org", "a@..", "@", "a@[127.0.0.1]", "ü@ü", '"a b"@example.org'])
def test_a_strange_path_is_no_error_of_ours(name_server: DnsServer, path: str):
    assert spf.evaluate("192.0.2.7", path, "x").result in ("none", "permerror")


# --- DKIM ------------------------------------------------------------------------------------------------------


def test_a_good_signature_passes(published: DnsServer, signer: Signer):
    (found,) = dkim_method.evaluate(signer.sign(RAW))
    assert (found.result, found.property("header.d"), found.property("header.s")) == ("pass", "example.org", "sel")


def test_a_changed_body_or_header_fails(published: DnsServer, signer: Signer):
    signed = signer.sign(RAW)
    assert dkim_method.evaluate(signed.replace(b"Some", b"Other"))[0].result == "fail"
    assert dkim_method.evaluate(signed.replace(b"Hello", b"Goodbye"))[0].result == "fail"


def test_a_second_from_in_front_breaks_the_signature(published: DnsServer, signer: Signer):
    assert dkim_method.evaluate(b"From: ceo@example.org\r\n" + signer.sign(RAW))[0].result == "fail"


def test_a_signature_over_a_part_of_the_body_proves_nothing_about_the_rest(published: DnsServer, signer: Signer):
    signed = signer.sign(RAW, length=True) + b"Send money.\r\n"
    assert dkim_method.evaluate(signed)[0].result == "policy"


def test_a_missing_key_and_a_silent_dns_are_told_apart(name_server: DnsServer, signer: Signer):
    signed = signer.sign(RAW)
    assert dkim_method.evaluate(signed)[0].result == "permerror"
    name_server.zone["sel._domainkey.example.net"] = FAILING
    assert dkim_method.evaluate(signer.sign(RAW, "example.net"))[0].result == "temperror"


def test_only_the_first_signatures_are_looked_at(published: DnsServer, signer: Signer):
    raw = RAW
    for _ in range(8):
        raw = signer.sign(raw)
    assert len(dkim_method.evaluate(raw)) == dkim_method.MOST_SIGNATURES


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no header at all",
        b"DKIM-Signature: nonsense\r\n\r\n",
        b"DKIM-Signature: v=1; a=rsa-sha256; d=x; s=y; h=from; b=!!; bh=!!\r\nFrom: a@b.c\r\n\r\n",
        b"DKIM-Signature: v=1; a=ed25519-sha256; d=x.test; s=y; h=from; b=AAAA; bh=AAAA\r\nFrom: a@b.c\r\n\r\n",
        b"DKIM-Signature: v=1; l=99999999999999999999; a=rsa-sha256; d=x; s=y; h=from; b=AA; bh=AA\r\n\r\n",
        b"DKIM-Signature\r\nFrom a@b.c\r\n\r\n",
    ],
)
def test_a_broken_signature_never_passes_and_never_raises(name_server: DnsServer, raw: bytes):
    assert all(found.result != "pass" for found in dkim_method.evaluate(raw))
    dkim_method.evaluate_arc(raw)


def test_a_broken_chain_of_forwarders_fails(name_server: DnsServer):
    raw = b"ARC-Seal: i=1; a=rsa-sha256; cv=none; d=x.test; s=y; b=AAAA\r\n" + RAW
    assert dkim_method.evaluate_arc(raw).result == "fail"
    assert dkim_method.evaluate_arc(RAW) is None


# --- DMARC -----------------------------------------------------------------------------------------------------

SPF_PASS = MethodResult("spf", "pass", (("smtp.mailfrom", "bounce@mail.example.org"),))
SPF_FAIL = MethodResult("spf", "fail", (("smtp.mailfrom", "a@example.org"),))
DKIM_PASS = MethodResult("dkim", "pass", (("header.d", "example.org"),))
DKIM_OTHER = MethodResult("dkim", "pass", (("header.d", "evil.test"),))


def test_a_domain_without_record_asks_for_nothing(name_server: DnsServer):
    assert dmarc.evaluate(["example.org"], SPF_FAIL, []).result == "none"


@pytest.mark.parametrize(
    "spf_result, signatures, tags, result",
    [
        (SPF_PASS, [], "", "pass"),  # relaxed: mail.example.org belongs to example.org
        (SPF_PASS, [], "; aspf=s", "fail"),
        (SPF_FAIL, [DKIM_PASS], "", "pass"),
        (SPF_FAIL, [DKIM_PASS], "; adkim=s", "pass"),
        (SPF_FAIL, [DKIM_OTHER], "", "fail"),
        (SPF_FAIL, [], "", "fail"),
        (MethodResult("spf", "temperror"), [], "", "temperror"),
    ],
)
def test_what_passed_must_belong_to_the_author(name_server: DnsServer, spf_result, signatures, tags, result):
    name_server.zone |= {"_dmarc.example.org": {"TXT": [f"v=DMARC1; p=reject{tags}"]}}
    found = dmarc.evaluate(["example.org"], spf_result, signatures)
    assert (found.result, found.property("policy.dmarc")) == (result, "reject")


def test_a_subdomain_inherits_what_its_organization_says(name_server: DnsServer):
    name_server.zone |= {
        "_dmarc.example.org": {"TXT": ["v=DMARC1; p=none; sp=quarantine; np=reject"]},
        "a.b.example.org": {"A": ["192.0.2.1"]},
    }
    assert dmarc.evaluate(["a.b.example.org"], SPF_FAIL, [DKIM_PASS]).result == "pass"
    assert dmarc.evaluate(["a.b.example.org"], SPF_FAIL, []).property("policy.dmarc") == "quarantine"
    assert dmarc.evaluate(["missing.example.org"], SPF_FAIL, []).property("policy.dmarc") == "reject"


def test_a_public_suffix_is_nobodys_organization(name_server: DnsServer):
    """RFC 9989 §4.10: two customers of one registry do not vouch for each other."""
    name_server.zone |= {"_dmarc.co.example": {"TXT": ["v=DMARC1; p=reject; psd=y"]}}
    other = MethodResult("dkim", "pass", (("header.d", "evil.co.example"),))
    assert dmarc.evaluate(["bank.co.example"], SPF_FAIL, [other]).result == "fail"
    own = MethodResult("dkim", "pass", (("header.d", "mail.bank.co.example"),))
    assert dmarc.evaluate(["bank.co.example"], SPF_FAIL, [own]).result == "pass"


def test_testing_mode_goes_one_step_down_and_two_records_are_none(name_server: DnsServer):
    name_server.zone |= {
        "_dmarc.example.org": {"TXT": ["v=DMARC1; p=reject; t=y"]},
        "_dmarc.twice.test": {"TXT": ["v=DMARC1; p=reject", "v=DMARC1; p=none"]},
    }
    assert dmarc.evaluate(["example.org"], SPF_FAIL, []).property("policy.dmarc") == "quarantine"
    assert dmarc.evaluate(["twice.test"], SPF_FAIL, []).result == "none"


def test_long_names_cost_few_questions(name_server: DnsServer):
    dmarc.tree_walk(".".join("abcdefghijklmnopqrstuvwxyz") + ".example.org")
    assert len(name_server.questions) <= 8


def test_of_several_authors_the_worst_counts(name_server: DnsServer):
    name_server.zone |= {"_dmarc.bank.test": {"TXT": ["v=DMARC1; p=reject"]}}
    assert dmarc.evaluate(["example.org", "bank.test"], SPF_FAIL, []).result == "fail"
    assert dmarc.evaluate([], SPF_FAIL, []).result == "permerror"
    assert dmarc.evaluate([""], SPF_FAIL, []).result == "permerror"
    assert dmarc.evaluate([f"d{n}.test" for n in range(9)], SPF_FAIL, []).result == "permerror"


# --- The field -------------------------------------------------------------------------------------------------


def test_results_are_written_as_rfc_8601_says():
    authentication = Authentication(
        (
            MethodResult("spf", "pass", (("smtp.mailfrom", "a@example.org"),)),
            MethodResult("dkim", "fail", (("header.d", "example.org"),), "the body was changed"),
            MethodResult("dmarc", "pass", (("header.from", "example.org"), ("policy.dmarc", "none"))),
        )
    )
    field = results.field(authentication, "mail.example.test").decode()
    assert " ".join(field.split()) == (
        "Authentication-Results: mail.example.test; spf=pass smtp.mailfrom=a@example.org; "
        'dkim=fail reason="the body was changed" header.d=example.org; '
        "dmarc=pass header.from=example.org policy.dmarc=none"
    )
    assert results.field(Authentication(), "h").decode() == "Authentication-Results: h; none\r\n"
    assert Authentication.from_json(authentication.to_json()) == authentication
    assert authentication.codes() == {"spf": "pass", "dkim": "fail", "dmarc": "pass", "domain": "example.org"}


@pytest.mark.parametrize("value", ['x"; dmarc=pass', "x\r\nFrom: evil", "x\\", "a b", "(comment", "\ud800", "ü;"])
def test_a_strangers_words_stay_inside_their_value(value: str):
    authentication = Authentication((MethodResult("spf", "none", (("smtp.mailfrom", value),)),))
    field = results.field(authentication, "h.test")
    assert len(list(header_fields.fields(field))) == 1
    assert b"; dmarc=pass" not in field.replace(b'\\"', b"").split(b'"')[0]


@pytest.mark.parametrize(
    "body",
    [
        "mail.example.test; spf=pass",
        "MAIL.EXAMPLE.TEST 1; spf=pass",
        "(a (nested) comment) mail.example.test (x); spf=pass",
        '"mail.example.test"; spf=pass',
        "\r\n mail.example.test; spf=pass",
        "; spf=pass",
        "",
    ],
)
def test_a_forged_field_of_ours_is_known(body: str):
    (field,) = header_fields.fields(f"Authentication-Results: {body}\r\n".encode())
    assert results.claims_to_be_ours(field, ["mail.example.test"])


@pytest.mark.parametrize("line", ["Authentication-Results: mx.other.test; spf=pass", "Subject: mail.example.test;"])
def test_fields_of_others_are_left_alone(line: str):
    (field,) = header_fields.fields(f"{line}\r\n".encode())
    assert not results.claims_to_be_ours(field, ["mail.example.test"])


def test_a_failed_dmarc_goes_to_junk_only_when_the_domain_asks_for_it():
    def authentication(result: str, policy: str) -> Authentication:
        return Authentication((MethodResult("dmarc", result, (("policy.dmarc", policy),)),))

    assert authentication("fail", "reject").wants_junk
    assert authentication("fail", "quarantine").wants_junk
    assert not authentication("fail", "none").wants_junk
    assert not authentication("pass", "reject").wants_junk
    assert not Authentication().wants_junk
