"""The list of rules as sentences, and what one does to each: switch, order, delete, undo. Plain forms."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.categories import shelf
from mailapp.jobs import operations as jobs
from mailapp.rules import applying, operations, replies, sentences
from mailapp.rules.operations import OpenedRule
from mailapp.store import folders
from mailapp.web.rules import undoing
from workmail.accounts.web import notices


@login_required
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    rules = operations.listed(mailbox)
    names = folder_names(mailbox)
    rows = [
        {
            "rule": rule,
            "name": str(rule.id),
            "sentence": sentences.of_definition(rule.definition, names),
            "problem": sentences.of_problem(rule.problem) if rule.problem else "",
            "can_run": applying.can_be_applied(rule.definition),
        }
        for rule in rules
    ]
    context = {
        "rows": rows,
        "runs": [job for job in jobs.listed(mailbox, applying.KIND) if not job.job.is_dismissed],
        "most_rules": operations.MOST_RULES,
        "is_full": len(rules) >= operations.MOST_RULES,
        **page_context(request, mailbox),
    }
    return render(request, "mail/rules/list.html", context)


@login_required
@require_POST
def switch(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    is_on = request.POST.get("on") == "1"
    operations.switch(mailbox, rule_id, is_on)
    undo_url = undoing.address_of(mailbox, "switch", rule_id, is_on=not is_on)
    said = _("The rule is on.") if is_on else _("The rule is off.")
    return to_list(request, said, undo_url=undo_url, focus=f"switch-{rule_id}")


@login_required
@require_POST
def shift(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    by = -1 if request.POST.get("by") == "-1" else 1
    if not operations.shift(mailbox, rule_id, by):
        return to_list(request, _("Nothing was changed."), focus=f"up-{rule_id}")
    place = next(n for n, rule in enumerate(operations.listed(mailbox), 1) if rule.id == rule_id)
    said = _("The rule is number %(place)d now.") % {"place": place}
    undo_url = undoing.address_of(mailbox, "shift", rule_id, by=-by)
    return to_list(request, said, undo_url=undo_url, focus=f"{'up' if by < 0 else 'down'}-{rule_id}")


@login_required
@require_POST
def delete(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)
    rule, place = operations.delete(mailbox, rule_id)
    undo_url = undoing.address_of(
        mailbox,
        "restore",
        rule_id,
        is_on=rule.is_on,
        place=place,
        definition=undoing.sealed(mailbox, rule.definition),
    )
    return to_list(request, _("The rule is deleted."), undo_url=undo_url, focus="rules-h")


@login_required
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    rule_id = undoing.undo(access.open_own_mailbox(request.actor), request.GET.get("undo", ""))
    return to_list(request, _("Undone."), focus=f"switch-{rule_id}")


def to_list(request: HttpRequest, sentence: str, *, undo_url: str = "", focus: str = "") -> HttpResponse:
    """Lead back to the list, which says what was done and puts the focus where it was."""
    notices.say(request, sentence, undo_url=undo_url, focus=focus)
    return HttpResponseRedirect(reverse("mail:rules"))


def page_context(request: HttpRequest, mailbox: OpenMailbox) -> dict[str, Any]:
    return {"away": replies.is_on(mailbox), **notices.take(request)}


def folder_names(mailbox: OpenMailbox) -> dict[str, str]:
    names = {node.id.hex: node.name for node in folders.flat(folders.tree(mailbox))}
    return names | {sentences.category_key(each.keyword): each.name for each in shelf.of(mailbox).categories}


def sentence_of(mailbox: OpenMailbox, rule: OpenedRule) -> str:
    return sentences.of_definition(rule.definition, folder_names(mailbox))
