"""Settings: file < environment < flags, and Django's own settings made from them.

Every setting is an environment variable ``TIELINE_…``, or a line ``name = value`` (TOML) in ``tieline.toml`` inside the
data folder (``TIELINE_DATA``). See ``docs/reference/settings.md``.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

DATA = Path(os.environ.get("TIELINE_DATA", "var")).absolute()

_file: dict[str, Any] = {}
if (DATA / "tieline.toml").is_file():
    try:
        _file = tomllib.loads((DATA / "tieline.toml").read_text(encoding="utf-8"))
    except ValueError as unread:
        raise ValueError(f"{DATA / 'tieline.toml'} is not readable as TOML: {unread}") from None


def setting(name: str, default: str = "") -> str:
    """The value of one setting as text: environment first, then the file, then ``default``."""
    found = os.environ.get(f"TIELINE_{name.upper()}")
    if found is None:
        found = _file.get(name)
    return default if found is None else str(found)


def flag(name: str, default: bool = False) -> bool:
    return setting(name, "yes" if default else "no").strip().lower() in {"1", "yes", "true", "on"}


def number(name: str, default: float) -> float:
    """The value of one setting as a number from 0 up. Raises ``ValueError`` that names the setting."""
    text = setting(name, str(default))
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found < float("inf"):
        raise ValueError(f'TIELINE_{name.upper()} is "{text}", and a number from 0 up is wanted.')
    return found


def words(name: str, default: str = "") -> list[str]:
    return setting(name, default).replace(",", " ").split()


def _key_file(name: str) -> str:
    path = DATA / "keys" / name
    return path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""


_shipped = Path(__file__).parent / "diagnosis" / "pages"
PROBLEM_PAGES = _shipped if _shipped.is_dir() else Path(__file__).parents[2] / "docs" / "problems"
"""The pages of the problems: inside the installed package, or ``docs/problems`` of a checkout."""

HOST = setting("host", "127.0.0.1")
PORT = int(number("port", 8080))
PUBLIC_URL = setting("public_url").rstrip("/")
"""Where people and Jira reach this server; empty: ``http://HOST:PORT``."""

ALLOW = words("allow")
"""Private addresses that may be called: exact ``host:port`` or ``network[:port]``."""
TRUST_PROXY_ENVIRONMENT = flag("trust_proxy_environment")
CLOUD_GATEWAY = setting("cloud_gateway", "https://api.atlassian.com").rstrip("/")

POLL_SECONDS = number("poll_seconds", 60)
POLL_OVERLAP_SECONDS = number("poll_overlap_seconds", 300)
QUIET_SECONDS = number("quiet_seconds", 1)
"""Edits of one record within this time become one write."""
SEARCH_LAG_SECONDS = number("search_lag_seconds", 180)
"""How long Jira's search may not show an issue that exists."""
DEAD_AFTER_SECONDS = number("dead_after_seconds", 15)
WORKER_THREADS = int(number("worker_threads", 8))
CALLS_PER_SECOND = number("calls_per_second", 20)
RETAIN_DAYS = int(number("retain_days", 30))
MASTER_KEY = setting("master_key") or _key_file("master.key")

# --- Django ----------------------------------------------------------------------------------------------------------

SECRET_KEY = setting("secret_key") or _key_file("django.key") or "not-set: run `tieline serve` once"
DEBUG = False
ALLOWED_HOSTS = words("allowed_hosts", "*" if not PUBLIC_URL else "") or [
    urlsplit(PUBLIC_URL).hostname or "localhost",
    "localhost",
    "127.0.0.1",
    "[::1]",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "tieline.store",
    "tieline.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "tieline.web.headers.StrictHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "tieline.web.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tieline.web.context.shell",
            ],
        },
    }
]


def database(url: str) -> dict[str, Any]:
    """Django's connection settings for ``postgresql://user:password@host:port/name``, or SQLite when empty."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(DATA / "tieline.sqlite3"),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                    "PRAGMA foreign_keys=ON; PRAGMA cache_size=-65536;"
                ),
            },
        }
    parts = urlsplit(url)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(query.get("port", parts.port or "")),
        "CONN_HEALTH_CHECKS": True,
    }


DATABASE_URL = setting("database_url")
DATABASES = {"default": database(DATABASE_URL) | {"CONN_MAX_AGE": 60}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "store.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
_https = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "tieline.store.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
if _https:
    SECURE_HSTS_SECONDS = 31536000
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

USE_I18N = True
USE_TZ = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = setting("time_zone", "UTC")
STATIC_URL = "/static/"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": setting("log_level", "WARNING")},
}

DEMO_SANDBOX: dict[str, str] = {}
"""Address, account and secret of the sandbox Jira beside this server (set by ``tieline demo``)."""
