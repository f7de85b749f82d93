"""Groups: the list, a new one, its members."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from admin_console.access import Console, console_page
from admin_console.forms import AddressForm, GroupForm, MemberForm, NewGroupForm
from admin_console.pages import act_and_return, back, page, perform, status_of
from workmail.accounts.web import notices
from workmail.directory import addresses, queries, services
from workmail.directory.models import Entity, Group


@console_page
@require_GET
def groups(request: HttpRequest, console: Console) -> HttpResponse:
    search, state = request.GET.get("q", ""), request.GET.get("state", "")
    found = queries.group_page(console.organization.pk, search=search, state=state, after=request.GET.get("after", ""))
    context = {"page": found, "search": search, "filters": {"state": state}}
    return page(request, console, "groups.html", context | {"counts": queries.counts(console.organization.pk)})


@console_page
@require_http_methods(["GET", "POST"])
def new_group(request: HttpRequest, console: Console) -> HttpResponse:
    form = NewGroupForm(request.POST or None, queries.domains(console.organization.pk))
    made: list[Group] = []

    def make() -> None:
        fields = {name: form.cleaned_data[name] for name in ("name", "display_name")}
        made.append(services.create_group(console.actor, console.organization, addr_spec=form.addr_spec, **fields))

    if request.method == "POST" and perform(form, make):
        notices.say(request, _("{name} is there. Now add its members.").format(name=made[0].display_name))
        return back("admin:group", made[0].pk)
    return page(request, console, "group_new.html", {"form": form}, status=status_of(form))


@console_page
@require_http_methods(["GET", "POST"])
def group(request: HttpRequest, console: Console, group_id: UUID) -> HttpResponse:
    subject = console.group(group_id)
    form = GroupForm(request.POST) if request.method == "POST" else _group_form(subject)
    if request.method == "POST" and perform(
        form, lambda: services.change_group(console.actor, subject, **form.cleaned_data)
    ):
        notices.say(request, _("{name} is changed.").format(name=subject.display_name))
        return back("admin:group", subject.pk)
    return _group_page(request, console, console.group(group_id) if form.errors else subject, form=form)


@console_page
@require_POST
def add_member(request: HttpRequest, console: Console, group_id: UUID) -> HttpResponse:
    subject = console.group(group_id)
    form = MemberForm(request.POST)
    if perform(form, lambda: _add(console, subject, form.cleaned_data["member"])):
        sentence = _("{member} is a member of {group} now.").format(
            member=form.cleaned_data["member"], group=subject.display_name
        )
        notices.say(request, sentence)
        return back("admin:group", subject.pk, anchor="members")
    return _group_page(request, console, subject, member_form=form)


def _add(console: Console, group: Group, typed: str) -> None:
    """An address of the organization means its owner, whose address may change; everything else is an address."""
    typed = typed.strip()
    if "@" in typed:
        found = addresses.entities_by_address(console.organization.pk, [typed])
        member: Entity | str = found.get(addresses.fold(typed), typed)
    else:
        named = Entity.objects.filter(
            organization=console.organization, name__iexact=typed, state=Entity.State.ENABLED
        ).first()
        member = named or typed
    services.add_member(console.actor, group, member)


@console_page
@require_POST
def remove_member(request: HttpRequest, console: Console, group_id: UUID, membership_id: int) -> HttpResponse:
    subject = console.group(group_id)
    membership = console.membership(subject, membership_id)
    return act_and_return(
        request,
        lambda: services.remove_member(console.actor, membership),
        _("{member} is no longer a member of {group}.").format(
            member=membership.member or membership.remote_address, group=subject.display_name
        ),
        "admin:group",
        subject.pk,
        anchor="members",
    )


@console_page
@require_POST
def enable(request: HttpRequest, console: Console, group_id: UUID) -> HttpResponse:
    subject = console.group(group_id)
    address = subject.addr_spec or f"{subject.name}@{_default_domain(console)}"
    return act_and_return(
        request,
        lambda: services.enable(console.actor, subject, address),
        _("{name} takes mail again.").format(name=subject.display_name),
        "admin:group",
        subject.pk,
    )


@console_page
@require_POST
def disable(request: HttpRequest, console: Console, group_id: UUID) -> HttpResponse:
    subject = console.group(group_id)
    return act_and_return(
        request,
        lambda: services.disable(console.actor, subject),
        _("{name} takes no more mail.").format(name=subject.display_name),
        "admin:group",
        subject.pk,
    )


@console_page
@require_POST
def delete(request: HttpRequest, console: Console, group_id: UUID) -> HttpResponse:
    subject = console.group(group_id)
    return act_and_return(
        request,
        lambda: services.delete(console.actor, subject),
        _("{name} is deleted.").format(name=subject.display_name),
        "admin:group" if subject.is_enabled else "admin:groups",
        *([subject.pk] if subject.is_enabled else []),
    )


def _default_domain(console: Console) -> str:
    return next((domain.name for domain in queries.domains(console.organization.pk)), "")


def _group_form(subject: Group) -> GroupForm:
    names = ("display_name", "hidden_from_address_list")
    return GroupForm(initial={name: getattr(subject, name) for name in names})


def _group_page(request: HttpRequest, console: Console, subject: Group, **given: Any) -> HttpResponse:
    forms = {
        "form": given.get("form") or _group_form(subject),
        "alias_form": given.get("alias_form") or AddressForm(None, queries.domains(console.organization.pk)),
        "member_form": given.get("member_form") or MemberForm(),
    }
    context = {
        "subject": subject,
        "addresses": sorted(
            subject.addresses.select_related("domain"), key=lambda row: (not row.is_primary, row.addr_spec)
        ),
        "members": queries.members(subject),
        "groups": queries.groups_of(subject),
        "candidates": queries.find_members(console.organization.pk, "", outside=subject, limit=200),
        "errors": [form for form in forms.values() if form.is_bound and form.errors],
    }
    return page(request, console, "group.html", context | forms, status=status_of(*forms.values()))


def page_with_alias_form(request: HttpRequest, console: Console, subject: Group, form: AddressForm) -> HttpResponse:
    return _group_page(request, console, subject, alias_form=form)
