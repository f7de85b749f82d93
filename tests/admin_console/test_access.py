"""Every address of the console, asked for by everyone who may not."""

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from admin_console.urls import urlpatterns
from tests import factories
from tests.admin_console.conftest import House, signed_in
from workmail.accounts.actor import SYSTEM
from workmail.audit.models import AuditEntry
from workmail.directory import services
from workmail.directory.models import Domain, Entity, User


def path_of(pattern: URLPattern, house: House) -> str:
    """Return the address of this page for something that belongs to the house."""
    arguments = {
        "user_id": house.alice.pk,
        "group_id": house.group.pk,
        "domain_id": house.domain.pk,
        "entity_id": house.alice.pk,
        "address_id": house.alice.addresses.get(is_primary=False).pk,
        "membership_id": house.group.memberships.get(member=house.alice).pk,
    }
    wanted = pattern.pattern.converters
    return reverse(f"admin:{pattern.name}", kwargs={name: arguments[name] for name in wanted})


def everything() -> dict:
    """Return what the directory holds, to see that nothing changed."""
    return {
        "entities": list(Entity.objects.order_by("pk").values()),
        "users": list(User.objects.order_by("pk").values("pk", "password", "role", "session_epoch")),
        "domains": list(Domain.objects.order_by("pk").values()),
        "addresses": [list(entity.addresses.order_by("pk").values()) for entity in Entity.objects.order_by("pk")],
    }


def answers(client: Client, method: str, house: House, patterns: list[URLPattern] = urlpatterns) -> dict:
    """Ask for every address; return the responses by the names of the pages."""
    form = {"alias-local_part": "x", "alias-domain": "other.test", "member": "x@y.test", "display_name": "x"}
    return {pattern.name: getattr(client, method)(path_of(pattern, house), form) for pattern in patterns}


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_is_asked_to_sign_in(house, method):
    before = everything()
    for name, response in answers(Client(), method, house).items():
        assert (name, response.status_code) == (name, 302)
        assert response["Location"].startswith("/sign-in/?next=/admin/"), name
    assert everything() == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_colleague_is_refused_and_that_is_audited(house, method):
    client = signed_in(factories.make_user(house.organization, "bob"))
    before = everything()
    refused = answers(client, method, house)
    assert {name: response.status_code for name, response in refused.items()} == dict.fromkeys(refused, 403)
    assert everything() == before
    assert AuditEntry.objects.filter(action="console.refused", succeeded=False).count() == len(refused)


def test_for_the_administrator_of_another_organization_it_does_not_exist(house, other_house):
    """Where only the other method is understood, that is said before anything is looked up."""
    client = signed_in(other_house.administrator)
    of_something = [pattern for pattern in urlpatterns if pattern.pattern.converters]
    before = everything()
    for_get, for_post = (answers(client, method, house, of_something) for method in ("get", "post"))
    for name, response in for_get.items():
        statuses = {response.status_code, for_post[name].status_code}
        assert (name, statuses) in [(name, {404}), (name, {404, 405})]
    assert everything() == before


@pytest.mark.parametrize("path", ["/admin/users/", "/admin/groups/", "/admin/domains/", "/admin/", "/admin/users/?q=a"])
def test_lists_show_only_the_own_organization(house, other_house, path):
    page = signed_in(other_house.administrator).get(path).content.decode()
    assert str(house.alice.pk) not in page
    assert "fernhill.test" not in page


def test_an_address_of_one_entity_is_not_reached_through_another(house):
    bob = factories.make_user(house.organization, "bob")
    address = house.alice.addresses.get(is_primary=False)
    client = signed_in(house.administrator)
    assert client.post(reverse("admin:alias_remove", args=[bob.pk, address.pk])).status_code == 404
    assert client.post(reverse("admin:alias_primary", args=[bob.pk, address.pk])).status_code == 404


def test_what_is_deleted_is_gone(house):
    services.disable(SYSTEM, house.alice)
    services.delete(SYSTEM, house.alice)
    client = signed_in(house.administrator)
    assert client.get(reverse("admin:user", args=[house.alice.pk])).status_code == 404
    assert client.post(reverse("admin:user_enable", args=[house.alice.pk])).status_code == 404


def test_an_administrator_who_loses_the_role_is_refused_at_once(house, admin):
    assert admin.get("/admin/").status_code == 200
    User.objects.filter(pk=house.administrator.pk).update(role="user")
    assert admin.get("/admin/").status_code == 403


def test_changes_need_a_token(house):
    client = Client(enforce_csrf_checks=True)
    client.force_login(house.administrator)
    for pattern in urlpatterns:
        assert client.post(path_of(pattern, house)).status_code == 403, pattern.name


def test_nothing_changes_by_following_a_link(house, admin):
    before = everything()
    for pattern in urlpatterns:
        assert admin.get(path_of(pattern, house)).status_code in (200, 302, 405), pattern.name
    assert everything() == before


# --- Operators of the installation --------------------------------------------------------------------------------


def test_an_operator_goes_on_in_another_organization(house, operator):
    client = signed_in(operator)
    assert client.get(reverse("admin:user", args=[house.alice.pk])).status_code == 404
    response = client.post(reverse("admin:switch"), {"organization": house.organization.pk})
    assert response["Location"] == "/admin/"
    page = client.get(reverse("admin:user", args=[house.alice.pk]))
    assert page.status_code == 200
    entry = AuditEntry.objects.get(action="console.enter")
    assert (entry.organization_id, entry.actor_id) == (house.organization.pk, operator.pk)
    client.post(reverse("admin:user", args=[house.alice.pk]), {"display_name": "Alicia", "role": "user"})
    assert AuditEntry.objects.get(action="user.change").organization_id == house.organization.pk


def test_nobody_else_switches(house, other_house):
    client = signed_in(other_house.administrator)
    assert client.post(reverse("admin:switch"), {"organization": house.organization.pk}).status_code == 404
    session = client.session
    session["console_organization"] = house.organization.pk
    session.save()
    page = client.get("/admin/users/").content.decode()
    assert "fernhill.test" not in page
    assert "other.test" in page


def test_only_operators_see_all_organizations(house, operator):
    assert signed_in(house.administrator).get(reverse("admin:organizations")).status_code == 302
    page = signed_in(operator).get(reverse("admin:organizations"), {"q": "fern"}).content.decode()
    assert "fernhill" in page


def test_a_switch_to_nowhere_is_not_found(operator):
    client = signed_in(operator)
    for wanted in ("m-nowhere", "x" * 500, "a\0b"):
        assert client.post(reverse("admin:switch"), {"organization": wanted}).status_code == 404


def test_an_administrator_cannot_take_over_an_operator(operator):
    """Else whoever administers the operator's own organization would be an operator, too."""
    boss = factories.administrator_of(operator.organization)
    client = signed_in(boss)
    form = {"reset-password": "another good one"}
    assert client.post(reverse("admin:user_password", args=[operator.pk]), form).status_code == 403
    for name in ("user_second_factor_off", "user_sign_out", "user_disable"):
        assert client.post(reverse(f"admin:{name}", args=[operator.pk])).status_code == 403
    operator.refresh_from_db()
    assert not operator.check_password("another good one")
    assert operator.is_enabled


def test_only_an_operator_says_that_a_domain_is_verified(house, operator):
    Domain.objects.filter(pk=house.domain.pk).update(is_verified=False)
    path = reverse("admin:domain_verified", args=[house.domain.pk])
    assert signed_in(house.administrator).post(path, {"verified": "yes"}).status_code == 403
    client = signed_in(operator)
    client.post(reverse("admin:switch"), {"organization": house.organization.pk})
    assert client.post(path, {"verified": "yes"}).status_code == 302
    house.domain.refresh_from_db()
    assert house.domain.is_verified
