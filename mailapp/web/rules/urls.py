"""The addresses of rules and the automatic reply."""

from django.urls import path

from mailapp.web.rules import building_pages, pages, reply_pages, run_pages, sieve_pages

urlpatterns = [
    path("rules/", pages.listing, name="rules"),
    path("rules/new/", building_pages.new, name="rule_new"),
    path("rules/sentence/", building_pages.sentence, name="rule_sentence"),
    path("rules/rules.sieve", sieve_pages.export, name="rules_export"),
    path("rules/import/", sieve_pages.bring_in, name="rules_import"),
    path("rules/undo/", pages.undo, name="rules_undo"),
    path("rules/<uuid:rule_id>/", building_pages.edit, name="rule_edit"),
    path("rules/<uuid:rule_id>/switch/", pages.switch, name="rule_switch"),
    path("rules/<uuid:rule_id>/shift/", pages.shift, name="rule_shift"),
    path("rules/<uuid:rule_id>/delete/", pages.delete, name="rule_delete"),
    path("rules/<uuid:rule_id>/run/", run_pages.run, name="rule_run"),
    path("rules/runs/<uuid:job_id>/stop/", run_pages.stop, name="rule_stop"),
    path("automatic-reply/", reply_pages.automatic_reply, name="automatic_reply"),
]
