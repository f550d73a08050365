"""An index of tags by what they say (`iiifsearch.engine.said`), in SQL alone: its expression and
its condition are those of its queries, to the letter."""

from django.db import migrations

FOLDED = (
    "lower(regexp_replace(normalize(left(btrim(body), 300), NFD), '[\\u0300-\\u036f]', '', 'g'))"
)
TAG = "(origin = 'metadata' OR motivation = 'tagging') AND length(body) <= 60"


class Migration(migrations.Migration):
    atomic = False  # comments are written to while this is built
    dependencies = [('catalog', '0010_comments_by_people')]
    operations = [
        migrations.RunSQL(
            f"CREATE INDEX CONCURRENTLY comment_tag ON catalog_comment ({FOLDED}) WHERE {TAG}",
            "DROP INDEX comment_tag",
        ),
    ]
