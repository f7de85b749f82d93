"""Addresses of signing in, signing up and personal settings.

Names that begin with ``account_`` are those by which django-allauth finds its pages. Its own URLs for sign-up, e-mail
management and password reset by mail are left out on purpose.
"""

from django.urls import path

from workmail.accounts.web import passkey_pages, preference_pages, security, session_pages, signing_in, signing_up

urlpatterns = [
    path("", signing_in.home, name="home"),
    path("sign-in/", signing_in.SignInView.as_view(), name="account_login"),
    path("o/<slug:alias>/sign-in/", signing_in.SignInView.as_view(), name="organization_sign_in"),
    path("sign-in/code/", signing_in.second_step, name="account_second_factor"),
    path("sign-in/passkey/", passkey_pages.sign_in, name="sign_in_passkey"),
    path("sign-in/passkey/begin/", passkey_pages.begin_sign_in, name="sign_in_passkey_begin"),
    path("sign-in/code/passkey/", passkey_pages.second_step, name="second_factor_passkey"),
    path("sign-in/code/passkey/begin/", passkey_pages.begin_second_step, name="second_factor_passkey_begin"),
    path("sign-in/start-again/", signing_in.start_again, name="sign_in_start_again"),
    path("signed-in/", signing_in.signed_in, name="signed_in"),
    path("sign-out/", signing_in.sign_out, name="account_logout"),
    path("sign-up/", signing_up.sign_up, name="account_signup"),
    path("welcome/", signing_up.welcome, name="welcome"),
    path("settings/", preference_pages.settings_page, name="settings"),
    path("settings/password/", security.change_password, name="settings_password"),
    path("settings/second-factor/", security.set_up_second_factor, name="settings_second_factor"),
    path("settings/second-factor/off/", security.turn_off_second_factor, name="settings_second_factor_off"),
    path("settings/passkeys/new/", passkey_pages.new, name="settings_passkey_new"),
    path("settings/passkeys/new/finish/", passkey_pages.finish, name="settings_passkey_finish"),
    path("settings/passkeys/<int:passkey_id>/remove/", passkey_pages.remove, name="settings_passkey_remove"),
    path("settings/recovery-codes/", security.new_recovery_codes, name="settings_recovery_codes"),
    path("settings/application-passwords/", security.new_application_password, name="settings_application_passwords"),
    path(
        "settings/application-passwords/<uuid:password_id>/revoke/",
        security.revoke_application_password,
        name="settings_application_password_revoke",
    ),
    path("settings/sessions/", session_pages.sessions_page, name="settings_sessions"),
    path("settings/sessions/<uuid:session_id>/revoke/", security.revoke_session, name="settings_session_revoke"),
    path("settings/sessions/revoke/", security.sign_out_everywhere, name="settings_sessions_revoke"),
    path("settings/undo/", preference_pages.undo, name="settings_undo"),
    path("settings/keys/", preference_pages.save_keys, name="settings_keys"),
    path("settings/keep/<slug:section>/", preference_pages.save, name="settings_save"),
]
