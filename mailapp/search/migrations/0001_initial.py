from django.db import migrations, models

# Each database has its own kind of inverted index; mailapp.search.index explains them.
CREATE = {
    "sqlite": [
        "CREATE VIRTUAL TABLE search_index USING fts5(words, detail=none, columnsize=0, tokenize='ascii')",
    ],
    "postgresql": [
        "CREATE TABLE search_entry (search_id bigint PRIMARY KEY, numbers bigint[] NOT NULL)",
        "ALTER TABLE search_entry ALTER COLUMN numbers SET STORAGE EXTERNAL",
        "CREATE INDEX search_entry_numbers ON search_entry USING gin (numbers) WITH (gin_pending_list_limit = 2048)",
    ],
}
DROP = {"sqlite": "DROP TABLE search_index", "postgresql": "DROP TABLE search_entry"}


def create_index(apps, schema_editor):
    for statement in CREATE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop_index(apps, schema_editor):
    schema_editor.execute(DROP[schema_editor.connection.vendor])


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Removal",
            fields=[("search_id", models.BigIntegerField(primary_key=True, serialize=False))],
        ),
        migrations.RunPython(create_index, drop_index),
    ]
