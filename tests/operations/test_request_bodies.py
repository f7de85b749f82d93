"""A body that is too large is refused while it is being sent."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from workmail.operations.processes import free_port

APPLICATION = """
from daphne.cli import CommandLineInterface
from workmail.operations import request_bodies

async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    size, more = 0, True
    while more:
        event = await receive()
        size, more = size + len(event.get("body", b"")), event.get("more_body", False)
    body = str(size).encode()
    length = str(len(body)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    await send({"type": "http.response.body", "body": body})

if __name__ == "__main__":
    import sys
    request_bodies.bound(100_000)
    sys.modules["bodies_application"] = sys.modules["__main__"]
    CommandLineInterface().run(["--port", sys.argv[1], "--verbosity", "0", "bodies_application:application"])
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bodies")
    (folder / "bodies_application.py").write_text(APPLICATION)
    number = free_port()
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    process = subprocess.Popen(
        [sys.executable, str(folder / "bodies_application.py"), str(number)],
        env={**os.environ, "PYTHONPATH": root},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", number), 1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield number
    process.send_signal(signal.SIGKILL)
    process.wait(10)


def ask(port: int, head: str, *pieces: bytes) -> str:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(f"POST / HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n".encode())
        for piece in pieces:
            connection.sendall(piece)
        return connection.recv(4096).decode()


def test_a_body_within_the_bound_arrives_whole(port):
    answer = ask(port, "Content-Length: 90000", b"x" * 90_000)
    assert answer.startswith("HTTP/1.1 200")
    assert answer.endswith("90000")


def test_an_announced_length_beyond_the_bound_is_refused_before_the_body_is_sent(port):
    assert ask(port, "Content-Length: 100001").startswith("HTTP/1.1 413")


def test_chunks_beyond_the_bound_are_refused_while_more_would_come(port):
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    assert ask(port, "Transfer-Encoding: chunked", *[chunk] * 4).startswith("HTTP/1.1 413")


def test_the_server_serves_others_meanwhile(port):
    with socket.create_connection(("127.0.0.1", port), 10) as hostile:
        hostile.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n")
        assert ask(port, "Content-Length: 3", b"abc").endswith("3")
