"""The first page of the console, the organization itself, and an operator's switch between organizations."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from admin_console.access import Console, choose_organization, console_page
from admin_console.forms import OrganizationForm
from admin_console.pages import act_and_return, back, page, perform, status_of
from workmail.accounts import second_factor
from workmail.accounts.web import notices
from workmail.directory import queries, services
from workmail.directory.models import Entity, Organization, User


@console_page
@require_GET
def home(request: HttpRequest, console: Console) -> HttpResponse:
    """What needs somebody's attention, then how much there is."""
    organization = console.organization
    administrators = User.objects.filter(
        organization=organization, role=User.Role.ADMINISTRATOR, state=Entity.State.ENABLED
    )
    protected = second_factor.protected_among(administrators)
    context = {
        "counts": queries.counts(organization.pk),
        "unverified": [domain for domain in queries.domains(organization.pk) if not domain.is_verified],
        "unprotected": list(administrators.exclude(pk__in=protected.values("pk")).order_by("display_name")[:20]),
    }
    return page(request, console, "home.html", context)


@console_page
@require_http_methods(["GET", "POST"])
def organization(request: HttpRequest, console: Console) -> HttpResponse:
    form = OrganizationForm(request.POST or None, console.organization)
    if request.method == "POST" and perform(
        form, lambda: services.change_organization(console.actor, console.organization, **form.changes())
    ):
        notices.say(request, _("The organization is changed."))
        return back("admin:organization")
    if form.errors:
        console.organization.refresh_from_db()
    return page(request, console, "organization.html", {"form": form}, status=status_of(form))


@console_page
@require_GET
def organizations(request: HttpRequest, console: Console) -> HttpResponse:
    """All organizations of the installation, for its operators."""
    if not request.user.is_operator:
        return back("admin:home")
    search = request.GET.get("q", "").strip()[:100].replace("\0", "")
    active = Organization.objects.filter(state=Organization.State.ACTIVE)
    if search:
        active = active.filter(name__icontains=search) | active.filter(alias__icontains=search)
    return page(request, console, "organizations.html", {"rows": active.order_by("name", "pk")[:200], "search": search})


@console_page
@require_POST
def switch(request: HttpRequest, console: Console) -> HttpResponse:
    """Go on in another organization, as an operator."""
    wanted = request.POST.get("organization", "")
    return act_and_return(
        request,
        lambda: choose_organization(request, wanted),
        _("You are in another organization now. Its name stands in the top bar."),
        "admin:home",
    )
