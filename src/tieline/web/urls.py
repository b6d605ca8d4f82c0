"""Every address of the application. The test of routes and roles holds a row for each."""

from __future__ import annotations

from django.urls import path

from tieline.web import assets
from tieline.web.gate import open_to_all
from tieline.web.views import bare, people, plan, record

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
    path("problems/", bare.healthz, name="catalogue"),
    path("system", bare.healthz, name="system"),
    path(W + "integrations", bare.healthz, name="integrations"),
    path(W + "integrations/<str:pk>", bare.healthz, name="integration"),
    path(W + "problems", bare.healthz, name="problems"),
    path(W + "problems/<str:pk>", bare.healthz, name="problem"),
    path(W + "log", bare.healthz, name="log"),
]
