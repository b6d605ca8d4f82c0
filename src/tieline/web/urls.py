"""Every address of the application. The test of routes and roles holds a row for each."""

from __future__ import annotations

from django.urls import path

from tieline.web import assets
from tieline.web.gate import open_to_all
from tieline.web.views import (
    bare,
    catalogue,
    connect,
    connections,
    hooks,
    integrations,
    mapping,
    people,
    plan,
    record,
    system,
    watch,
    webhook,
)

handler400 = "tieline.web.views.bare.bad_request"
handler403 = "tieline.web.views.bare.refused"
handler404 = "tieline.web.views.bare.not_found"
handler500 = "tieline.web.views.bare.stumbled"

W = "w/<str:key>/"

urlpatterns = [
    path("", people.home, name="home"),
    path("static/<str:stamped>/<path:path>", open_to_all(assets.serve), name="asset"),
    path("healthz", bare.healthz, name="healthz"),
    path("readyz", bare.readyz, name="readyz"),
    # people
    path("sign-in", people.sign_in, name="sign-in"),
    path("sign-out", people.sign_out, name="sign-out"),
    path("welcome/<str:token>", people.welcome, name="welcome"),
    path("account/first", people.first, name="first"),
    path("account", people.account, name="account"),
    path("workspaces/new", people.new_workspace, name="new-workspace"),
    path(W + "members", people.members, name="members"),
    path(W + "members/invite", people.invite, name="invite"),
    path(W + "members/<int:member>/role", people.member_role, name="member-role"),
    # plan
    path(W + "features", plan.features, name="features"),
    path(W + "features/new", plan.new_feature, name="new-feature"),
    path(W + "releases", plan.releases, name="releases"),
    path(W + "releases/new", plan.new_release, name="new-release"),
    path(W + "preview", plan.preview, name="preview"),
    path(W + "r/<str:ref>", record.record, name="record"),
    path(W + "r/<str:ref>/live", record.record_live, name="record-live"),
    path(W + "r/<str:ref>/edit", plan.edit_record, name="edit-record"),
    path(W + "r/<str:ref>/move", plan.move_record, name="move-record"),
    path(W + "r/<str:ref>/delete", plan.delete_record, name="delete-record"),
    path(W + "r/<str:ref>/requirements/new", plan.new_requirement, name="new-requirement"),
    path(W + "r/<str:ref>/send", record.send_record, name="send-record"),
    path(W + "r/<str:ref>/sync", record.sync_record, name="sync-record"),
    path(W + "r/<str:ref>/unlink", record.unlink_record, name="unlink-record"),
    path(W + "clashes/<str:clash>", record.settle_clash, name="settle-clash"),
    # integrations: setting up
    path(W + "integrations", integrations.integration_list, name="integrations"),
    path(W + "integrations/new", connect.new, name="new-integration"),
    path(W + "integrations/repair", connect.repaired_address, name="repair-address"),
    path(W + "integrations/<str:pk>/connect", connect.connect, name="wizard-connect"),
    path(W + "integrations/<str:pk>/check", connect.check, name="wizard-check"),
    path(W + "integrations/<str:pk>/check/again", connect.check_again, name="check-again"),
    path(W + "integrations/<str:pk>/check/<str:run>/live", connect.check_live, name="check-live"),
    path(W + "integrations/<str:pk>/use-address", connect.use_address, name="use-address"),
    path(W + "integrations/<str:pk>/project", connect.project, name="wizard-project"),
    path(W + "integrations/<str:pk>/map", mapping.mapping, name="wizard-map"),
    path(W + "integrations/<str:pk>/try", mapping.try_out, name="wizard-try"),
    path(W + "integrations/<str:pk>/try/send", mapping.send_one, name="send-one"),
    path(W + "integrations/<str:pk>/try/<str:ref>/live", mapping.sent_live, name="sent-live"),
    path(W + "integrations/<str:pk>/turn-on", integrations.turn_on, name="turn-on"),
    # integrations: at work
    path(W + "integrations/<str:pk>", integrations.overview, name="integration"),
    path(W + "integrations/<str:pk>/live", integrations.overview_live, name="overview-live"),
    path(W + "integrations/<str:pk>/switch", integrations.switch, name="switch"),
    path(W + "integrations/<str:pk>/hearing", integrations.switch_hearing, name="switch-hearing"),
    path(W + "integrations/<str:pk>/webhook", webhook.webhook, name="webhook"),
    path(W + "integrations/<str:pk>/import", integrations.start_import, name="start-import"),
    path(W + "integrations/<str:pk>/send-all", integrations.send_all, name="send-all"),
    path(W + "integrations/<str:pk>/poll", integrations.poll_now, name="poll-now"),
    path(W + "integrations/<str:pk>/delete", integrations.delete, name="delete-integration"),
    path(W + "connections/<str:pk>", connections.connection, name="connection"),
    path(W + "connections/<str:pk>/delete", connections.delete_connection, name="delete-connection"),
    # watching
    path(W + "problems", watch.problems, name="problems"),
    path(W + "problems/<str:pk>", watch.problem, name="problem"),
    path(W + "problems/<str:pk>/again", watch.problem_again, name="problem-again"),
    path(W + "problems/<str:pk>/let-run", watch.let_run, name="let-run"),
    path(W + "checks/<str:pk>", watch.check_run, name="check-run"),
    path(W + "log", watch.log, name="log"),
    path(W + "log/after", watch.log_after, name="log-after"),
    path(W + "log/<str:pk>", watch.log_entry, name="log-entry"),
    path("problems/", catalogue.index, name="catalogue"),
    path("problems/<slug:slug>/", catalogue.entry_page, name="catalogue-page"),
    path("system", system.system, name="system"),
    path("system/people/<int:person>/link", system.sign_in_link, name="sign-in-link"),
    # what Jira calls
    path("hooks/jira/<str:token>", hooks.jira, name="hook"),
]
