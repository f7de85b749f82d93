"""Addresses of the admin console."""

from django.urls import path

from admin_console import aliases, domains, groups, overview, users

app_name = "admin"

urlpatterns = [
    path("", overview.home, name="home"),
    path("organization/", overview.organization, name="organization"),
    path("organizations/", overview.organizations, name="organizations"),
    path("organizations/switch/", overview.switch, name="switch"),
    path("users/", users.users, name="users"),
    path("users/new/", users.new_user, name="user_new"),
    path("users/<uuid:user_id>/", users.user, name="user"),
    path("users/<uuid:user_id>/portrait/", users.portrait, name="user_portrait"),
    path("users/<uuid:user_id>/enable/", users.enable, name="user_enable"),
    path("users/<uuid:user_id>/disable/", users.disable, name="user_disable"),
    path("users/<uuid:user_id>/delete/", users.delete, name="user_delete"),
    path("users/<uuid:user_id>/password/", users.reset_password, name="user_password"),
    path("users/<uuid:user_id>/second-factor/off/", users.turn_off_second_factor, name="user_second_factor_off"),
    path("users/<uuid:user_id>/sign-out/", users.sign_out_everywhere, name="user_sign_out"),
    path("groups/", groups.groups, name="groups"),
    path("groups/new/", groups.new_group, name="group_new"),
    path("groups/<uuid:group_id>/", groups.group, name="group"),
    path("groups/<uuid:group_id>/enable/", groups.enable, name="group_enable"),
    path("groups/<uuid:group_id>/disable/", groups.disable, name="group_disable"),
    path("groups/<uuid:group_id>/delete/", groups.delete, name="group_delete"),
    path("groups/<uuid:group_id>/members/", groups.add_member, name="group_add_member"),
    path(
        "groups/<uuid:group_id>/members/<int:membership_id>/remove/", groups.remove_member, name="group_remove_member"
    ),
    path("addresses/<uuid:entity_id>/", aliases.add, name="alias_add"),
    path("addresses/<uuid:entity_id>/<int:address_id>/remove/", aliases.remove, name="alias_remove"),
    path("addresses/<uuid:entity_id>/<int:address_id>/primary/", aliases.make_primary, name="alias_primary"),
    path("domains/", domains.domains, name="domains"),
    path("domains/new/", domains.new_domain, name="domain_new"),
    path("domains/<uuid:domain_id>/", domains.domain, name="domain"),
    path("domains/<uuid:domain_id>/zone/", domains.zone_file, name="domain_zone"),
    path("domains/<uuid:domain_id>/default/", domains.make_default, name="domain_default"),
    path("domains/<uuid:domain_id>/verified/", domains.set_verified, name="domain_verified"),
    path("domains/<uuid:domain_id>/remove/", domains.remove, name="domain_remove"),
]
