"""Blobs through Django's storage API: files by default, S3 through django-storages."""

import os
from pathlib import Path
from typing import IO

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage, storages


class DurableFileStorage(FileSystemStorage):
    """Files that are on the disk when ``save`` returns: written aside, synced, renamed, and the folder synced too."""

    def _save(self, name: str, content: IO[bytes] | File) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True, mode=self.directory_permissions_mode or 0o700)
        draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
        try:
            with open(draft, "wb", opener=_private) as file:
                for chunk in content.chunks() if isinstance(content, File) else (content.read(),):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
        return name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name  # names are random UUIDs, and writing one again (a second try) must not make a second file


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def store() -> Storage:
    return storages["blobs"]


def write(name: str, octets: bytes) -> None:
    store().save(name, ContentFile(octets))


def read(name: str) -> bytes:
    """Return the blob. Raises FileNotFoundError when it is gone."""
    with store().open(name, "rb") as file:
        return file.read()


def delete(name: str) -> None:
    store().delete(name)
