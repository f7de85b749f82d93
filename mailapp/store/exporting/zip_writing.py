"""Writing a ZIP archive as a stream that can be left at any moment and gone on with: its whole state is JSON.

Python's own ``zipfile`` keeps the directory in memory and cannot begin in the middle. Here the directory is given out
beside the data, for the caller to keep until the end, and compressed data ends in a full flush wherever it is left.
APPNOTE 6.3, with ZIP64 where it is needed.
"""

import struct
import zlib
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_END = struct.Struct("<4s4H2LH")
_DESCRIPTOR64 = struct.Struct("<4sLQQ")
_EXTRA64_BOTH = struct.Struct("<2H2Q")
_UTF8, _HAS_DESCRIPTOR = 1 << 11, 1 << 3
_DEFLATED = 8
_VERSION, _VERSION64 = 20, 45
_MADE_ON_UNIX = 3 << 8
_MODE = 0o600 << 16
_MAX32, _MAX16 = 0xFFFFFFFF, 0xFFFF
_LEVEL = 6


@dataclass(slots=True)
class State:
    """Where the archive stands."""

    offset: int = 0  # octets given out, without the directory
    entries: int = 0
    directory: int = 0  # octets of directory given out
    name: str = ""  # of the entry that is open
    time: int = 0
    start: int = 0
    crc: int = 0
    size: int = 0
    compressed: int = 0


class ZipWriter:
    """Gives out octets: ``data`` belongs to the archive now, ``directory`` to its end; the caller empties both."""

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        self._state = State(**(state or {}))
        self._compressor: Any = None
        self.data = bytearray()
        self.directory = bytearray()

    def add(self, name: str, octets: bytes, at: datetime) -> None:
        """Write a whole entry."""
        state = self._state
        compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
        compressed = compressor.compress(octets) + compressor.flush()
        state.name, state.time, state.start = name, _dos_time(at), state.offset
        state.crc, state.size, state.compressed = zlib.crc32(octets), len(octets), len(compressed)
        encoded = name.encode()
        self._give(
            _LOCAL.pack(
                b"PK\3\4", _VERSION, _UTF8, _DEFLATED, state.time & _MAX16, state.time >> 16,
                state.crc, state.compressed, state.size, len(encoded), 0,
            )
            + encoded
            + compressed
        )  # fmt: skip
        self._enter(_UTF8)

    def begin(self, name: str, at: datetime) -> None:
        """Begin an entry whose length nobody knows; ``write`` goes on with it, ``end`` ends it."""
        state = self._state
        state.name, state.time, state.start = name, _dos_time(at), state.offset
        state.crc = state.size = state.compressed = 0
        encoded = name.encode()
        extra = _EXTRA64_BOTH.pack(1, 16, 0, 0)
        self._give(
            _LOCAL.pack(
                b"PK\3\4", _VERSION64, _UTF8 | _HAS_DESCRIPTOR, _DEFLATED, state.time & _MAX16, state.time >> 16,
                0, _MAX32, _MAX32, len(encoded), len(extra),
            )
            + encoded
            + extra
        )  # fmt: skip

    def write(self, octets: bytes) -> None:
        if self._compressor is None:
            self._compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
        self._state.crc = zlib.crc32(octets, self._state.crc)
        self._state.size += len(octets)
        self._give_compressed(self._compressor.compress(octets))

    def end(self) -> None:
        compressor = self._compressor or zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
        self._compressor = None
        self._give_compressed(compressor.flush())
        state = self._state
        self._give(_DESCRIPTOR64.pack(b"PK\7\10", state.crc, state.compressed, state.size))
        self._enter(_UTF8 | _HAS_DESCRIPTOR)

    @property
    def is_open(self) -> bool:
        return bool(self._state.name)

    def leave(self) -> dict[str, Any]:
        """Return the state from which another writer goes on after what was given out until now."""
        if self._compressor is not None:
            self._give_compressed(self._compressor.flush(zlib.Z_FULL_FLUSH))
            self._compressor = None
        return asdict(self._state)

    def closing(self) -> bytes:
        """Return what stands behind the directory."""
        state = self._state
        end64 = _END64.pack(
            b"PK\6\6", _END64.size - 12, _MADE_ON_UNIX | _VERSION64, _VERSION64, 0, 0,
            state.entries, state.entries, state.directory, state.offset,
        )  # fmt: skip
        locator = _LOCATOR64.pack(b"PK\6\7", 0, state.offset + state.directory, 1)
        needs64 = state.entries >= _MAX16 or state.offset >= _MAX32 or state.directory >= _MAX32
        entries, directory = min(state.entries, _MAX16), min(state.directory, _MAX32)
        end = _END.pack(b"PK\5\6", 0, 0, entries, entries, directory, min(state.offset, _MAX32), 0)
        return end64 + locator + end if needs64 else end

    def _enter(self, bits: int) -> None:
        """Write the entry into the directory."""
        state = self._state
        encoded = state.name.encode()
        large = [value for value in (state.size, state.compressed, state.start) if value >= _MAX32]
        extra = struct.pack(f"<2H{len(large)}Q", 1, 8 * len(large), *large) if large else b""
        self.directory += (
            _CENTRAL.pack(
                b"PK\1\2", _MADE_ON_UNIX | _VERSION64, _VERSION64, bits, _DEFLATED,
                state.time & _MAX16, state.time >> 16, state.crc,
                min(state.compressed, _MAX32), min(state.size, _MAX32),
                len(encoded), len(extra), 0, 0, 0, _MODE, min(state.start, _MAX32),
            )
            + encoded
            + extra
        )  # fmt: skip
        state.directory += _CENTRAL.size + len(encoded) + len(extra)
        state.entries += 1
        state.name = ""

    def _give_compressed(self, octets: bytes) -> None:
        self._state.compressed += len(octets)
        self._give(octets)

    def _give(self, octets: bytes) -> None:
        self._state.offset += len(octets)
        self.data += octets


def _dos_time(at: datetime) -> int:
    """Return date (high 16 bits) and time as ZIP has them: from 1980 to 2107, to two seconds."""
    if not 1980 <= at.year <= 2107:
        return (1 << 5 | 1) << 16
    date = (at.year - 1980) << 9 | at.month << 5 | at.day
    return date << 16 | at.hour << 11 | at.minute << 5 | at.second // 2
