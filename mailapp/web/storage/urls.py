"""Addresses of storage, import, export and long work; part of the namespace ``mail``."""

from django.urls import path

from mailapp.web.storage import downloads, job_pages, storage_pages, transfer_pages, uploads

urlpatterns = [
    path("settings/storage/", storage_pages.storage, name="storage"),
    path("settings/transfer/", transfer_pages.transfer, name="transfer"),
    path("settings/transfer/file/", uploads.import_file, name="import_file"),
    path("settings/transfer/upload/", uploads.begin, name="import_upload"),
    path("settings/transfer/upload/<uuid:file_id>/", uploads.piece, name="import_piece"),
    path("settings/transfer/upload/<uuid:file_id>/finish/", uploads.finish, name="import_finish"),
    path("settings/transfer/account/", transfer_pages.import_account, name="import_account"),
    path("settings/transfer/export/", transfer_pages.export, name="export"),
    path("mail/jobs/", job_pages.current, name="jobs"),
    path("mail/jobs/<uuid:job_id>/cancel/", job_pages.cancel, name="job_cancel"),
    path("mail/jobs/<uuid:job_id>/dismiss/", job_pages.dismiss, name="job_dismiss"),
    path("mail/jobs/files/<uuid:file_id>/", downloads.download, name="job_file"),
]
