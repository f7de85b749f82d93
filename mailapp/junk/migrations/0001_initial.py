import django.db.models.deletion
from django.db import migrations, models

_MAILBOX = {
    "db_index": False,
    "on_delete": django.db.models.deletion.CASCADE,
    "related_name": "+",
    "to": "store.mailbox",
}
_VERDICTS = [("junk", "junk"), ("wanted", "wanted"), ("forget", "nothing is known")]


def _id():
    return ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("store", "0006_to_me"),
    ]

    operations = [
        migrations.CreateModel(
            name="Filter",
            fields=[
                (
                    "mailbox",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="store.mailbox",
                    ),
                ),
                ("junk_count", models.PositiveIntegerField(default=0)),
                ("wanted_count", models.PositiveIntegerField(default=0)),
                ("word_count", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Lesson",
            fields=[
                _id(),
                ("message_key", models.UUIDField()),
                ("verdict", models.CharField(choices=_VERDICTS, max_length=8)),
                ("mailbox", models.ForeignKey(**_MAILBOX)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("mailbox", "message_key"), name="one_lesson_per_message")
                ],
            },
        ),
        migrations.CreateModel(
            name="Learned",
            fields=[
                _id(),
                ("content_digest", models.BinaryField(max_length=16)),
                ("verdict", models.CharField(choices=_VERDICTS, max_length=8)),
                ("mailbox", models.ForeignKey(**_MAILBOX)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("mailbox", "content_digest"), name="learned_once_per_message")
                ],
            },
        ),
        migrations.CreateModel(
            name="Word",
            fields=[
                _id(),
                ("number", models.BigIntegerField()),
                ("junk_count", models.PositiveIntegerField(default=0)),
                ("wanted_count", models.PositiveIntegerField(default=0)),
                ("mailbox", models.ForeignKey(**_MAILBOX)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("mailbox", "number"), name="one_junk_word_per_number")
                ],
            },
        ),
    ]
