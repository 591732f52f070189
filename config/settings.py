"""Every setting, read from the environment; see .env.example for the full list."""

from datetime import timedelta
from pathlib import Path

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import embedded
from config.environment import env, env_bool, env_int, env_list
from config.theme import unfold

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = embedded.var_dir(BASE_DIR)

DEBUG = env_bool("DEBUG", True)
DEVELOPMENT_SECRET = "development-only-secret-never-use-this-in-production-000000"  # noqa: S105
SECRET_KEY = env("SECRET_KEY", DEVELOPMENT_SECRET)
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS")
# Field keys: "id:base64-of-32-bytes", newest first; older ones stay readable.
# The look-up key hashes phones and ID numbers.
FIELD_KEYS = env_list("FIELD_KEYS", "dev:ZGV2ZWxvcG1lbnQtb25seS1maWVsZC1rZXktMzJieXQ=")
FIELD_CIPHER = env("FIELD_CIPHER", "aes-gcm")
LOOKUP_KEY = env("LOOKUP_KEY", "development-only-look-up-key")
# The audit trail's anchor: on another disk or machine than the database, signed with a key of its own.
AUDIT_ANCHOR_DIR = Path(env("AUDIT_ANCHOR_DIR") or VAR_DIR / "anchor")
AUDIT_ANCHOR_KEY = env("AUDIT_ANCHOR_KEY", "development-only-audit-anchor-key")
PUBLIC_ADDRESS = env("PUBLIC_ADDRESS", "")
PORT = env_int("PORT", 8000)
if not DEBUG:
    for name, value in {
        "SECRET_KEY": SECRET_KEY,
        "FIELD_KEYS": ",".join(FIELD_KEYS),
        "LOOKUP_KEY": LOOKUP_KEY,
        "AUDIT_ANCHOR_KEY": AUDIT_ANCHOR_KEY,
        "PUBLIC_ADDRESS": PUBLIC_ADDRESS or "development-only",
    }.items():
        if "development-only" in value or value.startswith("dev:"):
            raise ImproperlyConfigured(f"{name} is still the one of a laptop; set it before running with DEBUG=0.")

PRODUCT_NAME = env("PRODUCT_NAME", "社区社会组织综合服务平台")
BUREAU_NAME = env("BUREAU_NAME", "区民政局")
SUPPORT_LINE = env("SUPPORT_LINE", "")
RECORD_NUMBER = env("RECORD_NUMBER", "")

ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]" if DEBUG else "")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "config.apps.PortalAdminConfig",
    "django_htmx",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "import_export",
    "axes",
    "csp",
    "accounts",
    "casework",
    "registry",
    "incubation",
    "funding",
    "evaluation",
    "reporting",
]

MIDDLEWARE = [
    "accounts.middleware.InputHygieneMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.SessionLimitMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "accounts.middleware.PasswordChangeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "accounts.middleware.BusyMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.portal",
            ],
        },
    },
]

# Widgets of our own have their templates beside the pages'.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASE_URL = env("DATABASE_URL") or embedded.database_url(VAR_DIR)
DATABASES = {
    "default": dj_database_url.parse(DATABASE_URL, conn_max_age=env_int("CONN_MAX_AGE", 60), conn_health_checks=True)
}
DATABASES["default"]["ATOMIC_REQUESTS"] = True
# Compiling a statement costs 30 ms; a page of 25 rows out of a nation takes one (the planner expects all rows).
DATABASES["default"].setdefault("OPTIONS", {})["options"] = (
    f"-c lock_timeout={env_int('DB_LOCK_TIMEOUT_MS', 10000)} -c timezone=UTC -c jit=off"
    f" -c statement_timeout={env_int('DB_STATEMENT_TIMEOUT_MS', 0)}"
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env("REDIS_URL") or embedded.redis_url(VAR_DIR)
REDIS_TIMEOUT = 2
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": embedded.cache_url(REDIS_URL),
        "OPTIONS": {"pool_class": "config.cache.RestingPool", "socket_timeout": 1, "socket_connect_timeout": 1},
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.PlaceBackend"]
PASSWORD_HASHERS = ["accounts.hashers.PortalArgon2Hasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": env_int("PASSWORD_MIN_LENGTH", 12)},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_REDIRECT_URL = "reporting:home"
LOGIN_URL = LOGOUT_REDIRECT_URL = "accounts:sign_in"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = env_int("SIGN_IN_FAILURE_LIMIT", 5)
AXES_COOLOFF_TIME = timedelta(minutes=env_int("SIGN_IN_LOCK_MINUTES", 15))
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
AXES_USERNAME_FORM_FIELD = "username"
AXES_SENSITIVE_PARAMETERS = ["password"]
PROXY_COUNT, AXES_CLIENT_IP_CALLABLE = env_int("PROXY_COUNT", 0), "accounts.addresses.client_address"
AXES_VERBOSE = False

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "sid" if DEBUG else "__Host-sid"
SESSION_COOKIE_AGE = env_int("SESSION_ABSOLUTE_SECONDS", 43200)
SESSION_IDLE_SECONDS = env_int("SESSION_IDLE_SECONDS", 1800)
CSRF_COOKIE_NAME = "csrf" if DEBUG else "__Host-csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = env_bool("SECURE_SSL_REDIRECT", not DEBUG)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 0 if DEBUG else env_int("HSTS_SECONDS", 31536000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEBUG
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env_bool("BEHIND_PROXY", False) else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    },
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_PERMISSIONS = 0o600
IMPORT_MAX_BYTES = env_int("IMPORT_MAX_MB", 40) * 1024 * 1024
ATTACHMENT_MAX_BYTES = env_int("ATTACHMENT_MAX_MB", 20) * 1024 * 1024
# A program that gets a file on its input and ends with 0 for clean, 1 for harmful ("clamdscan --no-summary -").
SCAN_COMMAND = env("SCAN_COMMAND")

# Without a mail server or gateway a laptop keeps what it would send (VAR_DIR/mail, OutboxMessage), production is silent
EMAIL_HOST = env("EMAIL_HOST")
EMAIL_PORT, EMAIL_TIMEOUT = env_int("EMAIL_PORT", 587), 10
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env("EMAIL_HOST_USER"), env("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS, EMAIL_USE_SSL = env_bool("EMAIL_USE_TLS", True), env_bool("EMAIL_USE_SSL", False)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_ON = bool(EMAIL_HOST) or DEBUG
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", "portal@localhost")
SMS_BACKEND = env("SMS_BACKEND", "casework.sms.OutboxBackend" if DEBUG else "")
SMS_GATEWAY_URL, SMS_GATEWAY_TOKEN = env("SMS_GATEWAY_URL"), env("SMS_GATEWAY_TOKEN")

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_HTTPONLY = True
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
FORMAT_MODULE_PATH = ["config.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEBUG
FINGERPRINTED = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else FINGERPRINTED},
}
MEDIA_ROOT = VAR_DIR / "media"

CELERY_BROKER_URL = embedded.broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": REDIS_TIMEOUT,
    "socket_connect_timeout": REDIS_TIMEOUT,
    "ack_emulation": False,  # a receipt Redis does not take would hold a worker's place for ever, and a tick needs none
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_ACKS_LATE = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
NIGHT = {"expires": 3600}
# Rows are the queue: requests write rows, these ticks make a worker look at them, so no request ever publishes.
CELERY_BEAT_SCHEDULE = {
    "refresh-rollups": {"task": "reporting.refresh_rollups", "schedule": 2.0, "options": {"expires": 4}},
    "work-imports": {"task": "registry.work_imports", "schedule": 2.0, "options": {"expires": 4}},
    "work-exports": {"task": "registry.work_exports", "schedule": 3.0, "options": {"expires": 6}},
    "open-checks": {"task": "registry.open_checks", "schedule": 5.0, "options": {"expires": 10}},
    "link-audit": {"task": "casework.link_audit", "schedule": 3.0, "options": {"expires": 6}},
    "deliver-notices": {"task": "casework.deliver_notices", "schedule": 3.0, "options": {"expires": 6}},
    "scan-attachments": {"task": "casework.scan_attachments", "schedule": 3.0, "options": {"expires": 6}},
    "sweep-keys": {"task": "casework.sweep_keys", "schedule": crontab(minute=20), "options": NIGHT},
    "make-papers": {"task": "casework.make_papers", "schedule": 3.0, "options": {"expires": 6}},
    "sweep-files": {"task": "casework.sweep_files", "schedule": crontab(hour=2, minute=45), "options": NIGHT},
    "verify-audit": {"task": "casework.verify_audit", "schedule": crontab(hour=3, minute=15), "options": NIGHT},
    "run-deadlines": {"task": "casework.run_deadlines", "schedule": 60.0, "options": {"expires": 120}},
    "verify-cases": {"task": "casework.verify_cases", "schedule": crontab(hour=3, minute=30), "options": NIGHT},
    "verify-archives": {"task": "casework.verify_archives", "schedule": crontab(hour=3, minute=45), "options": NIGHT},
    "forget-imports": {"task": "registry.forget_imports", "schedule": crontab(hour=2, minute=30), "options": NIGHT},
    "supervise": {"task": "registry.supervise", "schedule": crontab(hour=1, minute=15), "options": NIGHT},
    "nightly": {"task": "reporting.nightly", "schedule": crontab(minute=30), "options": NIGHT},
}

API_RATE = env("API_RATE", "600/min")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "casework.api.HashedTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["casework.api.Settled"],
    "DEFAULT_THROTTLE_CLASSES": ["casework.api.CallerThrottle"],
    "DEFAULT_PAGINATION_CLASS": "casework.api.KeyPagination",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["casework.api.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "casework.api_errors.handle_exception",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Community social organizations portal",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["casework.api.MayReadSchema"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

IMPORT_EXPORT_USE_TRANSACTIONS = True
AXES_ENABLE_ADMIN = False
UNFOLD = unfold(product=PRODUCT_NAME, bureau=BUREAU_NAME)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "INFO" if not DEBUG else "WARNING")},
}
