"""Sample data of the component page, which exists only where DEBUG is on and in tests. Nothing here is translated."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

PAGES = ("components", "mail", "compose", "sign")


class SampleForm(forms.Form):
    name = forms.CharField(help_text="As colleagues see it.")
    address = forms.EmailField()
    password = forms.CharField(widget=forms.PasswordInput)
    role = forms.ChoiceField(choices=[("user", "User"), ("administrator", "Administrator")])
    notify = forms.ChoiceField(
        choices=[("all", "Everything"), ("none", "Nothing")], widget=forms.RadioSelect, help_text="While you are away."
    )
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    remember = forms.BooleanField(label="Keep me signed in on this device", required=False)
    picture = forms.FileField(required=False)


_PEOPLE = (
    ("Alice Martin", "Warehouse move: walkthrough on Thursday", "The landlord gives us access from two o’clock", 5),
    ("Bob Okafor", "Signed contract for the northern route", "The carrier returned both copies this morning", 1),
    ("Chloé Durand", "Congés de fin d’année, semaines 51 et 52", "Je peux prendre le 22 et le 23", 3),
    ("Дмитрий Соколов", "Отчёт об осмотре погрузчиков", "Все девять прошли проверку", 1),
    ("Mail delivery", "Not delivered: orders@example.org", "The address does not exist", 1),
)


def context(request: HttpRequest) -> dict[str, Any]:
    now = timezone.now()
    rows = []
    for index in range(24):
        who, subject, preview, messages = _PEOPLE[index % len(_PEOPLE)]
        rows.append(
            {
                "id": f"m{index}",
                "who": who,
                "subject": f"{subject}",
                "preview": preview,
                "messages": messages,
                "at": now - timedelta(hours=index * 7),
                "unread": index % 3 == 1,
                "flagged": index % 7 == 3,
                "attachment": index % 4 == 0,
                "failed": who == "Mail delivery",
            }
        )
    return {
        "form": SampleForm(),
        "wrong": SampleForm({"address": "nobody", "role": "user", "notify": "none"}, auto_id="wrong_%s"),
        "now": now,
        "rows": rows,
        "app": "mail",
        "unread_total": 12,
        "plural": {"one": "{n} conversation", "other": "{n} conversations"},
    }


def answer(request: HttpRequest) -> HttpResponse:
    """Return a sample page, or what its scripts ask for."""
    page = request.GET.get("page", "components")
    if page == "suggest":
        query = request.GET.get("q", "").lower()
        found = [person for person in _SUGGESTIONS if query in str(person["name"]).lower()]
        return JsonResponse({"results": found})
    if page == "upload":
        file: Any = request.FILES["file"]
        return JsonResponse({"id": file.name, "name": file.name, "size": file.size, "remove_url": "?page=act"})
    if page == "act":
        refused = request.GET.get("refuse")
        answered = (
            {"code": "stale", "message": "It was changed elsewhere."} if refused else {"sentence": "Done.", "undo": "u"}
        )
        return JsonResponse(answered, status=409 if refused else 200)
    if page == "body":
        response = HttpResponse(_BODY)
        response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
        return response
    if page not in PAGES:
        raise Http404
    return render(request, f"showcase/{page}.html", context(request))


_BODY = """<!doctype html><html lang="en"><title>Message</title>
<style>body { margin: 0; font: 17px/1.6 sans-serif }</style><p>Hello,</p>
<p>The landlord gives us access on Thursday from two o’clock. I would like all four of us to walk the aisles once.</p>
<p>Please bring the door measurements.</p><p><a href="https://example.org/">The plan</a></p>
<script>parent.document.title = "A script ran in the message"</script></html>"""

_SUGGESTIONS = (
    {
        "name": "Ines Carvalho",
        "address": "ines@example.test",
        "kind": "person",
        "outside": False,
        "detail": "Operations",
    },
    {"name": "Invoicing", "address": "invoicing@example.test", "kind": "group", "members": 6},
    {"name": "Ingrid Pavlova", "address": "ingrid@example.org", "kind": "person", "outside": True},
)
