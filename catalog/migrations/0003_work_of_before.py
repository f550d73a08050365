"""What was harvested before there was a list of work: kept pictures, and canvases without one."""

from django.db import migrations

KEPT = """
UPDATE catalog_picture SET outcome = 'kept';
UPDATE catalog_picture p SET outcome = 'waiting'
FROM catalog_canvas c WHERE c.id = p.canvas_id AND p.revision <> c.pixel_revision
"""
WAITING = """
INSERT INTO catalog_picture (canvas_id, revision, outcome, host, may_keep, kind, reason, attempts,
                             sha256, size, limited)
SELECT c.id, c.pixel_revision, 'waiting', '', true, '', '', 0, '', 0, ''
FROM catalog_canvas c
WHERE NOT EXISTS (SELECT 1 FROM catalog_picture p WHERE p.canvas_id = c.id)
"""
HOSTS = """
UPDATE catalog_picture p
SET host = lower(split_part(split_part(coalesce(nullif(i.service_id, ''), i.url), '://', 2), '/', 1))
FROM catalog_canvasimage i WHERE i.canvas_id = p.canvas_id AND i.ordinal = 0
"""
MARKS = "UPDATE catalog_harvestitem SET mark = url || '#' || id WHERE mark = ''"
ACTIVITIES = """
INSERT INTO catalog_activity (type, kind, key, at)
SELECT 'Create', told.kind, told.key, date_trunc('milliseconds', now())
FROM (SELECT 'collection' AS kind, key, id FROM catalog_collection WHERE state = 'published'
      UNION ALL
      SELECT 'manifest', key, id FROM catalog_manifest WHERE state = 'published') AS told
ORDER BY told.kind, told.id
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_work")]
    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop)
        for sql in (KEPT, WAITING, HOSTS, MARKS, ACTIVITIES)
    ]
