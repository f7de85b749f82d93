from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "workmail.directory"
    label = "directory"
