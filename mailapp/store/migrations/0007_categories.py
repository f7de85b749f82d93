from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0006_to_me"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="is_categorized",
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("is_categorized", True)),
                fields=["folder", "listed_at", "id"],
                name="message_categorized",
            ),
        ),
    ]
