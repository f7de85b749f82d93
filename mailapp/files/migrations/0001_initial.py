import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("jobs", "0003_files_kept_by_others"),
        ("store", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("token_digest", models.BinaryField(max_length=32, unique=True)),
                ("password", models.CharField(blank=True, max_length=200)),
                ("days", models.PositiveSmallIntegerField()),
                ("expires_at", models.DateTimeField()),
                ("download_count", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "mailbox",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="store.mailbox"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["expires_at"], name="link_to_sweep")],
            },
        ),
        migrations.CreateModel(
            name="File",
            fields=[
                (
                    "stored",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.RESTRICT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="jobs.jobfile",
                    ),
                ),
                ("size_bytes", models.PositiveBigIntegerField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("draft_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "link",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="file",
                        to="files.link",
                    ),
                ),
                (
                    "mailbox",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="files", to="store.mailbox"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["mailbox", "-created_at", "stored"], name="files_newest_first"),
                    models.Index(fields=["mailbox", "-size_bytes", "stored"], name="files_largest_first"),
                    models.Index(
                        condition=models.Q(("expires_at__isnull", False)),
                        fields=["expires_at"],
                        name="file_to_sweep",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Use",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("draft_id", models.UUIDField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="uses", to="files.file"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("draft_id", "file"), name="one_use_per_draft")],
            },
        ),
    ]
