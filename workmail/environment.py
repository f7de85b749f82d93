"""Pure helpers that turn environment variables into settings."""

import hashlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

# sockaddr_un.sun_path is 108 octets on Linux and 104 on macOS, the closing NUL included.
LONGEST_SOCKET_PATH = 100


def embedded_valkey_socket(data_dir: Path) -> Path:
    """Return where the embedded Valkey listens: in the data folder, or in a private one with a short and plain name.

    Plain, because the path goes into URLs that three libraries read, each with its own idea of quoting.
    """
    socket = data_dir / "run" / "valkey.sock"
    if len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH and quote(str(socket)) == str(socket):
        return socket
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"workmail-{os.getuid()}-{digest}" / "valkey.sock"


def secret_from_file(path: Path, *, octets: int = 48) -> str:
    """Return the secret kept in ``path``; the first process that asks creates it, readable by its owner only."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(octets))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # atomic: of two processes that start together exactly one wins
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="ascii").strip()


def blob_storage(url: str) -> dict[str, Any]:
    """Translate ``BLOB_STORE_URL`` into an entry of Django's ``STORAGES``.

    ``file:///folder`` keeps files; ``s3://bucket/prefix?endpoint_url=…&region_name=…`` any S3-compatible store.

    Raises:
        ValueError: Another scheme.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return {
            "BACKEND": "mailapp.store.blobs.DurableFileStorage",
            "OPTIONS": {
                "location": unquote(parts.path),
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }
    if parts.scheme == "s3":
        options: dict[str, Any] = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        options |= {"bucket_name": parts.netloc.rpartition("@")[2], "location": unquote(parts.path.strip("/"))}
        options |= {"file_overwrite": True, "default_acl": None, "querystring_auth": False}
        if parts.username:
            options |= {"access_key": unquote(parts.username), "secret_key": unquote(parts.password or "")}
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    raise ValueError(f"BLOB_STORE_URL must begin with file:// or s3://, not {parts.scheme}://")
