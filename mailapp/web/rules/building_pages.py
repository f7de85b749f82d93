"""Making and changing a rule."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.categories import shelf
from mailapp.mime.parse import parse
from mailapp.rules import checking, operations, sentences
from mailapp.rules.operations import OpenedRule
from mailapp.store import queries
from mailapp.web.rules import building, pages, undoing
from mailapp.web.rules.building import Form
from workmail.errors import Invalid, WorkmailError

UNPROCESSABLE = 422


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new rule; with ``message``, one for messages like that."""
    mailbox = access.open_own_mailbox(request.actor)
    if request.method == "POST":
        return _take(request, mailbox, None)
    key = building.uuid_or_none(request.GET.get("message", ""))
    if key is None:
        return _page(request, mailbox, building.empty(), None)
    message = queries.message(mailbox, key)
    return _page(request, mailbox, building.like_message(parse(queries.raw(mailbox, message))), None)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    rule = operations.get(mailbox, rule_id)
    if request.method == "POST":
        return _take(request, mailbox, rule)
    return _page(request, mailbox, building.of_definition(rule.definition, shelf.of(mailbox)), rule)


@login_required
@require_POST
def sentence(request: HttpRequest) -> HttpResponse:
    """What the rule would say: asked while the form is filled in."""
    mailbox = access.open_own_mailbox(request.actor)
    return render(request, "mail/rules/sentence.html", _said(mailbox, building.read(request.POST)))


def _take(request: HttpRequest, mailbox: OpenMailbox, rule: OpenedRule | None) -> HttpResponse:
    form = building.read(request.POST)
    if building.asks_for_rows(request.POST):
        return _page(request, mailbox, form, rule)
    try:
        definition = building.definition_of(form, shelf.of(mailbox))
        if rule is None:
            saved = operations.create(mailbox, definition)
            undo_url = undoing.address_of(mailbox, "remove", saved.id)
        else:
            saved = operations.change(mailbox, rule.id, definition)
            before = undoing.sealed(mailbox, rule.definition)
            undo_url = undoing.address_of(mailbox, "change", rule.id, definition=before)
    except Invalid as error:
        building.note_error(form, error)
        return _page(request, mailbox, form, rule, status=UNPROCESSABLE)
    except WorkmailError as error:
        form.error = str(error)
        return _page(request, mailbox, form, rule, status=UNPROCESSABLE)
    if request.POST.get("then") == "run":
        pages.to_list(request, _("The rule is saved."), undo_url=undo_url)
        return HttpResponseRedirect(reverse("mail:rule_run", args=[saved.id]))
    return pages.to_list(request, _("The rule is saved."), undo_url=undo_url, focus=f"edit-{saved.id}")


def _page(
    request: HttpRequest, mailbox: OpenMailbox, form: Form, rule: OpenedRule | None, status: int = 200
) -> HttpResponse:
    targets = building.targets(mailbox)
    copies = [*form.copies, ""]
    offered, typed = building.category_choices(form, shelf.of(mailbox))
    context: dict[str, Any] = {
        "form": form,
        "rule": rule,
        "tests": building.tests(),
        "groups": [("c", form.conditions), ("x", form.exceptions)],
        "targets": targets,
        "copies": copies,
        "categories": offered,
        "new_categories": typed,
        "most_rows": building.MOST_ROWS,
        "most_addresses": checking.MOST_ADDRESSES,
        **_said(mailbox, form),
        **pages.page_context(request, mailbox),
    }
    return render(request, "mail/rules/edit.html", context, status=status)


def _said(mailbox: OpenMailbox, form: Form) -> dict[str, str]:
    """Return the sentence, or nothing while there is none to say."""
    try:
        definition = checking.checked(mailbox, building.definition_of(form, shelf.of(mailbox)))
    except Invalid:
        return {"sentence": ""}
    return {"sentence": sentences.of_definition(definition, pages.folder_names(mailbox))}
