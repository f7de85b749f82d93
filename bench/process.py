"""The process of one benchmark: a migrated database and a Valkey of its own, then ``run()``."""

import importlib
import json
import os
import sys
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path


def main(name: str) -> None:
    database = os.environ["BENCH_DATABASE"]
    os.environ["DJANGO_SETTINGS_MODULE"] = "workmail.settings"
    os.environ["WORKMAIL_ALLOWED_HOSTS"] = "testserver,localhost,127.0.0.1"  # the name that Django's client calls
    with ExitStack() as stack:
        if database == "postgresql":
            from tests.services.postgresql import PostgreSQLServer

            server = PostgreSQLServer(durable=True)
            server.start()
            stack.callback(server.remove)
            os.environ["DATABASE_URL"] = server.url("postgres")
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command

        from tests.services.valkey import ValkeyServer

        valkey = ValkeyServer(settings.VALKEY_SOCKET, settings.DATA_DIR / "valkey")
        valkey.start()
        stack.callback(valkey.stop)
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        benchmark = importlib.import_module(f"bench.{name}")
        figures = [asdict(replace(figure, database=figure.database or database)) for figure in benchmark.run()]
        Path(os.environ["BENCH_RESULT"]).write_text(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1])
