"""Signed and encrypted messages, and messages that try something."""

# ruff: noqa: E501  (messages, one to a line as far as they go)

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from tests.corpus.building import PDF, TEXT, attached, b64, crlf, message, multipart, part

SIGNED = crlf("Content-Type: text/plain; charset=utf-8\n\nSigned words.\n").encode()
PGP = "-----BEGIN PGP {0}-----\n\niQEzBAEBCAAdFiEE0000000000000000000000000000000000\n=abcd\n-----END PGP {0}-----\n"


def messages() -> dict[str, bytes]:
    return {**_protected(), **_html(), **_names()}


def _certificate() -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Alice Martin")])
    builder = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    )
    builder = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC)).not_valid_after(
        datetime(2036, 1, 1, tzinfo=UTC)
    )
    return builder.sign(key, hashes.SHA256()), key


def _protected() -> dict[str, bytes]:
    certificate, key = _certificate()
    builder = pkcs7.PKCS7SignatureBuilder().set_data(SIGNED).add_signer(certificate, key, hashes.SHA256())
    opaque = builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    detached = builder.sign(
        serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.DetachedSignature]
    )
    envelope = pkcs7.PKCS7EnvelopeBuilder().set_data(SIGNED).add_recipient(certificate)
    enveloped = envelope.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    p7m = 'application/pkcs7-mime; smime-type={}; name="smime.p7m"'
    return {
        "smime-signed.eml": message(
            multipart("sig", SIGNED, attached("application/pkcs7-signature", "smime.p7s", detached)),
            subject="S/MIME, clear-signed",
            kind='multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="sig"',
        ),
        "smime-opaque.eml": message(
            b64(opaque), subject="S/MIME, opaque", kind=p7m.format("signed-data"), encoding="base64"
        ),
        "smime-enveloped.eml": message(
            b64(enveloped), subject="S/MIME, encrypted", kind=p7m.format("enveloped-data"), encoding="base64"
        ),
        "pgp-signed.eml": message(
            multipart("sig", SIGNED, part("application/pgp-signature; name=signature.asc", PGP.format("SIGNATURE"))),
            subject="PGP/MIME, signed",
            kind='multipart/signed; protocol="application/pgp-signature"; micalg=pgp-sha256; boundary="sig"',
        ),
        "pgp-encrypted.eml": message(
            multipart(
                "enc",
                part("application/pgp-encrypted", "Version: 1\n"),
                part('application/octet-stream; name="encrypted.asc"', PGP.format("MESSAGE")),
            ),
            subject="PGP/MIME, encrypted",
            kind='multipart/encrypted; protocol="application/pgp-encrypted"; boundary="enc"',
        ),
        "pgp-inline-signed.eml": message(
            f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nSigned words.\n{PGP.format('SIGNATURE')}",
            subject="PGP in the text, signed",
        ),
        "pgp-inline-encrypted.eml": message(PGP.format("MESSAGE"), subject="PGP in the text, encrypted"),
    }


HOSTILE_HTML = {
    "script": "<p>Hello</p><script>alert(1)</script><img src=x onerror=alert(1)><a href=' java\tscript:alert(1)'>x</a>",
    "svg": "<svg><animate onbegin=alert(1) attributeName=x /><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "math": '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "style": "<style>@import 'http://track.example/a.css';body{position:fixed;background:url(http://track.example/b)}"
    "p{behavior:url(x);-moz-binding:url(x);width:expression(alert(1))}</style><p style='position:fixed;top:0'>over</p>",
    "style-end": "<style>p{color:red}</style\t><img src=x onerror=alert(1)></style><p title='</style><script>'>text</p>",
    "remote": "<img src='http://track.example/1.gif'><img srcset='http://track.example/2.gif 2x'><table background="
    "'http://track.example/3.gif'><tr><td style='background-image:url(http://track.example/4.gif)'>x</td></tr></table>"
    "<video poster='http://track.example/5.gif' src='http://track.example/6.mp4'></video><input type=image src="
    "'http://track.example/7.gif'><link rel=stylesheet href='http://track.example/8.css'><iframe src='http://track.example/9'>"
    "</iframe><img src='//track.example/10.gif'><p style=\"list-style:url('http://track.example/11.gif')\">x</p>",
    "form": "<form action='http://phish.example/'><input name=password type=password><button formaction=javascript:alert(1)>"
    "Sign in</button></form>",
    "refresh": "<meta http-equiv=refresh content='0;url=http://phish.example/'><base href='http://phish.example/'><a href=x>y</a>",
    "clobber": "<img name=body id=cookie><a id=location href=#x>x</a><form id=forms><input name=attributes></form>",
    "placeholder": "<p title='src=\"remote:0\"'>src=\"part:1\" url('remote:0')</p><img src='part:9'><img src='remote:9'>",
    "entities": "<a href='&#106;&#97;vascript&colon;alert(1)'>x</a><a href='javascript&#58;alert(1)'>y</a>&lt;script&gt;",
    "data": "<img src='data:image/svg+xml,<svg onload=alert(1)>'><a href='data:text/html,<script>alert(1)</script>'>x</a>"
    "<object data='data:text/html,x'></object><img src='data:image/png;base64,iVBORw0KGgo='>",
}


def _html() -> dict[str, bytes]:
    return {
        f"html-{name}.eml": message(f"{html}\n", subject=f"Hostile HTML: {name}", kind="text/html; charset=utf-8")
        for name, html in HOSTILE_HTML.items()
    }


def _names() -> dict[str, bytes]:
    names = (
        "../../../etc/passwd",
        "C:\\\\Windows\\\\cmd.exe",
        "invoice\u202efdp.exe",
        "nul.txt",
        ".htaccess",
        "a\tb.pdf",
        "..",
    )
    files = multipart(
        "mix",
        part("text/plain", "Names that try something.\n"),
        *(attached("application/pdf", name, PDF) for name in names),
    )
    injected = "=?utf-8?Q?Hello=0D=0ABcc:_victim@example.org=0D=0A=0D=0Aevil?="
    return {
        "names-of-files.eml": message(
            files, subject="Names that try something", kind='multipart/mixed; boundary="mix"'
        ),
        "header-injection.eml": message(
            TEXT,
            subject=injected,
            from_=f'"{injected}" <alice@example.test>',
            more="References: =?utf-8?Q?=0D=0ABcc:?= <a@example.test>",
        ),
        "names-with-markup.eml": message(
            TEXT,
            subject='<script>alert(1)</script> & "quotes"',
            from_='"<img src=x onerror=alert(1)>" <alice@example.test>',
            to='"{{ 7*7 }} ${7*7} <b>" <bob@example.test>',
        ),
    }
