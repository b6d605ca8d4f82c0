"""The only place that builds adapters and hands them to the engine.

Light to import: Django, DBOS and the HTTP client are loaded by the functions that need them.
"""

from tieline.wiring.checks import run_check, start_check
from tieline.wiring.doors import door_for_settings, open_door, open_jira
from tieline.wiring.runtime import Runtime, build_runtime
from tieline.wiring.trying import PreviewRow, SyncReport, preview, send_now
from tieline.wiring.wizard import (
    ImportPreview,
    InstalledWebhook,
    Told,
    import_preview,
    install_webhook,
    let_run,
    read_projects,
    read_schema,
    remove_webhook,
)

__all__ = (
    "ImportPreview",
    "InstalledWebhook",
    "PreviewRow",
    "Runtime",
    "SyncReport",
    "Told",
    "build_runtime",
    "door_for_settings",
    "import_preview",
    "install_webhook",
    "let_run",
    "open_door",
    "open_jira",
    "preview",
    "read_projects",
    "read_schema",
    "remove_webhook",
    "run_check",
    "send_now",
    "start_check",
)
