"""The settings page of signatures: which addresses use which, and a form for each. All of it works without script."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.composing import building, kept, signatures
from mailapp.composing.models import Signature
from mailapp.composing.signatures import Choice
from mailapp.mime.plain_text import text_to_html
from mailapp.web import answers, undoing
from workmail.errors import Invalid, LimitExceeded, WorkmailError
from workmail.ui import refusals


@login_required
@require_GET
def manage(request: HttpRequest) -> HttpResponse:
    return _page(request, access.open_own_mailbox(request.actor))


@login_required
@require_POST
def save(request: HttpRequest, signature_id: UUID | None = None) -> HttpResponse:
    """Keep a new signature, or another version of one."""
    mailbox = access.open_own_mailbox(request.actor)
    if signature_id is not None:
        signatures.get(mailbox, signature_id)
    try:
        signed = signatures.save(mailbox, request.POST.get("name", ""), _html(request), signature_id=signature_id)
    except (Invalid, LimitExceeded) as problem:
        if refusals.wants_json(request):
            raise
        return _page(request, mailbox, problem=problem, edited=signature_id)
    step = undoing.kept_step("revert" if signature_id else "remove", Signature, signed.id)
    sentence = _("Signature %(name)s saved.") % {"name": signed.name}
    return _done(request, mailbox, sentence, step)


@login_required
@require_POST
def delete(request: HttpRequest, signature_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    signed = signatures.get(mailbox, signature_id)
    kept.delete(Signature, mailbox, signature_id)
    sentence = _("Signature %(name)s deleted.") % {"name": signed.name}
    return _done(request, mailbox, sentence, undoing.kept_step("restore", Signature, signature_id))


@login_required
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Say which signatures the messages from each address begin with."""
    mailbox = access.open_own_mailbox(request.actor)
    before = signatures.choices(mailbox)
    chosen = {
        address: Choice(_named(request, f"new {address}"), _named(request, f"answers {address}"))
        for address in before
        if f"new {address}" in request.POST
    }
    signatures.choose(mailbox, chosen)
    undo = [
        {"address": undoing.sealed(mailbox, address), "new": _hex(choice.for_new), "answers": _hex(choice.for_answers)}
        for address, choice in before.items()
        if address in chosen and choice != chosen[address]
    ]
    step = {"do": "choose signatures", "chosen": undo} if undo else None
    return _done(request, mailbox, _("Your messages begin with the signatures you chose."), step)


def _page(
    request: HttpRequest, mailbox: OpenMailbox, *, problem: WorkmailError | None = None, edited: UUID | None = None
) -> HttpResponse:
    signed = signatures.listed(mailbox)
    choices = signatures.choices(mailbox)
    typed = {"name": request.POST.get("name", ""), "html": _html(request), "text": request.POST.get("text", "")}
    context: dict[str, Any] = {
        "signatures": signed,
        "addresses": [
            (person.addr_spec, label, choices[person.addr_spec])
            for person, (_address, label) in zip(
                building.own_people(mailbox), building.own_identities(mailbox), strict=True
            )
        ],
        "longest_name": kept.LONGEST_NAME,
        "problem": problem,
        "edited": edited,
        "typed": typed if problem else {},
        **answers.said(request),
    }
    return render(request, "mail/signatures.html", context, status=refusals.status_of(problem) if problem else 200)


def _done(request: HttpRequest, mailbox: OpenMailbox, sentence: str, step: dict[str, Any] | None) -> HttpResponse:
    undo = undoing.token(mailbox, [step] if step else [])
    return answers.done(request, {"sentence": sentence, "undo": undo}, to=reverse("mail:signatures"))


def _html(request: HttpRequest) -> str:
    """Return what was written: formatted with script, and without it a text, unless that was left as it was."""
    html, text = request.POST.get("html", ""), request.POST.get("text", "")
    if request.POST.get("mode") == "rich" or _lines(building.text_of(html)) == _lines(text):
        return html
    lines = text_to_html(text.strip()).rstrip("\n").replace("\n", "<br>")
    return f"<p>{lines}</p>" if text.strip() else ""


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n")]


def _named(request: HttpRequest, name: str) -> UUID | None:
    try:
        return UUID(request.POST.get(name, "")) if request.POST.get(name) else None
    except ValueError as error:
        raise Invalid from error


def _hex(signature_id: UUID | None) -> str:
    return signature_id.hex if signature_id else ""
