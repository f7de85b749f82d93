"""The addresses of the mail pages."""

from django.urls import include, path
from django.utils.module_loading import module_has_submodule

import mailapp.web
from mailapp.web import lists

app_name = "mail"

urlpatterns = [
    path("mail/", lists.inbox, name="inbox"),
    path("mail/<uuid:folder_id>/", lists.folder, name="folder"),
]
if module_has_submodule(mailapp.web, "compose"):
    urlpatterns.append(path("mail/compose/", include("mailapp.web.compose.urls")))
