"""The text of a message as a page of its own, for the frame that shows it.

It has a policy of its own: nothing runs, nothing loads but the message's own pictures and, where they are wanted,
remote images through our proxy. The frame's sandbox says the same once more.
"""

import re
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET

from mailapp.mime.render import MessageView, with_addresses
from mailapp.web import image_pages
from mailapp.web.sources import Source, open_source, without_links

SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
# A message that says nothing of colours may follow the theme; one that does is shown as it was made, on white.
_COLOURS = re.compile(r"""(?:color|background)[\w-]*\s*[:=]|<font[^>]+color""", re.IGNORECASE)


@login_required
@require_GET
def body(request: HttpRequest, key: UUID, trail: str = "") -> HttpResponse:
    source = open_source(request, key, trail)
    view = source.view()
    with_images = "images" in request.GET
    context = {
        "body": safe_html(source, view, view.html or text_as_html(view.text_html), with_images=with_images),
        "quoted": safe_html(
            source,
            view,
            view.quoted_html if view.html else text_as_html(view.quoted_text_html),
            with_images=with_images,
        ),
        "is_plain": not _COLOURS.search(view.html) and not _COLOURS.search(view.quoted_html),
    }
    response = render(request, "mail/body.html", context)
    response["Content-Security-Policy"] = policy(request, source)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, max-age=300"
    return response


def policy(request: HttpRequest, source: Source) -> str:
    here = f"{request.scheme}://{request.get_host()}"
    parts = source.part_address("1", "x").removesuffix("1/x")  # everything below it, and nothing else of ours
    images = f"{here}{parts} {here}{image_pages.path()} data:"
    return "; ".join(
        (
            "default-src 'none'",
            f"img-src {images}",
            "style-src 'unsafe-inline'",
            f"font-src {here}{static('fonts/')}",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
            f"sandbox {SANDBOX}",
        )
    )


def safe_html(source: Source, view: MessageView, html: str, *, with_images: bool) -> SafeString:
    """Return HTML of a view with the addresses of its pictures; the view's HTML is safe as it is."""
    if source.is_in_junk:
        html = without_links(html)
    names = {part.number: part.file_name for part in view.inline_parts}
    remote = None
    if with_images:

        def remote(place: int) -> str:
            known = place < len(view.remote_urls)
            return image_pages.address_of(source.mailbox, view.remote_urls[place]) if known else ""

    return mark_safe(
        with_addresses(html, part=lambda number: source.part_address(number, names.get(number, "")), remote=remote)
    )


def text_as_html(html: str) -> str:
    return f'<div class="text">{html}</div>' if html else ""
