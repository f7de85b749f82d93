"""What RFC 8291 and RFC 8292 promise: the example of the RFC, octet by octet, and a token that others can check."""

import json
from urllib.parse import urlsplit

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from mailapp.notices import encryption
from mailapp.notices.encryption import decode

PLAINTEXT = b"When I grow up, I want to be a watermelon"
AUTH = decode("BTBZMqHH6r4Tts7J_aSIgg")
BROWSER = decode("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
BROWSER_POINT = decode("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4")
SENDER = decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
SALT = decode("DGv6ra1nlYgDCS1FRnbzlw")
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
    "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def private(octets: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(octets, "big"), ec.SECP256R1())


def test_the_example_of_the_rfc_comes_out_octet_by_octet():
    body = encryption.encrypt(PLAINTEXT, BROWSER_POINT, AUTH, salt=SALT, key=private(SENDER))
    assert encryption.encode(body) == BODY


def test_a_browser_reads_what_was_encrypted_for_it_and_nobody_else():
    body = encryption.encrypt(PLAINTEXT, BROWSER_POINT, AUTH)
    assert encryption.decrypt(body, private(BROWSER), AUTH) == PLAINTEXT
    assert encryption.encrypt(PLAINTEXT, BROWSER_POINT, AUTH) != body
    with pytest.raises(InvalidTag):
        encryption.decrypt(body, private(SENDER), AUTH)


@pytest.mark.parametrize("point", [b"", b"\x04" + b"\x01" * 64, BROWSER_POINT[:-1]])
def test_what_is_no_point_of_the_curve_is_refused(point):
    with pytest.raises(ValueError):
        encryption.encrypt(PLAINTEXT, point, AUTH)


def test_the_token_names_the_service_and_can_be_checked_with_the_key_beside_it():
    key = encryption.signing_key("a secret of the installation")
    field = encryption.authorization(key, "https://push.example.net/send/abc?x=1", "https://mail.example.test", 1_000)
    scheme, rest = field.split(" ", 1)
    values = dict(part.strip().split("=", 1) for part in rest.split(","))
    head, claims, signature = values["t"].split(".")
    assert scheme == "vapid"
    assert json.loads(decode(head)) == {"typ": "JWT", "alg": "ES256"}
    found = json.loads(decode(claims))
    assert found == {"aud": "https://push.example.net", "exp": 1_000 + 12 * 3600, "sub": "https://mail.example.test"}
    assert urlsplit(found["aud"]).path == ""
    octets = decode(signature)
    point = encryption.read_point(decode(values["k"]))
    der = encode_dss_signature(int.from_bytes(octets[:32], "big"), int.from_bytes(octets[32:], "big"))
    point.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))


def test_the_same_secret_makes_the_same_key():
    points = {encryption.public_point(encryption.signing_key(text)) for text in ("one", "one", "two")}
    assert len(points) == 2
