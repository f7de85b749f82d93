"""The settings page: one column of sections, each field kept as soon as it is changed."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_GET, require_POST

from workmail.accounts import application_passwords, preferences, second_factor, sessions
from workmail.accounts.web import notices
from workmail.accounts.web.agents import describe
from workmail.accounts.web.preference_forms import (
    LABELS,
    SECTION_BY_NAME,
    SECTION_OF_FIELD,
    SECTIONS,
    SectionForm,
)
from workmail.accounts.web.refusing import UNPROCESSABLE
from workmail.errors import Invalid
from workmail.ui.refusals import wants_json

_UNDO = "settings_undo"
_DRAWN_ANEW = frozenset({"language", "time_zone", "hour_cycle"})  # every word or time on the page changes


@login_required
@require_GET
def settings_page(request: HttpRequest) -> HttpResponse:
    kept = preferences.of(request.user)
    return _page(request, {section.name: SectionForm(section, kept) for section in SECTIONS})


@login_required
@require_POST
def save(request: HttpRequest, section: str) -> HttpResponse:
    """Keep what one section's form sent, be it all of it or the one field that a script sends."""
    if section not in SECTION_BY_NAME:
        raise Http404
    before = preferences.of(request.user)
    form = SectionForm(SECTION_BY_NAME[section], before, request.POST)
    changes = form.changes()
    try:
        after = preferences.save(request.actor, request.user, changes)
    except Invalid as refusal:
        if wants_json(request):
            raise
        form.full_clean()
        form.refuse(refusal)
        forms = {item.name: SectionForm(item, before) for item in SECTIONS} | {section: form}
        return _page(request, forms, status=UNPROCESSABLE)
    earlier = {name: getattr(before, name) for name in changes if getattr(before, name) != getattr(after, name)}
    request.session[_UNDO] = earlier
    return _saved(request, section, list(earlier), after)


@login_required
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take back the last change of settings in this session; a second time changes nothing."""
    earlier = request.session.pop(_UNDO, {})
    if earlier:
        preferences.save(request.actor, request.user, earlier)
        notices.say(request, _("Undone."), focus=_control(next(iter(earlier))))
    section = SECTION_OF_FIELD[next(iter(earlier))] if earlier else ""
    return HttpResponseRedirect(reverse("settings") + (f"#{section}" if section else ""))


def _saved(request: HttpRequest, section: str, changed: list[str], after: preferences.Preferences) -> HttpResponse:
    with override(after.language or None) if "language" in changed else override(request.LANGUAGE_CODE):
        if not changed:
            sentence = _("Nothing was changed.")
        elif len(changed) == 1:
            # Translators: {setting} is the label of one setting, such as "Contrast"
            sentence = _("Saved: {setting}.").format(setting=LABELS[changed[0]])
        else:
            sentence = _("Saved.")
    if wants_json(request):
        needs_reload = not _DRAWN_ANEW.isdisjoint(changed)
        if needs_reload:
            notices.say(request, sentence, undo_url=reverse("settings_undo"), focus=_control(changed[0]))
        return JsonResponse({"message": sentence, "reload": needs_reload})
    undo_url = reverse("settings_undo") if changed else ""
    notices.say(request, sentence, undo_url=undo_url, focus=_control(changed[0]) if changed else "")
    return HttpResponseRedirect(reverse("settings") + f"#{section}")


def _control(name: str) -> str:
    return f"{SECTION_OF_FIELD[name]}-{name}"


def _page(request: HttpRequest, forms: dict[str, SectionForm], status: int = 200) -> HttpResponse:
    user = request.user
    current = request.session.row
    context: dict[str, Any] = {
        "forms": list(forms.values()),
        "has_second_factor": second_factor.is_on(user),
        "unused_codes": second_factor.unused_recovery_codes(user),
        "application_passwords": application_passwords.of(user),
        "sessions": [
            {"row": row, "name": describe(row.user_agent), "is_current": current is not None and row.pk == current.pk}
            for row in sessions.sessions_of(user)
        ],
        **notices.take(request),
    }
    if focus := context.get("status_focus"):
        for form in forms.values():
            form.focus(focus)
    return render(request, "accounts/settings.html", context, status=status)
