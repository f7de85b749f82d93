from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0002_files"),
    ]

    operations = [
        migrations.AlterField(
            model_name="jobfile",
            name="expires_at",
            field=models.DateTimeField(db_index=True, null=True),
        ),
    ]
