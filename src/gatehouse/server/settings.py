"""Django's settings. Nothing secret lies here or in the server's home: `run` asks the keeper for the signing key.

Environment: GATEHOUSE_HOME (the home), DATABASE_URL (postgresql://user:password@host:port/name; else SQLite in the
home), GATEHOUSE_TEST_PROVIDER=1 (the payment provider of demonstrations), GATEHOUSE_HOSTS (names it is reached by),
GATEHOUSE_PUBLIC_URL (https://name under which payment providers and drivers reach it through a proxy),
GATEHOUSE_PROVIDER_HOSTS (hosts, with commas, at which an owner may say that a payment provider answers, besides the
providers' own; for a gateway or a stand-in of yours, also without TLS), GATEHOUSE_HOOK_HOSTS (hosts, with commas, that
an owner may have told of events although they are private or without TLS), GATEHOUSE_SMTP (smtp://USER:PASSWORD@HOST:PORT
or smtps://..., by which visitors get their link; without it the host hands it over), GATEHOUSE_MAIL_FROM (its sender).
"""

import os
import secrets
from pathlib import Path

from django.templatetags.static import static

from gatehouse.server.databases import database
from gatehouse.server.mailserver import mail_settings

HOME = Path(os.environ.get("GATEHOUSE_HOME", ".demo")).absolute()
BASE = Path(__file__).resolve().parent

DEBUG = False
# Fresh per process until `run` sets the keeper's; what was signed with this one ends with the process.
SECRET_KEY = secrets.token_urlsafe(48)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *filter(None, os.environ.get("GATEHOUSE_HOSTS", "").split(","))]
PUBLIC_URL = os.environ.get("GATEHOUSE_PUBLIC_URL", "").rstrip("/")
TEST_PROVIDER = os.environ.get("GATEHOUSE_TEST_PROVIDER") == "1"
PROVIDER_HOSTS = frozenset(filter(None, os.environ.get("GATEHOUSE_PROVIDER_HOSTS", "").split(",")))
HOOK_HOSTS = frozenset(filter(None, os.environ.get("GATEHOUSE_HOOK_HOSTS", "").split(",")))

_MAIL = mail_settings(os.environ.get("GATEHOUSE_SMTP", ""), os.environ.get("GATEHOUSE_MAIL_FROM", ""))
SENDS_MAIL = bool(_MAIL)
globals().update(_MAIL)

DATABASES = {"default": database(os.environ.get("DATABASE_URL"), HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "ninja",
    "gatehouse.server.audit",
    "gatehouse.server.accounts",
    "gatehouse.server.people",
    "gatehouse.server.hooks",
    "gatehouse.server.mail",
    "gatehouse.server.alerts",
    "gatehouse.server.gates",
    "gatehouse.server.visits",
    "gatehouse.server.attendance",
    "gatehouse.server.pickup",
    "gatehouse.server.parking",
    "gatehouse.server.payroll",
    "gatehouse.server.performance",
    "gatehouse.server.takings",
    "gatehouse.server.interchange",
    "gatehouse.server.rights",
    "gatehouse.server.console",
    "gatehouse.server.portal",
    "gatehouse.server.backoffice",
]

# Edges' routes are answered before this list is walked, see asgi.py.
MIDDLEWARE = [
    "gatehouse.server.middleware.SafelyReachedMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "gatehouse.server.console.middleware.PagesMiddleware",
    "gatehouse.server.accounts.middleware.SignedInMiddleware",
    "gatehouse.server.people.tripwire.TripwireMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "gatehouse.server.middleware.NoStoreMiddleware",
]

ROOT_URLCONF = "gatehouse.server.urls"
ASGI_APPLICATION = "gatehouse.server.asgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "gatehouse.server.console.access.frame",
            ],
        },
    },
]

# Who is signed in is the keeper's word on the ticket cookie; sessions hold nothing personal and lie in no table.
AUTH_USER_MODEL = "accounts.Operator"
AUTHENTICATION_BACKENDS: list[str] = []
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "gatehouse.server.console.problems.csrf_failed"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

# Uploads stay in memory: a portrait that Django spools to a temporary file would be a face at rest.
FILE_UPLOAD_HANDLERS = ["gatehouse.server.uploads.MemoryOnlyUploadHandler"]
UPLOAD_LIMIT = 12 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_LIMIT
BODY_LIMIT = UPLOAD_LIMIT + 64 * 1024  # with the form around an upload; asgi.py takes no more
FILE_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT  # longer bodies Django spools to a file, so none is

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
# Not "no-referrer": browsers then send "Origin: null" with our own forms, and the CSRF check refuses them.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE / "locale"]

STATIC_URL = "/static/"
STATICFILES_DIRS = [path for path in [BASE / "static"] if path.is_dir()]
WHITENOISE_USE_FINDERS = True  # no build step: packages' and our own files are served where they lie
WHITENOISE_AUTOREFRESH = False

# The back office in the colours of our own pages (console/static/gatehouse/tokens.css).
UNFOLD = {
    "SITE_TITLE": "Gatehouse",
    "SITE_HEADER": "Gatehouse",
    "SITE_URL": "/",
    "SITE_SYMBOL": "door_front",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("gatehouse/mark.svg")}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {
            "50": "#eef8f6", "100": "#dcefeb", "200": "#b5ddd6", "300": "#7fd6c8", "400": "#35a899", "500": "#17877a",
            "600": "#0a5a52", "700": "#07453f", "800": "#063a35", "900": "#052e2a", "950": "#031c1a",
        },
    },
}  # fmt: skip

LOGGING_CONFIG = None  # logs.configure() sets up logging with its list of allowed keys
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
SILENCED_SYSTEM_CHECKS = [
    "admin.E408",  # AuthenticationMiddleware: SignedInMiddleware takes its place
    "admin.E410",  # SessionMiddleware is there; its app is not, since sessions lie in no table
]
