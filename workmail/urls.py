"""Where each address leads. Rooms above the core are named by string: imports run downwards only."""

from django.urls import include, path

urlpatterns = [
    path("", include("workmail.accounts.web.urls")),
    path("", include("workmail.ui.urls")),
    path("", include("mailapp.web.urls")),
    path("people/", include("mailapp.web.people.urls")),
    path("admin/", include("admin_console.urls")),
]

handler400 = "workmail.ui.views.bad_request"
handler403 = "workmail.ui.views.forbidden"
handler404 = "workmail.ui.views.not_found"
handler500 = "workmail.ui.views.server_error"
