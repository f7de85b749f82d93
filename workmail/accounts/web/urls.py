"""Addresses of signing in, signing up and personal settings.

Names that begin with ``account_`` are those by which django-allauth finds its pages. Its own URLs for sign-up, e-mail
management and password reset by mail are left out on purpose.
"""

from django.urls import path

from workmail.accounts.web import signing_in

urlpatterns = [
    path("", signing_in.home, name="home"),
    path("sign-in/", signing_in.SignInView.as_view(), name="account_login"),
    path("o/<slug:alias>/sign-in/", signing_in.SignInView.as_view(), name="organization_sign_in"),
    path("sign-in/code/", signing_in.second_step, name="account_second_factor"),
    path("sign-in/start-again/", signing_in.start_again, name="sign_in_start_again"),
    path("sign-out/", signing_in.sign_out, name="account_logout"),
]
