"""The checker of statements is worth what it finds: statements that break each rule, and some that
look as if they did."""

from __future__ import annotations

import pytest

from tests.iiifsearch.cluster.parts import Schema
from tests.iiifsearch.cluster.rules import broken

SCHEMA = Schema(
    {
        "canvas": frozenset({"id", "state", "manifest_id"}),
        "vector": frozenset({"canvas_id", "encoder", "vec"}),
        "comment": frozenset({"canvas_id", "id", "body"}),
        "word": frozenset({"canvas_id", "comment_id", "words"}),
        "manifest": frozenset({"id", "state"}),
        "run": frozenset({"id", "name"}),
    },
    {"canvas": "id", "vector": "canvas_id", "comment": "canvas_id", "word": "canvas_id"},
    frozenset({"manifest"}),
)

GOOD = [
    "SELECT 1",
    "SELECT id FROM run FOR UPDATE",
    "WITH RECURSIVE t(id) AS (SELECT 1 UNION SELECT id + 1 FROM t) SELECT * FROM t",
    "SELECT * FROM canvas c JOIN vector v ON v.canvas_id = c.id",
    "SELECT * FROM canvas c, vector v, word w WHERE v.canvas_id = c.id AND w.canvas_id = "
    "v.canvas_id",
    "SELECT * FROM canvas c JOIN manifest m ON m.id = c.manifest_id",
    "SELECT * FROM vector JOIN word USING (canvas_id)",
    "SELECT * FROM vector v WHERE v.canvas_id IN (SELECT id FROM canvas WHERE state = 'x' LIMIT 5)",
    "SELECT * FROM vector v WHERE EXISTS (SELECT FROM canvas c WHERE c.id = v.canvas_id)",
    "SELECT * FROM vector WHERE EXISTS (SELECT FROM canvas WHERE id = canvas_id)",
    "SELECT * FROM vector v WHERE NOT EXISTS (SELECT FROM canvas c WHERE c.id = v.canvas_id "
    "AND EXISTS (SELECT FROM word w WHERE w.canvas_id = c.id))",
    "SELECT * FROM (SELECT canvas_id FROM vector ORDER BY vec LIMIT 5) v "
    "JOIN canvas c ON c.id = v.canvas_id "
    "WHERE EXISTS (SELECT FROM word w WHERE w.canvas_id = c.id)",
    "WITH ids AS MATERIALIZED (SELECT id FROM canvas) SELECT * FROM ids JOIN vector v "
    "ON v.encoder = ids.id::text",
    "SELECT * FROM (SELECT canvas_id, count(*) FROM word GROUP BY canvas_id) n "
    "JOIN canvas c ON c.id = n.canvas_id",
    "SELECT * FROM (SELECT canvas_id FROM vector UNION SELECT canvas_id FROM word) n "
    "JOIN canvas c ON c.id = n.canvas_id",
    "SELECT * FROM canvas c CROSS JOIN unnest(ARRAY['a']) AS f(name) "
    "LEFT JOIN word w ON w.canvas_id = c.id AND w.words = f.name",
    "SELECT state FROM canvas WHERE id = 5 FOR SHARE",
    "INSERT INTO word (canvas_id, comment_id) VALUES (1, 2) ON CONFLICT DO NOTHING",
    "INSERT INTO word (canvas_id, comment_id) VALUES (1, 2) ON CONFLICT (canvas_id, comment_id) "
    "DO UPDATE SET words = EXCLUDED.words",
    "UPDATE canvas SET state = 'x' WHERE id IN (SELECT canvas_id FROM word)",
    "UPDATE canvas c SET state = t.state FROM unnest(ARRAY[1], ARRAY['x']) AS t(id, state) "
    "WHERE c.id = t.id",
    "DELETE FROM word w USING canvas c WHERE c.id = w.canvas_id",
    "SELECT canvas_id, row_number() OVER (PARTITION BY encoder) FROM vector",
    "SELECT a.n, b.n FROM (SELECT count(*) AS n FROM canvas) a, (SELECT count(*) AS n FROM word) b",
]

BAD = [
    (
        "recursive",
        "WITH RECURSIVE t(id) AS (SELECT 1 UNION SELECT id FROM t) SELECT * FROM canvas "
        "WHERE id IN (SELECT id FROM t)",
    ),
    ("sampled", "SELECT * FROM canvas TABLESAMPLE SYSTEM (5)"),
    (
        "w and c are not joined by the canvas",
        "SELECT * FROM word w JOIN comment c ON c.id = w.comment_id",
    ),
    ("a and b are not joined", "SELECT * FROM vector a CROSS JOIN vector b"),
    (
        "c and w are not joined",
        "SELECT * FROM canvas c JOIN vector v ON v.canvas_id = c.id JOIN (SELECT comment_id "
        "FROM word) w ON w.comment_id = c.id",
    ),
    (
        "said and c are not joined",
        "SELECT * FROM (SELECT id FROM comment) said JOIN canvas c ON c.id = said.id",
    ),
    (
        "FROM holds no distributed table",
        "SELECT * FROM (SELECT canvas_id FROM vector ORDER BY vec LIMIT 5) v WHERE EXISTS "
        "(SELECT FROM canvas c WHERE c.id = v.canvas_id)",
    ),
    (
        "FROM holds no distributed table",
        "SELECT * FROM manifest m WHERE NOT EXISTS (SELECT FROM canvas c WHERE "
        "c.manifest_id = m.id)",
    ),
    (
        "not tied by the canvas",
        "SELECT * FROM word w WHERE EXISTS (SELECT FROM comment c WHERE c.id = w.comment_id)",
    ),
    (
        "not tied by the canvas",
        "SELECT * FROM word w WHERE EXISTS (SELECT FROM comment c WHERE c.canvas_id = "
        "w.canvas_id OR c.id = w.comment_id)",
    ),
    (
        "with LIMIT",
        "SELECT * FROM word w WHERE EXISTS (SELECT 1 FROM comment c WHERE c.canvas_id = "
        "w.canvas_id LIMIT 1)",
    ),
    (
        "LATERAL",
        "SELECT * FROM unnest(ARRAY[1]) d(id) CROSS JOIN LATERAL (SELECT canvas_id FROM "
        "vector WHERE canvas_id >= d.id LIMIT 1) near",
    ),
    ("list of columns", "SELECT (SELECT count(*) FROM canvas)"),
    ("outer side", "SELECT * FROM manifest m LEFT JOIN canvas c ON c.manifest_id = m.id"),
    ("outer side", "SELECT * FROM canvas c RIGHT JOIN unnest(ARRAY[1]) u(id) ON c.id = u.id"),
    (
        "locked in more than one shard",
        "SELECT * FROM canvas WHERE id = ANY(ARRAY[1, 2]) FOR UPDATE",
    ),
    (
        "locked in more than one shard",
        "SELECT * FROM canvas c JOIN word w ON w.canvas_id = c.id FOR UPDATE OF c",
    ),
    (
        "does not name canvas_id",
        "INSERT INTO word (canvas_id, comment_id) VALUES (1, 2) ON CONFLICT (comment_id) DO "
        "NOTHING",
    ),
    (
        "what a function says",
        "INSERT INTO word (canvas_id) VALUES (1) ON CONFLICT (canvas_id) DO UPDATE SET "
        "words = now()",
    ),
    ("canvas_id of word is changed", "UPDATE word SET canvas_id = 7 WHERE comment_id = 1"),
    (
        "manifest is changed",
        "UPDATE manifest SET state = 'x' WHERE id IN (SELECT manifest_id FROM canvas)",
    ),
    (
        "manifest is changed",
        "UPDATE manifest m SET state = 'x' FROM canvas c WHERE c.manifest_id = m.id",
    ),
    (
        "a CTE changes rows",
        "WITH gone AS (DELETE FROM word RETURNING canvas_id) SELECT * FROM gone",
    ),
    ("on the coordinator alone: r", "SELECT * FROM canvas c JOIN run r ON r.id = c.id"),
    ("on the coordinator alone: pg_class", "SELECT * FROM canvas CROSS JOIN pg_class"),
]


@pytest.mark.parametrize("sql", GOOD)
def test_what_citus_does_is_admitted(sql: str) -> None:
    assert broken(sql, SCHEMA) == []


@pytest.mark.parametrize(("said", "sql"), BAD)
def test_every_rule_is_held(said: str, sql: str) -> None:
    assert any(said in one for one in broken(sql, SCHEMA)), broken(sql, SCHEMA)
