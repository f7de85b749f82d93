"""Users: the list, a new one, and everything about one of them."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from admin_console.access import Console, console_page
from admin_console.forms import AddressForm, EnableForm, NewUserForm, PortraitForm, ProfileForm, ResetPasswordForm
from admin_console.pages import act_and_return, back, page, perform, status_of
from mailapp.contacts import photos
from mailapp.store.models import Mailbox
from workmail.accounts import application_passwords, passwords, second_factor, sessions
from workmail.accounts.web import notices
from workmail.directory import profiles, queries, services
from workmail.directory.models import Portrait, User
from workmail.errors import Invalid


@console_page
@require_GET
def users(request: HttpRequest, console: Console) -> HttpResponse:
    filters = {name: request.GET.get(name, "") for name in ("state", "role")}
    search = request.GET.get("q", "")
    found = queries.user_page(console.organization.pk, search=search, after=request.GET.get("after", ""), **filters)
    keys = [user.pk for user in found.rows]
    protected = set(second_factor.protected_among(User.objects.filter(pk__in=keys)).values_list("pk", flat=True))
    mailboxes = {mailbox.entity_id: mailbox for mailbox in Mailbox.objects.filter(entity_id__in=keys)}
    context = {
        "page": found,
        "rows": [
            {"user": user, "is_protected": user.pk in protected, "mailbox": mailboxes.get(user.pk)}
            for user in found.rows
        ],
        "search": search,
        "filters": filters,
        "roles": User.Role.choices,
        "counts": queries.counts(console.organization.pk),
    }
    return page(request, console, "users.html", context)


@sensitive_post_parameters("password")
@console_page
@require_http_methods(["GET", "POST"])
def new_user(request: HttpRequest, console: Console) -> HttpResponse:
    domains = queries.domains(console.organization.pk)
    form = NewUserForm(request.POST or None, domains, initial={"language": console.organization.language})
    made: list[User] = []

    def make() -> None:
        fields = {name: form.cleaned_data[name] for name in ("name", "display_name", "password", "role", "language")}
        made.append(
            services.create_user(
                console.actor,
                console.organization,
                addr_spec=form.addr_spec,
                must_change_password=form.cleaned_data["must_change_password"],
                **fields,
            )
        )

    if request.method == "POST" and perform(form, make):
        notices.say(request, _("{name} can sign in now.").format(name=made[0].display_name))
        return back("admin:user", made[0].pk)
    return page(request, console, "user_new.html", {"form": form}, status=status_of(form))


@console_page
@require_http_methods(["GET", "POST"])
def user(request: HttpRequest, console: Console, user_id: UUID) -> HttpResponse:
    """Everything about one user; a POST changes the profile."""
    subject = console.user(user_id)
    form = ProfileForm(request.POST or None, subject, is_self=subject.pk == request.user.pk)
    if request.method == "POST" and perform(
        form, lambda: services.change_user(console.actor, subject, **form.cleaned_data)
    ):
        notices.say(request, _("The profile of {name} is changed.").format(name=subject.display_name))
        return back("admin:user", subject.pk)
    return _user_page(request, console, console.user(user_id) if form.errors else subject, form=form)


@console_page
@require_POST
def portrait(request: HttpRequest, console: Console, user_id: UUID) -> HttpResponse:
    """Give a person another picture, or none."""
    subject = console.user(user_id)
    form = PortraitForm(request.POST, request.FILES)
    remove = "remove" in request.POST

    def keep() -> None:
        file = form.cleaned_data["portrait"]
        if file is None and not remove:
            raise Invalid(_("Choose a picture first."), field="portrait")
        octets = b"" if remove else file.read(photos.LARGEST_UPLOAD + 1)
        profiles.set_portrait(console.actor, subject, None if remove else photos.reencode(octets))

    if perform(form, keep):
        notices.say(request, _("The picture of {name} is changed.").format(name=subject.display_name))
        return back("admin:user", subject.pk, anchor="picture")
    return _user_page(request, console, subject, portrait_form=form)


@console_page
@require_POST
def enable(request: HttpRequest, console: Console, user_id: UUID) -> HttpResponse:
    """Let a disabled user work again, at the address they had or at a given one."""
    subject = console.user(user_id)
    address = subject.primary_address()
    if address is not None:
        return act_and_return(
            request,
            lambda: services.enable(console.actor, subject, address.addr_spec),
            _("{name} can sign in and receives mail again.").format(name=subject.display_name),
            "admin:user",
            subject.pk,
        )
    form = EnableForm(request.POST, queries.domains(console.organization.pk))
    if perform(form, lambda: services.enable(console.actor, subject, form.addr_spec)):
        notices.say(request, _("{name} can sign in and receives mail again.").format(name=subject.display_name))
        return back("admin:user", subject.pk)
    return _user_page(request, console, subject, alias_form=form)


@console_page
@require_POST
def disable(request: HttpRequest, console: Console, user_id: UUID) -> HttpResponse:
    subject = console.user(user_id)
    return act_and_return(
        request,
        lambda: services.disable(console.actor, subject),
        _("{name} is signed out everywhere and receives no more mail. The mailbox is kept.").format(
            name=subject.display_name
        ),
        "admin:user",
        subject.pk,
    )


@console_page
@require_POST
def delete(request: HttpRequest, console: Console, user_id: UUID) -> HttpResponse:
    subject = console.user(user_id)
    if subject.is_enabled:
        return act_and_return(request, lambda: services.delete(console.actor, subject), "", "admin:user", subject.pk)
    return act_and_return(
        request,
        lambda: services.delete(console.actor, subject),
        _("{name} is deleted. The mailbox is kept for thirty days.").format(name=subject.display_name),
        "admin:users",
    )


@sensitive_post_parameters("reset-password")
@console_page
@require_POST
def reset_password(request: HttpRequest, console: Console, user_id: UUID) -> HttpResponse:
    subject = console.user(user_id)
    form = ResetPasswordForm(request.POST)

    def reset() -> None:
        data = form.cleaned_data
        passwords.reset(console.actor, subject, data["password"], must_change=data["must_change_password"])

    if perform(form, reset):
        notices.say(request, _("{name} has a new password.").format(name=subject.display_name))
        return back("admin:user", subject.pk, anchor="security")
    return _user_page(request, console, subject, reset_form=form)


@console_page
@require_POST
def turn_off_second_factor(request: HttpRequest, console: Console, user_id: UUID) -> HttpResponse:
    subject = console.user(user_id)
    if subject.pk == request.user.pk:  # there the password is asked for
        return back("settings_second_factor_off")
    return act_and_return(
        request,
        lambda: second_factor.turn_off(console.actor, subject),
        _("The second factor of {name} is off; the password alone signs in.").format(name=subject.display_name),
        "admin:user",
        subject.pk,
        anchor="security",
    )


@console_page
@require_POST
def sign_out_everywhere(request: HttpRequest, console: Console, user_id: UUID) -> HttpResponse:
    subject = console.user(user_id)
    if subject.pk == request.user.pk:  # there this session is kept
        return back("settings", anchor="security")
    return act_and_return(
        request,
        lambda: passwords.sign_out_everywhere(console.actor, subject),
        _("{name} is signed out everywhere.").format(name=subject.display_name),
        "admin:user",
        subject.pk,
        anchor="security",
    )


def _user_page(request: HttpRequest, console: Console, subject: User, **given: Any) -> HttpResponse:
    domains = queries.domains(console.organization.pk)
    is_self = subject.pk == request.user.pk
    forms = {
        "form": given.get("form") or ProfileForm(None, subject, is_self=is_self),
        "alias_form": given.get("alias_form") or AddressForm(None, domains),
        "reset_form": given.get("reset_form") or ResetPasswordForm(),
        "portrait_form": given.get("portrait_form") or PortraitForm(),
    }
    context = {
        "subject": subject,
        "is_self": is_self,
        "addresses": sorted(
            subject.addresses.select_related("domain"), key=lambda row: (not row.is_primary, row.addr_spec)
        ),
        "groups": queries.groups_of(subject),
        "mailbox": Mailbox.objects.filter(entity_id=subject.pk).first(),
        "portrait_url": reverse("contacts:portrait", args=[subject.pk])
        if Portrait.objects.filter(user_id=subject.pk).exists()
        else "",
        "has_second_factor": second_factor.is_on(subject),
        "session_count": len(sessions.sessions_of(subject)),
        "application_password_count": len(application_passwords.of(subject)),
        "errors": [form for form in forms.values() if form.is_bound and form.errors],
    }
    return page(request, console, "user.html", context | forms, status=status_of(*forms.values()))


def page_with_alias_form(request: HttpRequest, console: Console, subject: User, form: AddressForm) -> HttpResponse:
    return _user_page(request, console, subject, alias_form=form)
