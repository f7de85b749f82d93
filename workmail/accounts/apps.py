from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "workmail.accounts"
    label = "accounts"
