"""The composer's page: new, opened again, or begun as an answer."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.composing import (
    answering,
    building,
    checks,
    recipients,
    reopening,
    rows,
    sending,
    signatures,
    templates,
    uploads,
)
from mailapp.composing.models import Draft
from mailapp.composing.sending import Question
from mailapp.composing.signatures import Signed
from mailapp.composing.state import Fields, Manner, Origin
from mailapp.contacts.suggestions import inside_domains
from mailapp.files import uses
from mailapp.jobs.files import PIECE_BYTES
from mailapp.store.models import Folder
from mailapp.web import answers, navigation, script_values, search_links
from mailapp.web.compose import files, forms, link_pages, pictures, schedule, script_texts
from mailapp.web.sharing import shown
from workmail.accounts import preferences
from workmail.errors import NotFound, WorkmailError

# The quote is shown in a frame of its own: styles of strangers, no script, nothing from elsewhere.
_QUOTE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "frame-ancestors 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox",
    )
)


@login_required
@require_safe
def new(request: HttpRequest) -> HttpResponse:
    """A message that does not exist yet. ``to``, ``cc``, ``bcc``, ``subject``, ``body`` or a ``mailto`` URI fill it.

    ``draft`` names a message of Drafts to open instead.
    """
    mailbox = access.open_own_mailbox(request.actor)
    if "draft" in request.GET:
        return _to(request, reopening.open_message(mailbox, _key(request.GET["draft"])))
    fields = answering.begin_new(mailbox, _asked(request))
    return page(request, mailbox, uuid4(), forms.filled(mailbox, fields))


@login_required
@require_safe
def edit(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    draft = rows.get(mailbox, draft_id)
    if not rows.is_editing(draft):
        if sending.is_scheduled(draft):
            from mailapp.web.compose import scheduled_pages  # which stands in the frame of this page

            return scheduled_pages.page(request, mailbox, draft)
        return render(request, "mail/compose/sent.html", {**surroundings(request, mailbox), "draft": draft})
    manner = rows.origin_of(mailbox, draft).manner
    form = forms.filled(mailbox, rows.fields_of(mailbox, draft), draft, manner=manner)
    return page(request, mailbox, draft_id, form)


@login_required
@require_safe
def open_draft(request: HttpRequest, message_key: UUID) -> HttpResponse:
    """Open a message of Drafts, by the name it has in lists."""
    mailbox = access.open_own_mailbox(request.actor)
    return _to(request, reopening.open_message(mailbox, message_key))


@login_required
@require_safe
def answer(request: HttpRequest, message_key: UUID, manner: Manner) -> HttpResponse:
    """Begin an answer or a forward. The draft is in no folder until it is saved, and forgotten if it never is."""
    if "prefetch" in request.headers.get("Sec-Purpose", ""):
        return HttpResponse(status=204)
    mailbox = access.open_own_mailbox(request.actor)
    return _to(request, answering.begin(mailbox, message_key, manner))


@login_required
@require_safe
def quote(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The original message, as it will stand below the text."""
    mailbox = access.open_own_mailbox(request.actor)
    draft = rows.get(mailbox, draft_id)
    origin = rows.origin_of(mailbox, draft)
    held = pictures.for_page(building.quote_for_page(origin))
    if request.GET.get("as") == "html":
        response = HttpResponse(held, content_type="text/plain; charset=utf-8")
    elif request.GET.get("as") == "text":
        response = HttpResponse(origin.quote_text, content_type="text/plain; charset=utf-8")
    else:
        response = render(request, "mail/compose/quote.html", {"quote": held})
    response["Content-Security-Policy"] = _QUOTE_POLICY
    return response


def page(
    request: HttpRequest,
    mailbox: OpenMailbox,
    draft_id: UUID,
    form: forms.ComposeForm,
    *,
    problem: WorkmailError | None = None,
    questions: Sequence[Question] = (),
    status: int = 200,
) -> HttpResponse:
    """Return the composer with this form in it."""
    draft = rows.find(mailbox, draft_id)
    origin = rows.origin_of(mailbox, draft) if draft else Origin()
    attached = uploads.files_of(mailbox, draft_id)
    shown = [files.described(draft_id, file) for file in attached]
    signed = signatures.listed(mailbox)
    people = recipients.everybody(mailbox, *(form[name].value() or "" for name in ("to", "cc", "bcc")))
    context = {
        **surroundings(request, mailbox),
        "form": form,
        "draft_id": draft_id,
        "draft": draft,
        "heading": _heading(draft, origin),
        "origin": origin,
        "files": [file for file in shown if not file["inline"]],
        "carried": [link_pages.described(draft_id, each) for each in uses.of_draft(mailbox, draft_id)],
        "link_over": mailbox.mailbox.entity.organization.link_attachments_over_bytes,
        "link_limit": settings.FILE_MAX_BYTES,
        "link_piece": PIECE_BYTES,
        "files_size": sum(file.size_bytes for file in attached if not file.is_inline),
        "content_limit": settings.MAX_CONTENT_BYTES,
        "sentence": recipients.sentence(mailbox, people),
        "problem": problem,
        "newer_revision": problem.details.get("revision") if problem else None,
        "questions": questions,
        "next": way_back(request),
        "inside_domains": ",".join(sorted(inside_domains(mailbox.mailbox.organization_id))),
        "discard_url": reverse("mail:compose_discard", args=[draft_id]),
        "send_url": reverse("mail:compose_send", args=[draft_id]),
        "begins_empty": draft is None and not form.is_bound and not form["to"].value(),
        "signatures": signed,
        "kept_templates": templates.listed(mailbox),
        "moments": schedule.offered(),
        "own_moment": request.POST.get("send_at_own", ""),
        # What is asked before sending must not make a message for Monday leave today.
        "send_at": schedule.posted(request),
        "shows_cc": bool(form["cc"].value()),
        "shows_bcc": bool(form["bcc"].value()),
        "compose_settings": {**_script_settings(request, draft_id, draft), **_signing(mailbox, signed)},
        "compose_texts": script_texts.texts(),
    }
    return render(request, "mail/compose/page.html", context, status=status)


def _signing(mailbox: OpenMailbox, signed: Sequence[Signed]) -> dict[str, Any]:
    """Return what the script exchanges when another address or signature is chosen."""
    if not signed:
        return {"signatures": {}, "signatureOf": {}}
    chosen = signatures.choices(mailbox).items()
    return {
        "signatures": {str(each.id): {"html": each.html, "plain": each.plain} for each in signed},
        "signatureOf": {
            address: {"new": str(choice.for_new or ""), "answer": str(choice.for_answers or "")}
            for address, choice in chosen
        },
    }


def surroundings(request: HttpRequest, mailbox: OpenMailbox) -> dict[str, Any]:
    """Return what stands around the composer: the folders, and what the page before did."""
    drafts_folder = access.folder_by_role(mailbox, Folder.Role.DRAFTS)
    tree = navigation.tree(mailbox, drafts_folder.folder.pk)
    inbox = next((view for view in tree if view.role == Folder.Role.INBOX), None)
    return {
        "app": "mail",
        "tree": tree,
        "all_folders": navigation.flat(tree),
        "current_folder": next((view for view in tree if view.is_current), None),
        "shared": shown.mailboxes(mailbox),
        "saved_searches": search_links.saved_links(mailbox),
        "unread_total": inbox.count if inbox else 0,
        "mail_settings": script_values.page_values(request, mailbox),
        **answers.said(request),
    }


def way_back(request: HttpRequest) -> str:
    """Return where one came from, if it is a page of ours and not the composer itself."""
    target = request.POST.get("next") or request.GET.get("next") or request.META.get("HTTP_REFERER", "")
    allowed = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    home = reverse("mail:home")
    if not allowed:
        return home
    path = "/" + target.split("://")[-1].partition("/")[2] if "://" in target else target
    return home if path.startswith(reverse("mail:compose")) or not path.startswith("/") else path


def _to(request: HttpRequest, draft: Draft) -> HttpResponse:
    address = reverse("mail:compose_edit", args=[draft.pk])
    return HttpResponseRedirect(f"{address}?{urlencode({'next': way_back(request)})}")


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error


def _asked(request: HttpRequest) -> Fields:
    """Read what a link to the composer asks for (RFC 6068 for ``mailto``)."""
    values = {name: request.GET.get(name, "") for name in ("to", "cc", "bcc", "subject", "body")}
    uri = request.GET.get("mailto", "")
    if uri.lower().startswith("mailto:"):
        addresses, _mark, query = uri[7:].partition("?")
        values["to"] = unquote(addresses)
        for name, value in parse_qsl(query.replace("+", "%2B")):
            name = name.lower()
            if name in ("to", "cc", "bcc"):
                values[name] = ", ".join(filter(None, (values[name], value)))
            elif name in ("subject", "body"):
                values[name] = value
    return Fields(
        to=values["to"], cc=values["cc"], bcc=values["bcc"], subject=values["subject"], text=values["body"][:100_000]
    )


def _heading(draft: Draft | None, origin: Origin) -> str:
    if origin.manner.is_reply:
        return _("Reply")
    if origin.manner.is_forward:
        return _("Forward")
    return _("Draft") if draft is not None else _("New message")


def _script_settings(request: HttpRequest, draft_id: UUID, draft: Draft | None) -> dict[str, Any]:
    addresses = {
        name: reverse(f"mail:compose_{name}", args=[draft_id])
        for name in ("edit", "save", "send", "discard", "upload", "quote", "take_back")
    }
    return {
        **addresses,
        "recipients": reverse("mail:compose_recipients"),
        "suggest": reverse("mail:compose_suggest"),
        "forget": reverse("mail:compose_forget"),
        "isSaved": draft is not None and draft.revision > 0,
        "format": preferences.of(request.user).compose_format,
        "largest": settings.MAX_CONTENT_BYTES,
        "mostFiles": uploads.MOST_FILES,
        "mostRecipients": settings.SMTP_MAX_RECIPIENTS,
        "blocked": sorted(checks.BLOCKED_EXTENSIONS),
        "savedBy": str(draft.editor) if draft is not None else "",
        "savedSequence": draft.editor_sequence if draft is not None else 0,
    }
