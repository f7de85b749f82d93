"""Signing up an organization, and the page its first administrator sees then."""

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from workmail.accounts import registration, second_factor
from workmail.accounts.web.forms import SignUpForm
from workmail.accounts.web.refusing import UNPROCESSABLE, blocked_response
from workmail.directory import queries
from workmail.errors import LimitExceeded, WorkmailError


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return HttpResponseRedirect(reverse("home"))
    if not settings.SIGN_UP_OPEN:
        return render(request, "account/signup_closed.html", status=403)
    form = SignUpForm(request.POST or None, initial={"language": get_language()})
    if request.method != "POST" or not form.is_valid():
        return render(request, "account/signup.html", {"form": form}, status=UNPROCESSABLE if form.errors else 200)
    try:
        _organization, administrator = registration.sign_up(request.actor, **form.cleaned_data)
    except LimitExceeded as refusal:
        form.refuse(refusal)
        response = render(request, "account/signup.html", {"form": form})
        return blocked_response(response, refusal.details["until"])
    except WorkmailError as refusal:
        form.refuse(refusal)
        return render(request, "account/signup.html", {"form": form}, status=UNPROCESSABLE)
    return perform_login(request, Login(user=administrator, redirect_url=reverse("welcome")))


@login_required
@require_GET
def welcome(request: HttpRequest) -> HttpResponse:
    """What an administrator does first: a second factor, the domain's DNS records, people."""
    if not request.user.is_administrator:
        return HttpResponseRedirect(reverse("home"))
    organization = request.user.organization
    context = {
        "organization": organization,
        "domains": queries.domains(organization.pk),
        "counts": queries.counts(organization.pk),
        "has_second_factor": second_factor.is_on(request.user),
        "sign_in_url": request.build_absolute_uri(reverse("organization_sign_in", args=[organization.alias])),
    }
    return render(request, "accounts/welcome.html", context)
