from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0002_address_list_facts"),
    ]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="link_attachments_over_bytes",
            field=models.PositiveBigIntegerField(default=20 * 1024 * 1024),
        ),
    ]
