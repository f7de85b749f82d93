"""What an administrator does: people, addresses, groups, domains, the organization."""

import pytest
from django.urls import reverse

from tests import factories
from tests.accounts.conftest import code_of
from tests.admin_console.conftest import signed_in
from tests.services.environment import PASSWORD
from workmail.accounts import passwords, preferences, second_factor
from workmail.accounts.actor import SYSTEM
from workmail.accounts.models import Session
from workmail.audit.models import AuditEntry
from workmail.directory import domains, services
from workmail.directory.models import Group, Organization, User

NEW_USER = {
    "display_name": "Bob Smith",
    "name": "bob",
    "domain": "fernhill.test",
    "role": "user",
    "language": "fr",
    "password": PASSWORD,
    "must_change_password": "on",
}


def said(client, response) -> str:
    """Follow the redirect and return what the status line says there."""
    return client.get(response["Location"]).context["status_text"]


# --- Users --------------------------------------------------------------------------------------------------------


def test_a_new_user_has_an_address_and_a_mailbox_and_must_choose_a_password(house, admin):
    response = admin.post(reverse("admin:user_new"), NEW_USER)
    bob = User.objects.get(name="bob")
    assert response["Location"] == reverse("admin:user", args=[bob.pk])
    assert said(admin, response) == "Bob Smith can sign in now."
    assert (bob.addr_spec, bob.is_enabled, bob.must_change_password, bob.role) == (
        "bob@fernhill.test",
        True,
        True,
        "user",
    )
    assert bob.mailbox.folders.count() == 6
    assert preferences.of(bob).language == "fr"
    assert set(AuditEntry.objects.filter(actor=house.administrator).values_list("action", flat=True)) == {
        "user.create",
        "user.enable",
    }


@pytest.mark.parametrize(
    "change, field",
    [
        ({"name": "alice"}, "name"),
        ({"name": "ALICE"}, "name"),
        ({"name": "support"}, "name"),
        ({"name": "a b"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "bob\r\n"}, None),
        ({"display_name": ""}, "display_name"),
        ({"display_name": "x" * 201}, "display_name"),
        ({"display_name": "a\u202eb"}, "display_name"),
        ({"domain": "other.test"}, "domain"),
        ({"role": "operator"}, "role"),
        ({"password": "short"}, "password"),
        ({"password": "bob"}, "password"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_made(house, admin, change, field):
    before = User.objects.count()
    response = admin.post(reverse("admin:user_new"), NEW_USER | change)
    if field is None:
        assert response.status_code == 302
        return
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert f'href="#id_{field}"' in response.content.decode(), "the summary leads to the field"
    assert User.objects.count() == before


def test_the_list_is_searched_and_filtered(house, admin):
    factories.make_user(house.organization, "dmitri", display_name="Дмитрий Ёлкин")
    services.disable(SYSTEM, factories.make_user(house.organization, "zoe", display_name="Zoé 100%"))

    def found(**filters: str) -> list[str]:
        return [row["user"].name for row in admin.get("/admin/users/", filters).context["rows"]]

    assert found() == ["admin", "alice", "zoe", "dmitri"]
    assert found(q="дмитрий") == ["dmitri"]
    assert found(q="ALI") == ["alice"]
    assert found(q="support@fern") == ["alice"]
    assert found(q="support") == ["alice"]
    assert found(q="100%") == ["zoe"]
    assert found(q="%") == ["zoe"]
    assert found(q="_") == []
    assert found(q="a\0b") == ["admin", "alice", "zoe", "dmitri"]
    assert found(state="disabled") == ["zoe"]
    assert found(role="administrator") == ["admin"]
    assert found(state="nonsense", role="nonsense", after="nonsense") == ["admin", "alice", "zoe", "dmitri"]


def test_the_profile_is_changed_and_both_versions_are_audited(house, admin):
    path = reverse("admin:user", args=[house.alice.pk])
    form = {"display_name": " Alice  Cooper ", "role": "administrator", "family_name": "Cooper", "given_name": ""}
    assert admin.post(path, form | {"hidden_from_address_list": "on"}).status_code == 302
    alice = User.objects.get(pk=house.alice.pk)
    assert (alice.display_name, alice.role, alice.family_name, alice.hidden_from_address_list) == (
        "Alice Cooper",
        "administrator",
        "Cooper",
        True,
    )
    entry = AuditEntry.objects.get(action="user.change")
    assert (entry.details["before"]["role"], entry.details["after"]["role"]) == ("user", "administrator")
    assert admin.post(path, form | {"display_name": ""}).status_code == 422


def test_somebody_is_disabled_and_enabled_again(house, admin):
    alice = signed_in(house.alice)
    assert admin.post(reverse("admin:user_disable", args=[house.alice.pk])).status_code == 302
    assert alice.get("/settings/").status_code == 302
    assert (
        "cannot sign in and receives no mail"
        in admin.get(reverse("admin:user", args=[house.alice.pk])).content.decode()
    )
    assert admin.post(reverse("admin:user_enable", args=[house.alice.pk])).status_code == 302
    assert User.objects.get(pk=house.alice.pk).is_enabled


def test_somebody_who_was_never_enabled_is_given_an_address(house, admin):
    user = factories.make_user(house.organization, "never", enabled=False)
    path = reverse("admin:user_enable", args=[user.pk])
    assert admin.post(path, {"alias-local_part": "a b", "alias-domain": "fernhill.test"}).status_code == 422
    assert admin.post(path, {"alias-local_part": "never", "alias-domain": "fernhill.test"}).status_code == 302
    assert User.objects.get(pk=user.pk).addr_spec == "never@fernhill.test"


def test_only_somebody_disabled_is_deleted(house, admin):
    path = reverse("admin:user_delete", args=[house.alice.pk])
    assert said(admin, admin.post(path)) == "Disable it first, then delete it."
    admin.post(reverse("admin:user_disable", args=[house.alice.pk]))
    assert admin.post(path)["Location"] == reverse("admin:users")
    assert User.objects.get(pk=house.alice.pk).state == "deleted"
    assert admin.post(reverse("admin:user_new"), NEW_USER | {"name": "alice"}).status_code == 302, "the name is free"


def test_nobody_locks_the_organization_out(house, admin):
    """Neither oneself, nor the last administrator."""
    me = house.administrator
    assert "You cannot disable yourself" in said(admin, admin.post(reverse("admin:user_disable", args=[me.pk])))
    admin.post(reverse("admin:user", args=[me.pk]), {"display_name": "Me", "role": "user"})
    me.refresh_from_db()
    assert (me.display_name, me.role) == ("Me", "administrator")
    with pytest.raises(Exception, match="only administrator"):
        services.disable(SYSTEM, me)
    with pytest.raises(Exception, match="only administrator"):
        services.change_user(SYSTEM, me, role="user")


def test_a_reset_password_is_for_the_first_sign_in_only(house, admin):
    alice = signed_in(house.alice)
    path = reverse("admin:user_password", args=[house.alice.pk])
    assert admin.post(path, {"reset-password": "short"}).status_code == 422
    form = {"reset-password": "given by somebody", "reset-must_change_password": "on"}
    assert admin.post(path, form).status_code == 302
    assert alice.get("/settings/").status_code == 302, "signed out"
    house.alice.refresh_from_db()
    assert house.alice.must_change_password
    assert house.alice.check_password("given by somebody")
    assert "given by somebody" not in str(list(AuditEntry.objects.values()))


def test_ones_own_password_and_second_factor_are_changed_where_the_present_one_is_asked_for(house, admin):
    me = house.administrator
    assert (
        admin.post(reverse("admin:user_password", args=[me.pk]), {"reset-password": "another good one"}).status_code
        == 422
    )
    assert (
        admin.post(reverse("admin:user_second_factor_off", args=[me.pk]))["Location"] == "/settings/second-factor/off/"
    )
    assert admin.post(reverse("admin:user_sign_out", args=[me.pk]))["Location"] == "/settings/#security"
    me.refresh_from_db()
    assert me.check_password(PASSWORD)
    assert admin.get("/admin/").status_code == 200


def test_a_lost_second_factor_is_turned_off(house, admin):
    alice = house.alice
    second_factor.begin_set_up(alice)
    second_factor.finish_set_up(factories.actor_for(alice), alice, code_of(alice, confirmed=False))
    page = admin.get(reverse("admin:user", args=[alice.pk]))
    assert page.context["has_second_factor"]
    assert admin.post(reverse("admin:user_second_factor_off", args=[alice.pk])).status_code == 302
    assert not second_factor.is_on(alice)
    assert AuditEntry.objects.filter(action="second_factor.off", actor=house.administrator).exists()


def test_somebody_is_signed_out_everywhere(house, admin):
    signed_in(house.alice), signed_in(house.alice)
    assert admin.get(reverse("admin:user", args=[house.alice.pk])).context["session_count"] == 2
    admin.post(reverse("admin:user_sign_out", args=[house.alice.pk]))
    assert not Session.objects.filter(user=house.alice).exists()


# --- Addresses ----------------------------------------------------------------------------------------------------


def test_aliases_come_become_primary_and_go(house, admin):
    alice = house.alice
    path = reverse("admin:alias_add", args=[alice.pk])
    assert admin.post(path, {"alias-local_part": "help", "alias-domain": "fernhill.test"}).status_code == 302
    address = alice.addresses.get(local_part="help")
    admin.post(reverse("admin:alias_primary", args=[alice.pk, address.pk]))
    assert User.objects.get(pk=alice.pk).addr_spec == "help@fernhill.test"
    refused = admin.post(reverse("admin:alias_remove", args=[alice.pk, address.pk]))
    assert "primary address" in said(admin, refused)
    old = alice.addresses.get(local_part="alice")
    admin.post(reverse("admin:alias_remove", args=[alice.pk, old.pk]))
    assert sorted(row.local_part for row in alice.addresses.all()) == ["help", "support"]


@pytest.mark.parametrize("name", ["support", "SUPPORT", "everybody", "a b", "a@b", "", ".a", "a\r\nb", "x" * 65])
def test_an_alias_that_cannot_be_is_refused_at_its_field(house, admin, name):
    form = {"alias-local_part": name, "alias-domain": "fernhill.test"}
    for entity in (house.alice, house.group):
        response = admin.post(reverse("admin:alias_add", args=[entity.pk]), form)
        assert response.status_code == 422
        assert list(response.context["alias_form"].errors) == ["local_part"]


def test_making_an_alias_primary_does_not_enable(house, admin):
    services.disable(SYSTEM, house.alice)
    address = house.alice.addresses.get(is_primary=False)
    admin.post(reverse("admin:alias_primary", args=[house.alice.pk, address.pk]))
    alice = User.objects.get(pk=house.alice.pk)
    assert (alice.is_enabled, alice.addr_spec) == (False, "support@fernhill.test")


# --- Groups -------------------------------------------------------------------------------------------------------


def test_a_group_takes_people_groups_and_addresses_elsewhere(house, admin):
    admin.post(reverse("admin:group_new"), {"display_name": "Staff", "name": "staff", "domain": "fernhill.test"})
    staff = Group.objects.get(name="staff")
    path = reverse("admin:group_add_member", args=[staff.pk])
    for member in ("support@fernhill.test", "alice", "everybody@fernhill.test", "Friend@Elsewhere.Test"):
        assert admin.post(path, {"member": member}).status_code == 302
    page = admin.get(reverse("admin:group", args=[staff.pk]))
    assert [str(row.member or row.remote_address) for row in page.context["members"]] == [
        "Alice",
        "everybody",
        "Friend@elsewhere.test",
    ]
    for row in page.context["members"]:
        admin.post(reverse("admin:group_remove_member", args=[staff.pk, row.pk]))
    assert not staff.memberships.exists()


@pytest.mark.parametrize(
    "member", ["", "nobody", "a b@c.test", "everybody@fernhill.test", "x@", "a@b\r\nc.test", "x@nodot"]
)
def test_a_member_that_cannot_be_is_refused(house, admin, member):
    response = admin.post(reverse("admin:group_add_member", args=[house.group.pk]), {"member": member})
    assert response.status_code == 422
    assert list(response.context["member_form"].errors) == ["member"]


def test_groups_do_not_run_in_circles(house, admin):
    inner = factories.make_group(house.organization, "inner")
    innermost = factories.make_group(house.organization, "innermost")
    for outer, member in [(house.group, inner), (inner, innermost)]:
        services.add_member(SYSTEM, outer, member)
    path = reverse("admin:group_add_member", args=[innermost.pk])
    response = admin.post(path, {"member": "everybody@fernhill.test"})
    assert response.status_code == 422
    assert "not even through another group" in response.content.decode()


def test_a_colleague_of_another_organization_is_an_address_elsewhere(house, other_house, admin):
    admin.post(reverse("admin:group_add_member", args=[house.group.pk]), {"member": "alice@other.test"})
    assert house.group.memberships.get(remote_address="alice@other.test").member is None


def test_a_group_is_changed_disabled_enabled_and_deleted(house, admin):
    pk = house.group.pk
    assert admin.post(reverse("admin:group", args=[pk]), {"display_name": "All of us"}).status_code == 302
    assert admin.post(reverse("admin:group", args=[pk]), {"display_name": ""}).status_code == 422
    assert "Disable it first" in said(admin, admin.post(reverse("admin:group_delete", args=[pk])))
    admin.post(reverse("admin:group_disable", args=[pk]))
    admin.post(reverse("admin:group_enable", args=[pk]))
    assert Group.objects.get(pk=pk).addr_spec == "everybody@fernhill.test"
    admin.post(reverse("admin:group_disable", args=[pk]))
    assert admin.post(reverse("admin:group_delete", args=[pk]))["Location"] == reverse("admin:groups")
    assert admin.get(reverse("admin:group", args=[pk])).status_code == 404
    rows = admin.get(reverse("admin:groups")).context["page"].rows
    assert list(rows) == []


# --- Domains and the organization ---------------------------------------------------------------------------------


def test_a_domain_shows_the_records_to_publish(house, admin, settings):
    settings.MAIL_HOST_NAME = "mail.fernhill.test"
    page = admin.get(reverse("admin:domain", args=[house.domain.pk]))
    records = {(record.type, record.name): record.value for record in page.context["records"]}
    assert records["MX", "fernhill.test"] == "10 mail.fernhill.test."
    assert records["TXT", "fernhill.test"].startswith("v=spf1 ")
    assert records["TXT", "_dmarc.fernhill.test"].startswith("v=DMARC1; ")
    assert next(value for (_type, name), value in records.items() if "._domainkey." in name).startswith("v=DKIM1; ")
    zone = admin.get(reverse("admin:domain_zone", args=[house.domain.pk]))
    assert zone["Content-Type"].startswith("text/plain")
    for line in zone.content.decode().splitlines():
        assert all(len(part) <= 255 for part in line.split('"')[1::2])


def test_a_domain_is_added_made_the_default_and_removed(house, admin):
    assert admin.post(reverse("admin:domain_new"), {"domain": "Zweite.Example."}).status_code == 302
    second = house.organization.domains.get(name="zweite.example")
    assert second.is_verified
    assert "default domain" in said(admin, admin.post(reverse("admin:domain_remove", args=[house.domain.pk])))
    admin.post(reverse("admin:domain_default", args=[second.pk]))
    assert "Addresses still use" in said(admin, admin.post(reverse("admin:domain_remove", args=[house.domain.pk])))
    admin.post(reverse("admin:domain_default", args=[house.domain.pk]))
    assert admin.post(reverse("admin:domain_remove", args=[second.pk]))["Location"] == reverse("admin:domains")
    assert not house.organization.domains.filter(name="zweite.example").exists()


def test_where_proof_is_wanted_a_new_domain_waits_for_it(house, operator, admin, settings):
    settings.DOMAINS_NEED_PROOF = True
    admin.post(reverse("admin:domain_new"), {"domain": "later.example"})
    later = house.organization.domains.get(name="later.example")
    assert not later.is_verified
    page = admin.get(reverse("admin:domain", args=[later.pk])).content.decode()
    assert later.verification_token in page
    assert "later.example is not verified" in admin.get("/admin/").content.decode()
    domains.set_domain_verified(factories.actor_for(operator), later, is_verified=True)
    assert "later.example is not verified" not in admin.get("/admin/").content.decode()


@pytest.mark.parametrize(
    "name", ["", "fernhill.test", "other.test", "nodot", "a b.test", "x@y.test", "a..b", "x" * 250 + ".test"]
)
def test_a_domain_that_cannot_be_is_refused(house, other_house, admin, name):
    response = admin.post(reverse("admin:domain_new"), {"domain": name})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["domain"]


def test_the_organization_is_renamed_and_moved(house, admin):
    path = reverse("admin:organization")
    form = {"name": "Fernhill Nordic", "language": "fr", "time_zone": "Europe/Oslo"}
    assert admin.post(path, form).status_code == 302
    organization = Organization.objects.get(pk=house.organization.pk)
    assert (organization.name, organization.language, organization.time_zone) == tuple(form.values())
    for change in ({"name": ""}, {"language": "xx"}, {"time_zone": "Mars/Olympus"}):
        assert admin.post(path, form | change).status_code == 422
    entry = AuditEntry.objects.get(action="organization.change")
    assert entry.details["after"]["name"] == "Fernhill Nordic"


def test_the_overview_counts_and_warns(house, admin):
    page = admin.get("/admin/")
    assert page.context["counts"].enabled_users == 2
    assert [user.name for user in page.context["unprotected"]] == ["admin"]


# --- All pages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr", "ru"])
def test_every_page_is_shown_in_every_language(house, admin, language):
    preferences.save(factories.actor_for(house.administrator), house.administrator, {"language": language})
    for path in (
        "/admin/",
        "/admin/organization/",
        "/admin/users/",
        "/admin/users/?q=nothing",
        "/admin/users/new/",
        f"/admin/users/{house.alice.pk}/",
        f"/admin/users/{house.administrator.pk}/",
        "/admin/groups/",
        "/admin/groups/new/",
        f"/admin/groups/{house.group.pk}/",
        "/admin/domains/",
        "/admin/domains/new/",
        f"/admin/domains/{house.domain.pk}/",
    ):
        response = admin.get(path)
        assert (path, response.status_code, response["Content-Language"]) == (path, 200, language)


def test_a_list_costs_the_same_with_many_users(house, admin, django_assert_max_num_queries):
    for number in range(60):
        factories.make_user(house.organization, f"person{number}", password=None)
    with django_assert_max_num_queries(11):
        admin.get("/admin/users/")


def test_what_people_are_called_is_never_markup(house, admin):
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    services.change_user(SYSTEM, house.alice, display_name=evil)
    services.change_group(SYSTEM, house.group, display_name=evil)
    services.change_organization(SYSTEM, house.organization, name=evil)
    for path in ("/admin/", "/admin/users/", f"/admin/users/{house.alice.pk}/", f"/admin/groups/{house.group.pk}/"):
        text = admin.get(path, {"q": ""}).content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    assert "<script>alert" not in admin.get("/admin/users/", {"q": evil}).content.decode()


def test_the_main_password_of_a_new_user_works_after_it_is_changed(house, admin, client):
    admin.post(reverse("admin:user_new"), NEW_USER | {"must_change_password": ""})
    bob = passwords.check("bob@fernhill.test", PASSWORD, protocol="smtp", client_address=None)
    assert bob.display_name == "Bob Smith"
