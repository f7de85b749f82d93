"""Writing and reading contents: compress, seal under the content's own key, keep as a blob."""

import json
import uuid
from dataclasses import dataclass

import zstandard
from django.conf import settings

from mailapp.mime import render
from mailapp.store import blobs
from mailapp.store.models import Content
from workmail.keys import envelope

# Bounds what a damaged or hostile blob may unfold to; nothing larger than this is ever stored.
_LARGEST_CONTENT_BYTES = 4 * settings.SMTP_MAX_MESSAGE_BYTES


@dataclass(frozen=True, slots=True)
class WrittenContent:
    """A content whose blob is durable, and the key that opens it. ``content`` still has to be saved."""

    content: Content
    key: bytes


def write(raw: bytes) -> WrittenContent:
    """Make the octets durable under a new key. Touches no database: the caller saves ``content`` with its own rows.

    Raises:
        OSError: The blob store is full or away; nothing is left behind.
    """
    content_id, key = uuid.uuid4(), envelope.new_key()
    sealed = _seal(key, raw, content_id.bytes)
    content = Content(id=content_id, size_bytes=len(raw), stored_bytes=len(sealed))
    blobs.write(content.blob_name, sealed)
    return WrittenContent(content, key)


def read(content: Content, key: bytes) -> bytes:
    return _unseal(key, blobs.read(content.blob_name), content.pk.bytes)


def read_view(content: Content, key: bytes) -> render.MessageView:
    """Return what the reading page shows, rendered once and kept beside the content."""
    context = content.pk.bytes + b" view"
    if content.has_view:
        try:
            return render.from_json(json.loads(_unseal(key, blobs.read(content.view_name), context)))
        except (FileNotFoundError, render.OutdatedView):
            pass
    view = render.render(read(content, key))
    write_view(content, key, view)
    return view


def write_view(content: Content, key: bytes, view: render.MessageView) -> None:
    """Keep the rendered view; failing to is no loss, the next reader renders again."""
    context = content.pk.bytes + b" view"
    try:
        blobs.write(content.view_name, _seal(key, json.dumps(render.to_json(view)).encode(), context))
    except OSError:
        return
    Content.objects.filter(pk=content.pk).update(has_view=True)
    content.has_view = True


def _seal(key: bytes, octets: bytes, context: bytes) -> bytes:
    return envelope.seal(key, zstandard.ZstdCompressor(level=3).compress(octets), context)


def _unseal(key: bytes, sealed: bytes, context: bytes) -> bytes:
    compressed = envelope.unseal(key, sealed, context)
    return zstandard.ZstdDecompressor().decompress(compressed, max_output_size=_LARGEST_CONTENT_BYTES)
