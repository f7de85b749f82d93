"""The doors to acting and undoing. A script is answered with JSON, a plain form with a page that says what was done."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mailapp import access
from mailapp.access import OpenFolder, OpenMailbox
from mailapp.categories import shelf
from mailapp.categories.shelf import Shown
from mailapp.store.queries import Filter
from mailapp.web import acting, answers, idempotency, navigation, undoing
from mailapp.web.acting import Action, Everything, Targets
from mailapp.web.compose import schedule
from workmail.errors import Invalid, NotFound


@login_required
@require_POST
def act(request: HttpRequest, folder_id: UUID) -> HttpResponse:
    folder = access.open_folder(request.actor, folder_id)
    return _act(request, folder.mailbox, folder)


@login_required
@require_POST
def act_anywhere(request: HttpRequest) -> HttpResponse:
    """Act on messages by key, wherever in the own mailbox they are: results of a search."""
    return _act(request, access.open_own_mailbox(request.actor), None)


def _act(request: HttpRequest, mailbox: OpenMailbox, folder: OpenFolder | None) -> HttpResponse:
    action, targets = _action(request), _targets(request)
    target_id = request.POST.get("target", "")
    target = access.folder_in(mailbox, _uuid(target_id)) if target_id and action is Action.MOVE else None

    until = schedule.asked(request, "until")
    category = _category(request, mailbox, action)

    def carry_out() -> dict[str, Any]:
        outcome = acting.act(mailbox, action, targets, folder=folder, target=target, until=until, category=category)
        return {
            "sentence": outcome.sentence,
            "undo": undoing.token(mailbox, outcome.undo),
            "count": outcome.count,
            "more": outcome.more,
        }

    answer = idempotency.once(mailbox, idempotency.key_of(request), carry_out)
    return answers.done(request, {**answer, "counts": navigation.counts(mailbox)})


@login_required
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    token = request.POST.get("undo") or request.GET.get("undo", "")
    mailbox = undoing.mailbox_of(request.actor, token)
    answer = idempotency.once(
        mailbox, idempotency.key_of(request), lambda: {"sentence": undoing.undo(mailbox, token), "undo": ""}
    )
    return answers.done(request, {**answer, "counts": navigation.counts(mailbox)})


def _action(request: HttpRequest) -> Action:
    # A button that names a time means snoozing, one that names a category giving it: without script a button can say
    # only one thing.
    meant = next((name for name in ("categorize", "uncategorize") if name in request.POST), "")
    try:
        return Action(request.POST.get("action") or ("snooze" if "until" in request.POST else meant))
    except ValueError as error:
        raise Invalid from error


def _category(request: HttpRequest, mailbox: OpenMailbox, action: Action) -> Shown | None:
    """Return the category that is named by its id. Raises NotFound for one of another mailbox."""
    if action not in (Action.CATEGORIZE, Action.UNCATEGORIZE):
        return None
    asked = request.POST.get("category") or request.POST.get(str(action), "")
    found = shelf.of(mailbox).get(_uuid(asked)) if asked else None
    if asked and found is None:
        raise NotFound(_("This category is no longer there."))
    return found


def _targets(request: HttpRequest) -> Targets:
    everything = None
    if request.POST.get("everything"):
        everything = Everything(
            modseq=_number(request.POST.get("modseq", "")),
            only=only_of(request.POST.get("show", "")),
            in_conversations=request.POST.get("in", "threads") == "threads",
        )
    return Targets(
        threads=frozenset(_uuid(text) for text in request.POST.getlist("thread")),
        keys=frozenset(_uuid(text) for text in request.POST.getlist("message")),
        everything=everything,
    )


def only_of(text: str) -> Filter:
    """Return the filter of that name; an unknown one is none."""
    try:
        return Filter(text)
    except ValueError:
        return Filter.ALL


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid from error


def _number(text: str) -> int:
    try:
        number = int(text)
    except ValueError as error:
        raise Invalid from error
    if not 0 <= number < 1 << 63:
        raise Invalid
    return number
