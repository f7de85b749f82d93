"""The proxy of remote images against a stranger who chose the address and answers it."""

import http.server
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from mailapp import guarded_http
from mailapp.web import remote_images
from mailapp.web.remote_images import ImageRefused, fetch

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 60
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


class Stranger:
    """A web server of somebody else, which answers as told and keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.answers: dict[str, Callable[[http.server.BaseHTTPRequestHandler], None]] = {}
        stranger = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stranger.requests.append((self.path, dict(self.headers)))
                try:
                    stranger.answers[self.path](self)
                except OSError:
                    pass  # the proxy hung up

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def url(self, path: str = "/image.png", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def serves(self, path: str, octets: bytes, *, status: int = 200, **fields: str) -> None:
        def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in fields.items():
                handler.send_header(name.replace("_", "-"), value)
            if "Content_Length" not in fields:
                handler.send_header("Content-Length", str(len(octets)))
            handler.end_headers()
            handler.wfile.write(octets)

        self.answers[path] = answer

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    server = Stranger()
    yield server
    server.close()


def test_an_image_comes_by_what_its_octets_are_and_not_by_what_the_server_says(stranger: Stranger) -> None:
    stranger.serves("/image.png", PNG, Content_Type="text/html")
    image = fetch(stranger.url(), allow_private=True)
    assert (image.content_type, image.octets) == ("image/png", PNG)


def test_the_request_says_nothing_about_the_reader(stranger: Stranger) -> None:
    stranger.serves("/image.png", PNG)
    fetch(stranger.url(), allow_private=True)
    _, fields = stranger.requests[0]
    assert not {"Cookie", "Referer", "Authorization", "X-Forwarded-For", "Accept-Language"} & fields.keys()
    assert fields["Host"] == f"127.0.0.1:{stranger.port}"


@pytest.mark.parametrize("octets", [SVG, b"<html><script>1</script>", b"", b"GIF8", b"%PDF-1.7"])
def test_what_is_no_raster_image_is_refused(stranger: Stranger, octets: bytes) -> None:
    stranger.serves("/image.png", octets, Content_Type="image/png")
    with pytest.raises(ImageRefused):
        fetch(stranger.url(), allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a.png",
        "http://[::1]/a.png",
        "http://[::ffff:127.0.0.1]/a.png",
        "http://[64:ff9b::7f00:1]/a.png",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/a.png",
        "http://192.168.1.1/a.png",
        "http://172.16.0.1/a.png",
        "http://100.64.0.1/a.png",
        "http://0.0.0.0/a.png",
        "http://0/a.png",
        "http://2130706433/a.png",
        "http://0x7f000001/a.png",
        "http://0177.0.0.1/a.png",
        "http://127.1/a.png",
        "http://localhost/a.png",
        "http://user:secret@example.org/a.png",
        "http://8.8.8.8:22/a.png",
        "file:///etc/passwd",
        "gopher://127.0.0.1:25/x",
        "ftp://example.org/a.png",
        "javascript:alert(1)",
        "//example.org/a.png",
        "http:///a.png",
        "http://example.org:99999/a.png",
        "http://exa mple.org/",
        "http://example.org/\r\nX: y",
        "http://[::1",
        "",
        "http://example.org/" + "a" * 5_000,
    ],
)
def test_addresses_that_lead_inside_or_nowhere_are_refused_without_a_request(url: str) -> None:
    with pytest.raises(ImageRefused):
        fetch(url)


def test_a_public_name_with_a_private_address_is_refused(stranger: Stranger) -> None:
    stranger.serves("/image.png", PNG)
    with pytest.raises(ImageRefused, match="public"):
        fetch("http://images.example.org/image.png", resolve=lambda host, port: ["127.0.0.1"])
    with pytest.raises(ImageRefused, match="public"):
        fetch("http://images.example.org/image.png", resolve=lambda host, port: ["198.51.100.7", "127.0.0.1"])
    assert not stranger.requests


def test_the_connection_goes_to_the_address_that_was_checked(stranger: Stranger) -> None:
    """A name that answers differently the second time (DNS rebinding) is asked for once only."""
    stranger.serves("/image.png", PNG)
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    url = stranger.url(host="images.example.org")
    assert fetch(url, allow_private=True, resolve=resolve).octets == PNG
    assert asked == ["images.example.org"]
    assert stranger.requests[0][1]["Host"] == f"images.example.org:{stranger.port}"


def test_a_redirect_is_checked_like_the_first_address(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first host is taken for public, the one it redirects to is not: no second request is made."""
    stranger.serves("/start", b"", status=302, Location=stranger.url("/image.png", host="inside.example.org"))
    stranger.serves("/image.png", PNG)
    addresses = {"outside.example.org": "127.0.0.1", "inside.example.org": "127.0.0.3"}
    monkeypatch.setattr(guarded_http, "is_public", lambda address: address == "127.0.0.1")
    monkeypatch.setattr(guarded_http, "_PORTS", {"http": stranger.port, "https": 443})
    with pytest.raises(ImageRefused, match="public"):
        fetch("http://outside.example.org/start", resolve=lambda host, port: [addresses[host]])
    assert [path for path, _ in stranger.requests] == ["/start"]


@pytest.mark.parametrize("location", ["file:///etc/passwd", "gopher://127.0.0.1:25/", "http://[::1", "javascript:1"])
def test_a_redirect_to_another_scheme_is_refused(stranger: Stranger, location: str) -> None:
    stranger.serves("/start", b"", status=302, Location=location)
    with pytest.raises(ImageRefused):
        fetch(stranger.url("/start"), allow_private=True)


def test_redirects_end(stranger: Stranger) -> None:
    stranger.serves("/image.png", b"", status=302, Location=stranger.url())
    with pytest.raises(ImageRefused, match="redirects"):
        fetch(stranger.url(), allow_private=True)
    assert len(stranger.requests) == remote_images.MOST_REDIRECTS + 1


def test_a_relative_redirect_is_followed(stranger: Stranger) -> None:
    stranger.serves("/start", b"", status=301, Location="/image.png")
    stranger.serves("/image.png", PNG)
    assert fetch(stranger.url("/start"), allow_private=True).octets == PNG


def test_what_is_too_large_is_refused_whether_it_says_so_or_not(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_images, "LARGEST_BYTES", 1_000)
    stranger.serves("/says", PNG + b"\0" * 2_000)
    stranger.serves("/silent", PNG + b"\0" * 2_000, Content_Length="", Connection="close")

    def silent(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(PNG + b"\0" * 2_000)

    stranger.answers["/silent"] = silent
    for path in ("/says", "/silent"):
        with pytest.raises(ImageRefused, match="large"):
            fetch(stranger.url(path), allow_private=True)


def test_compressed_octets_are_not_unfolded(stranger: Stranger) -> None:
    import gzip

    stranger.serves("/image.png", gzip.compress(PNG * 1000), Content_Encoding="gzip")
    with pytest.raises(ImageRefused, match="no image"):
        fetch(stranger.url(), allow_private=True)


@pytest.mark.parametrize("slow", ["header", "body"])
def test_a_server_that_drips_is_hung_up_on_at_the_deadline(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    monkeypatch.setattr(remote_images, "SECONDS_IN_ALL", 0.6)

    def drip(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        if slow == "body":
            handler.wfile.write(b"\r\n" + PNG)
        while True:
            handler.wfile.write(b"X")
            handler.wfile.flush()
            time.sleep(0.05)

    stranger.answers["/image.png"] = drip
    began = time.monotonic()
    with pytest.raises(ImageRefused):
        fetch(stranger.url(), allow_private=True)
    assert time.monotonic() - began < 5


def test_a_port_where_nobody_answers_is_a_refusal() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    with pytest.raises(ImageRefused):
        fetch(f"http://127.0.0.1:{port}/", allow_private=True)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.215.14", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("::ffff:10.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a00:1", False),
        ("2001:0:5ef5:79fb::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("no address", False),
    ],
)
def test_which_addresses_are_public(address: str, expected: bool) -> None:
    assert guarded_http.is_public(address) is expected
