"""The settings page: one column of sections, each field kept as soon as it is changed."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_GET, require_POST

from workmail.accounts import own_keys, passkeys, preferences, second_factor, sessions
from workmail.accounts.web import notices
from workmail.accounts.web.own_key_forms import OwnKeysForm, control_of, sent_by
from workmail.accounts.web.preference_forms import (
    LABELS,
    SECTION_BY_NAME,
    SECTION_OF_FIELD,
    SECTIONS,
    SectionForm,
)
from workmail.accounts.web.refusing import UNPROCESSABLE
from workmail.errors import Invalid
from workmail.ui import commands
from workmail.ui.context import Page
from workmail.ui.refusals import wants_json

_UNDO = "settings_undo"
_DRAWN_ANEW = frozenset({"language", "time_zone", "hour_cycle"})  # every word or time on the page changes


@login_required
@require_GET
def settings_page(request: HttpRequest) -> HttpResponse:
    kept = preferences.of(request.user)
    return _page(request, _forms(kept))


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
        return _page(request, _forms(before) | {section: form}, status=UNPROCESSABLE)
    earlier = {name: getattr(before, name) for name in changes if getattr(before, name) != getattr(after, name)}
    request.session[_UNDO] = earlier
    return _saved(request, section, list(earlier), after)


@login_required
@require_POST
def save_keys(request: HttpRequest) -> HttpResponse:
    """Keep the keys that a person has typed for commands: all of the form, the one that a script sends, or a reset."""
    before, offered = preferences.of(request.user), _offered(request)
    chosen = sent_by(request.POST, offered)
    try:
        after = preferences.save_keys(request.actor, request.user, chosen, among=offered)
    except Invalid as refusal:
        if wants_json(request):
            raise
        form = OwnKeysForm(before.own_keys, offered, chosen)
        form.refuse(refusal)
        return _page(request, _forms(before), status=UNPROCESSABLE, keys_form=form)
    keys, earlier = own_keys.effective(after.own_keys), own_keys.effective(before.own_keys)
    changed = [name for name in keys if keys[name] != earlier[name]]
    request.session[_UNDO] = {"own_keys": before.own_keys} if changed else {}
    sentence = _said_of_keys(changed, keys, is_reset=request.POST.get("reset") == "all")
    if wants_json(request):
        shown = {control_of(name): own_keys.shown(keys[name]) for name in offered}
        return JsonResponse({"message": sentence, "keys": own_keys.differences(after.own_keys), "shown": shown})
    at = chosen if request.POST.get("reset") != "all" else {}
    focus = control_of(next(iter(at))) if len(at) == 1 else ""
    notices.say(request, sentence, undo_url=reverse("settings_undo") if changed else "", focus=focus)
    return HttpResponseRedirect(reverse("settings") + f"#{focus or 'keyboard'}")


def _said_of_keys(changed: list[str], keys: dict[str, str], *, is_reset: bool) -> str:
    if not changed:
        return _("Nothing was changed.")
    if is_reset:
        return _("Saved: all keys are as in Gmail.")
    if len(changed) > 1:
        return _("Saved.")
    values = {"command": commands.command_labels()[changed[0]], "key": own_keys.shown(keys[changed[0]])}
    if not values["key"]:
        # Translators: {command} is the name of a command, such as "Archive"
        return _("Saved: “{command}” has no key now.").format(**values)
    # Translators: {command} is the name of a command, such as "Archive"; {key} is such as "e" or "g i"
    return _("Saved: “{command}” has the key “{key}” now.").format(**values)


def _offered(request: HttpRequest) -> list[str]:
    """Return the commands that something does for this person, and that may have a key of their own."""
    places = Page(request).destinations
    return [
        command.id for command in commands.table().values() if command.may_have_own_key and command.is_offered(places)
    ]


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


def _forms(kept: preferences.Preferences) -> dict[str, SectionForm]:
    return {section.name: SectionForm(section, kept) for section in SECTIONS}


def _page(
    request: HttpRequest, forms: dict[str, SectionForm], status: int = 200, keys_form: OwnKeysForm | None = None
) -> HttpResponse:
    user = request.user
    context: dict[str, Any] = {
        "forms": list(forms.values()),
        "keys_form": keys_form or OwnKeysForm(preferences.of(user).own_keys, _offered(request)),
        "has_second_factor": second_factor.is_on(user),
        "has_app": second_factor.has_app(user),
        "unused_codes": second_factor.unused_recovery_codes(user),
        "passkeys": passkeys.of(user),
        "session_count": len(sessions.sessions_of(user)),
        **notices.take(request),
    }
    if focus := context.get("status_focus"):
        for form in forms.values():
            form.focus(focus)
        context["keys_form"].focus(focus)
    return render(request, "accounts/settings.html", context, status=status)
