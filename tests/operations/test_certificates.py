"""The self-signed certificate: made once, renewed before it ends, never in place of somebody else's."""

import datetime
import ssl

import trustme
from cryptography import x509

from workmail.operations import certificates

NOW = datetime.datetime(2026, 11, 24, 8, 0, tzinfo=datetime.UTC)
NAMES = ["mail.example.test", "localhost", "127.0.0.1", "::1"]


def test_a_certificate_is_made_once(tmp_path):
    certificate, key = tmp_path / "secrets" / "certificate.pem", tmp_path / "secrets" / "certificate.key"
    assert certificates.ensure(certificate, key, NAMES, now=NOW)
    octets = certificate.read_bytes()
    assert not certificates.ensure(certificate, key, NAMES, now=NOW)
    assert certificate.read_bytes() == octets
    assert key.stat().st_mode & 0o077 == 0


def test_a_tls_server_takes_it_and_it_names_this_host(tmp_path):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "certificate.key"
    certificates.ensure(certificate, key, NAMES, now=NOW)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    names = x509.load_pem_x509_certificate(certificate.read_bytes()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == ["mail.example.test", "localhost"]
    assert [str(address) for address in names.value.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]


def test_our_own_is_renewed_a_month_before_it_ends(tmp_path):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "certificate.key"
    certificates.ensure(certificate, key, NAMES, now=NOW)
    end = NOW + certificates.VALID_FOR
    assert not certificates.ensure(certificate, key, NAMES, now=end - datetime.timedelta(days=31))
    assert certificates.ensure(certificate, key, NAMES, now=end - datetime.timedelta(days=29))


def test_a_certificate_of_somebody_else_is_never_touched(tmp_path):
    issued = trustme.CA().issue_cert("mail.example.test")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "certificate.key"
    issued.cert_chain_pems[0].write_to_path(str(certificate))
    issued.private_key_pem.write_to_path(str(key))
    octets = certificate.read_bytes()
    assert not certificates.ensure(certificate, key, NAMES, now=NOW + datetime.timedelta(days=36_500))
    assert certificate.read_bytes() == octets
