"""Bounds what a client may send as the body of a request, while it is still sending.

Daphne hands a request to Django only when all of it has arrived, and until then keeps it in a temporary file. So the
page that says in words what is too large can only speak about bodies up to this bound; beyond it, the server hangs up.
"""

from typing import Any, ClassVar

from daphne import http_protocol

_HEADER = (
    b"HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\nContent-Length: 41\r\n"
    b"Connection: close\r\n\r\n"
)
_BODY = b'{"code": "limit_exceeded", "message": ""}'
_LINGER_SECONDS = 5.0


class BoundedRequest(http_protocol.WebRequest):
    """A request that is refused by its announced length, or once more than that arrives in chunks."""

    most_bytes: ClassVar[int] = 0
    _received_bytes = 0
    _is_refused = False

    def gotLength(self, length: int | None) -> None:
        super().gotLength(0 if length is not None and length > self.most_bytes else length)
        if length is not None and length > self.most_bytes:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._received_bytes += len(data)
        if self._received_bytes > self.most_bytes:
            self._refuse()
        else:
            super().handleContentChunk(data)

    def process(self) -> Any:
        return None if self._is_refused else super().process()

    def _refuse(self) -> None:
        """Answer, and let go of what still comes for a moment: a connection reset would take the answer with it."""
        from twisted.internet import reactor

        self._is_refused = True
        transport = self.channel.transport
        transport.write(_HEADER + _BODY)
        if hasattr(transport, "loseWriteConnection"):
            transport.loseWriteConnection()
        reactor.callLater(_LINGER_SECONDS, transport.abortConnection)


def bound(most_bytes: int) -> None:
    """Let daphne make bounded requests from now on."""
    BoundedRequest.most_bytes = most_bytes
    http_protocol.WebRequest = BoundedRequest
