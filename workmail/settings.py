"""All settings: environment in, typed values out.

Where installations differ, a variable says so; every one is listed in ``docs/settings.md`` and ``.env.example``
(a test compares). Everything else of the code reads ``django.conf.settings`` only.
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import environ
from django.utils.translation import gettext_lazy as _

from workmail.environment import blob_storage, embedded_valkey_socket, secret_from_file

BASE_DIR = Path(__file__).resolve().parent.parent
MIB = 1024 * 1024
GIB = 1024 * MIB

env = environ.Env()
environ.Env.read_env(env.str("WORKMAIL_ENV_FILE", default=str(BASE_DIR / ".env")))

DATA_DIR = Path(env.str("WORKMAIL_DATA", default=str(BASE_DIR / "data"))).absolute()
SECRETS_DIR = DATA_DIR / "secrets"
DEBUG = env.bool("WORKMAIL_DEBUG", default=False)

# --- Web -------------------------------------------------------------------------------------------------
SECRET_KEY = env.str("WORKMAIL_SECRET_KEY", default="") or secret_from_file(SECRETS_DIR / "django.key")
WEB_HOST = env.str("WORKMAIL_WEB_HOST", default="127.0.0.1")
WEB_PORT = env.int("WORKMAIL_WEB_PORT", default=8000)
PUBLIC_URL = env.str("WORKMAIL_PUBLIC_URL", default=f"http://{WEB_HOST}:{WEB_PORT}").rstrip("/")
IS_HTTPS = PUBLIC_URL.startswith("https://")
ALLOWED_HOSTS = env.list(
    "WORKMAIL_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", environ.urlparse(PUBLIC_URL).hostname]
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
TRUSTED_PROXY_COUNT = env.int("WORKMAIL_TRUSTED_PROXY_COUNT", default=0)  # how many X-Forwarded-For hops are ours
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_ENGINE = "workmail.accounts.sessions"
SESSION_COOKIE_NAME = "workmail_session"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(days=env.int("WORKMAIL_SESSION_DAYS", default=14)).total_seconds())
CSRF_COOKIE_NAME = "workmail_csrf"
CSRF_FAILURE_VIEW = "workmail.ui.views.csrf_failure"
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if IS_HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
ROOT_URLCONF = "workmail.urls"
ASGI_APPLICATION = "workmail.asgi.application"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * MIB
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
FILE_UPLOAD_TEMP_DIR = None

INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "channels",
    "django_htmx",
    "allauth",
    "allauth.account",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_otp_webauthn",
    "workmail.ui",
    "workmail.operations",
    "workmail.directory",
    "workmail.keys",
    "workmail.changes",
    "workmail.audit",
    "workmail.accounts",
    "mailapp.store",
    "mailapp.search",
    "mailapp.contacts",
    "mailapp.sharing",
    "mailapp.rules",
    "mailapp.delivery",
    "mailapp.jobs",
    "mailapp.files",
    "mailapp.composing",
    "mailapp.notices",
    "mailapp.unsubscribing",
    "mailapp.categories",
    "mailapp.junk",
    "django_prose_editor",
    "mailapp.web",
    "calendarapp",
    "admin_console",
    "gateways.smtp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "workmail.ui.middleware.SecurityHeadersMiddleware",
    "workmail.ui.middleware.CompressionMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "workmail.accounts.middleware.ActorMiddleware",
    "workmail.ui.middleware.PersonalPreferencesMiddleware",
    "workmail.ui.middleware.ErrorsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "workmail.ui.context.page",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "workmail.ui.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "workmail.ui.forms.Renderer"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_MAX_AGE = int(timedelta(days=365).total_seconds()) if not DEBUG else 0

# --- Database --------------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{quote(str(DATA_DIR / 'workmail.sqlite3'))}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # FULL: a 250 to a mail server promises that the row survives a power cut, and WAL with NORMAL does not.
    # IMMEDIATE: two writers that both began by reading would otherwise fail with "database is locked".
    # Each thread has a connection and a cache of its own, in KiB. No mmap: it would count as memory of every process.
    _database["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA cache_size=-8000;"
        f"PRAGMA synchronous={env.str('WORKMAIL_SQLITE_SYNCHRONOUS', default='FULL')};",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
else:
    # psycopg's own pool; Django refuses it together with persistent connections.
    _database["OPTIONS"] = {
        "pool": {"min_size": 1, "max_size": env.int("WORKMAIL_DATABASE_POOL_SIZE", default=10), "timeout": 20}
    }
    _database["CONN_MAX_AGE"] = 0

# --- Broker, channel layer, cache ------------------------------------------------------------------------
VALKEY_SOCKET = embedded_valkey_socket(DATA_DIR)
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=f"redis+socket://{VALKEY_SOCKET}")
CHANNEL_LAYER_URL = env.str("CHANNEL_LAYER_URL", default=f"unix://{VALKEY_SOCKET}")
CACHE_URL = env.str("CACHE_URL", default=f"unix://{VALKEY_SOCKET}?db=1")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [CHANNEL_LAYER_URL], "prefix": "workmail"},
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CACHE_URL}}

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = env.int("WORKMAIL_WORKER_CONCURRENCY", default=2)
JOBS_AT_ONCE = env.int("WORKMAIL_JOBS_AT_ONCE", default=1)  # long work of people; other workers are for mail
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 180_000  # KB; a worker that grew is replaced between two tasks
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker sweeps by itself meanwhile, and never gives its broker up
# A broker that is down must not keep somebody's request waiting: the row is written and the sweep will find it.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 5, "visibility_timeout": 3600}
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "run" / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep-transits": {"task": "mailapp.delivery.tasks.sweep", "schedule": 5.0},
    "index-pending": {"task": "mailapp.search.tasks.index_pending", "schedule": 10.0},
    "wake-snoozed": {"task": "mailapp.store.tasks.wake_snoozed", "schedule": 5.0},
    "sweep-contents": {"task": "mailapp.store.tasks.sweep_contents", "schedule": 600.0},
    "warn-of-full-mailboxes": {"task": "mailapp.store.tasks.warn_of_full_mailboxes", "schedule": 60.0},
    "tend-drafts": {"task": "mailapp.composing.tasks.tend", "schedule": 5.0},
    "remind-of-answers": {"task": "mailapp.composing.tasks.remind", "schedule": 60.0},
    "sweep-drafts": {"task": "mailapp.composing.tasks.sweep", "schedule": 3600.0},
    "tell-by-push": {"task": "mailapp.notices.tasks.tell", "schedule": 30.0},
    "learn-junk": {"task": "mailapp.junk.tasks.sweep", "schedule": 60.0},
    "unsubscribe": {"task": "mailapp.unsubscribing.tasks.sweep", "schedule": 60.0},
    "sweep-jobs": {"task": "mailapp.jobs.tasks.sweep", "schedule": 5.0},
    "expire-jobs": {"task": "mailapp.jobs.tasks.expire", "schedule": 600.0},
    "expire-files": {"task": "mailapp.files.tasks.expire", "schedule": 300.0},
    "sweep-accounts": {"task": "workmail.accounts.tasks.sweep", "schedule": 3600.0},
}

# --- Content ---------------------------------------------------------------------------------------------
BLOB_STORE_URL = env.str("BLOB_STORE_URL", default=f"file://{quote(str(DATA_DIR / 'blobs'))}")
STORAGES = {
    "default": blob_storage(BLOB_STORE_URL),
    "blobs": blob_storage(BLOB_STORE_URL),
    "staticfiles": {"BACKEND": "workmail.ui.staticfiles.Storage"},
}
# The installation's master key: wraps the keys of organizations whose provider is "local", and mail in transit.
# Several machines share it by this variable; alone, it is a file made on the first start. Losing it loses the mail.
MASTER_KEY = env.str("WORKMAIL_MASTER_KEY", default="") or secret_from_file(SECRETS_DIR / "master.key", octets=32)
KEY_CACHE_SECONDS = env.int("WORKMAIL_KEY_CACHE_SECONDS", default=60)
MAILBOX_QUOTA_BYTES = env.int("WORKMAIL_MAILBOX_QUOTA_BYTES", default=50 * GIB)

# --- People ----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "directory.User"
AUTHENTICATION_BACKENDS = ["workmail.accounts.backends.DirectoryBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
SIGN_UP_OPEN = env.bool("WORKMAIL_SIGN_UP_OPEN", default=True)
# False: whoever adds a domain is believed. True: its mail and addresses wait until ownership is proved.
DOMAINS_NEED_PROOF = env.bool("WORKMAIL_DOMAINS_NEED_PROOF", default=False)
DEMO = env.bool("WORKMAIL_DEMO", default=True)  # make the demo organization at the first start
DEMO_PASSWORD = env.str("WORKMAIL_DEMO_PASSWORD", default="")  # empty: a random one, kept in the secrets folder
ACCOUNT_ADAPTER = "workmail.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False  # workmail.accounts.lockout counts in the database, for every door alike
OTP_TOTP_ISSUER = "workmail"
# workmail.accounts.passkeys takes the site from the request, whose host ALLOWED_HOSTS has checked.
SILENCED_SYSTEM_CHECKS = ["otp_webauthn.E010", "otp_webauthn.E011", "otp_webauthn.E030", "otp_webauthn.E031"]

# --- Language and time -----------------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_TIME_ZONE = env.str("WORKMAIL_TIME_ZONE", default="UTC")
USE_I18N = True
LANGUAGE_CODE = env.str("WORKMAIL_LANGUAGE", default="en")
LANGUAGES = [("en", _("English")), ("fr", _("French")), ("ru", _("Russian"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "workmail_language"

# --- SMTP ------------------------------------------------------------------------------------------------
MAIL_HOST_NAME = env.str("WORKMAIL_MAIL_HOST_NAME", default="localhost")  # the name in HELO, Received and Message-ID
SMTP_HOST = env.str("WORKMAIL_SMTP_HOST", default="127.0.0.1")
MX_PORT = env.int("WORKMAIL_MX_PORT", default=8025)
SUBMISSION_PORT = env.int("WORKMAIL_SUBMISSION_PORT", default=8587)
SUBMISSIONS_PORT = env.int("WORKMAIL_SUBMISSIONS_PORT", default=8465)
TLS_CERTIFICATE = Path(env.str("WORKMAIL_TLS_CERTIFICATE", default=str(SECRETS_DIR / "certificate.pem")))
TLS_KEY = Path(env.str("WORKMAIL_TLS_KEY", default=str(SECRETS_DIR / "certificate.key")))
SMTP_MAX_MESSAGE_BYTES = env.int("WORKMAIL_SMTP_MAX_MESSAGE_BYTES", default=40 * MIB)
MAX_CONTENT_BYTES = env.int("WORKMAIL_MAX_CONTENT_BYTES", default=29 * MIB)  # attachments and text before encoding
SMTP_MAX_LINE_BYTES = env.int("WORKMAIL_SMTP_MAX_LINE_BYTES", default=1_000)  # with CRLF (RFC 5321 §4.5.3.1.6)
SMTP_MAX_BUFFERED_BYTES = env.int("WORKMAIL_SMTP_MAX_BUFFERED_BYTES", default=256 * MIB)  # all that are arriving
SMTP_MAX_RECIPIENTS = env.int("WORKMAIL_SMTP_MAX_RECIPIENTS", default=500)
SMTP_MAX_CONNECTIONS = env.int("WORKMAIL_SMTP_MAX_CONNECTIONS", default=500)
SMTP_MAX_CONNECTIONS_PER_ADDRESS = env.int("WORKMAIL_SMTP_MAX_CONNECTIONS_PER_ADDRESS", default=50)
SMTP_COMMAND_TIMEOUT_SECONDS = env.int("WORKMAIL_SMTP_COMMAND_TIMEOUT_SECONDS", default=300)
SMTP_RELAY_URL = env.str("SMTP_RELAY_URL", default="")
OUTBOUND_ALLOW_PRIVATE = env.bool("WORKMAIL_OUTBOUND_ALLOW_PRIVATE", default=False)
OUTBOUND_MX_PORT = env.int("WORKMAIL_OUTBOUND_MX_PORT", default=25)
OUTBOUND_DELAY_NOTICE_AFTER = timedelta(hours=env.float("WORKMAIL_DELAY_NOTICE_AFTER_HOURS", default=4))
OUTBOUND_GIVE_UP_AFTER = timedelta(hours=env.float("WORKMAIL_GIVE_UP_AFTER_HOURS", default=48))
EXTERNAL_RECIPIENTS_PER_USER_PER_DAY = env.int("WORKMAIL_EXTERNAL_RECIPIENTS_PER_USER_PER_DAY", default=10_000)
EXTERNAL_RECIPIENTS_PER_ORGANIZATION_PER_DAY = env.int(
    "WORKMAIL_EXTERNAL_RECIPIENTS_PER_ORGANIZATION_PER_DAY", default=100_000
)
DNS_SERVERS = env.list("WORKMAIL_DNS_SERVERS", default=[])  # "address" or "address:port"; empty: the system's
UNDO_SEND_SECONDS = env.int("WORKMAIL_UNDO_SEND_SECONDS", default=10)
FILE_MAX_BYTES = env.int("WORKMAIL_FILE_MAX_BYTES", default=4 * GIB)  # of one file that goes as a link
IMPORT_MAX_BYTES = env.int("WORKMAIL_IMPORT_MAX_BYTES", default=4 * GIB)  # of one uploaded file
IMPORT_ALLOW_PRIVATE = env.bool("WORKMAIL_IMPORT_ALLOW_PRIVATE", default=False)
# By this key push services know the installation; changing it ends every subscription.
PUSH_KEY = env.str("WORKMAIL_PUSH_KEY", default="") or secret_from_file(SECRETS_DIR / "push.key", octets=32)
PUSH_ALLOW_PRIVATE = env.bool("WORKMAIL_PUSH_ALLOW_PRIVATE", default=False)
REMOTE_IMAGES_ALLOW_PRIVATE = env.bool("WORKMAIL_REMOTE_IMAGES_ALLOW_PRIVATE", default=False)

# --- Logs ------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("WORKMAIL_LOG_LEVEL", default="INFO")},
    "loggers": {
        "daphne": {"level": "WARNING"},
        "django.channels.server": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "mail.log": {"level": "WARNING"},
        "aiosmtpd": {"level": "ERROR"},
    },
}
