import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("store", "0006_to_me"),
    ]

    operations = [
        migrations.CreateModel(
            name="Unsubscription",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("list_digest", models.BinaryField(max_length=16)),
                ("target", models.BinaryField(default=b"")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "on its way"), ("done", "done"), ("failed", "failed")], max_length=8
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                (
                    "mailbox",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="store.mailbox",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["next_attempt_at"],
                        name="unsubscription_to_carry_out",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("mailbox", "list_digest"), name="one_unsubscription_per_list")
                ],
            },
        ),
    ]
