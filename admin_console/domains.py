"""Domains: the list, a new one, and the DNS records one has to publish."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from admin_console.access import Console, console_page
from admin_console.dns_records import records_of
from admin_console.forms import DomainForm
from admin_console.pages import act_and_return, back, page, perform, status_of
from workmail.accounts.web import notices
from workmail.directory import domains as directory_domains
from workmail.directory import queries
from workmail.directory.models import Domain


@console_page
@require_GET
def domains(request: HttpRequest, console: Console) -> HttpResponse:
    return page(request, console, "domains.html", {"domains": queries.domains(console.organization.pk)})


@console_page
@require_http_methods(["GET", "POST"])
def new_domain(request: HttpRequest, console: Console) -> HttpResponse:
    form = DomainForm(request.POST or None)
    made: list[Domain] = []

    def add() -> None:
        verified = directory_domains.new_domains_are_verified(console.actor)
        name = form.cleaned_data["domain"]
        made.append(directory_domains.add_domain(console.actor, console.organization, name, is_verified=verified))

    if request.method == "POST" and perform(form, add):
        notices.say(request, _("{domain} is added. Now publish its DNS records.").format(domain=made[0].name))
        return back("admin:domain", made[0].pk)
    return page(request, console, "domain_new.html", {"form": form}, status=status_of(form))


@console_page
@require_GET
def domain(request: HttpRequest, console: Console, domain_id: UUID) -> HttpResponse:
    subject = console.domain(domain_id)
    context = {"subject": subject, "records": records_of(subject), "address_count": subject.addresses.count()}
    return page(request, console, "domain.html", context)


@console_page
@require_GET
def zone_file(request: HttpRequest, console: Console, domain_id: UUID) -> HttpResponse:
    """The records as text that a DNS server or its web page can read (RFC 1035, section 5)."""
    subject = console.domain(domain_id)
    lines = [f"{record.name}. 3600 IN {record.type} {record.zone_value}" for record in records_of(subject)]
    response = HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{subject.name}.zone"'
    return response


@console_page
@require_POST
def make_default(request: HttpRequest, console: Console, domain_id: UUID) -> HttpResponse:
    subject = console.domain(domain_id)
    return act_and_return(
        request,
        lambda: directory_domains.set_default_domain(console.actor, subject),
        _("New addresses get {domain} now.").format(domain=subject.name),
        "admin:domain",
        subject.pk,
    )


@console_page
@require_POST
def set_verified(request: HttpRequest, console: Console, domain_id: UUID) -> HttpResponse:
    """An operator says that the domain is, or is not, the organization's."""
    subject = console.domain(domain_id)
    verified = request.POST.get("verified") == "yes"
    sentence = _("{domain} counts as verified.") if verified else _("{domain} counts as not verified; its mail waits.")
    return act_and_return(
        request,
        lambda: directory_domains.set_domain_verified(console.actor, subject, is_verified=verified),
        sentence.format(domain=subject.name),
        "admin:domain",
        subject.pk,
    )


@console_page
@require_POST
def remove(request: HttpRequest, console: Console, domain_id: UUID) -> HttpResponse:
    subject = console.domain(domain_id)
    used = subject.is_default or subject.addresses.exists()
    return act_and_return(
        request,
        lambda: directory_domains.remove_domain(console.actor, subject),
        _("{domain} is removed.").format(domain=subject.name),
        "admin:domain" if used else "admin:domains",
        *([subject.pk] if used else []),
    )
