"""Indexes for filters by maker, type and year (`iiifsearch.engine.filters`), in SQL alone: their
expressions are those of its queries, to the letter. Cut at 300 characters, for what a source
writes into a field has no limit and what an index holds has."""

from django.db import migrations

FOLDED = (
    "lower(regexp_replace(normalize(left({}, 300), NFD), '[\\u0300-\\u036f]', '', 'g'))"
)
WORDS = f"CREATE INDEX CONCURRENTLY {{}} ON catalog_canvas USING gin (to_tsvector('simple', {FOLDED}))"


class Migration(migrations.Migration):
    atomic = False  # canvases are written to while these are built
    dependencies = [("catalog", "0005_withdraw_permissions")]
    operations = [
        migrations.RunSQL(
            WORDS.format("canvas_maker_words", "maker"), "DROP INDEX canvas_maker_words"
        ),
        migrations.RunSQL(
            WORDS.format("canvas_type_words", "object_type"), "DROP INDEX canvas_type_words"
        ),
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY canvas_year ON catalog_canvas (year) WHERE year IS NOT NULL",
            "DROP INDEX canvas_year",
        ),
    ]
