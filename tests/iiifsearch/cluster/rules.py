"""What Citus (13, 14) does not do, held against a statement.

`broken` reads a statement as Postgres does (pglast) and tells the rules that it breaks; where Citus
would perhaps do it after all, it is told too. The rules:

- nothing is recursive in a statement that reads distributed tables, and none of them is sampled;
- at every level the distributed tables are joined by the columns they are distributed by. A
  subquery is one of them where it can be pushed down: without LIMIT, its groups, its distinct rows
  and its windows each within one canvas. Any other one, and a materialised CTE, is run first, and
  its result is everywhere, like a table that is whole on every node;
- a sublink that refers to what is around it and reads a distributed table is tied to one of the
  distributed tables there by the canvas, and is not cut off;
- what is everywhere is not the outer side of a LEFT JOIN with a distributed table;
- rows are locked in one shard at a time;
- ON CONFLICT names the canvas, or nothing; an UPDATE leaves it as it is; no other table is
  changed in a statement that reads a distributed one.
"""

from __future__ import annotations

from typing import Any

from pglast import ast, enums, parse_sql

from tests.iiifsearch.cluster.parts import (
    Kind,
    Level,
    Node,
    Output,
    Part,
    Same,
    Schema,
    called,
    name_of,
    walk,
)

#: Functions that make one row of many; aggregates with ORDER BY, FILTER or * are known by these.
_AGGREGATES = frozenset(
    [
        "count",
        "sum",
        "min",
        "max",
        "avg",
        "array_agg",
        "string_agg",
        "bool_or",
        "bool_and",
        "every",
        "jsonb_agg",
        "json_agg",
        "jsonb_object_agg",
        "percentile_cont",
        "percentile_disc",
        "stddev",
        "variance",
    ]
)


def broken(sql: str, schema: Schema) -> list[str]:
    """The rules that a statement breaks, in words; none of one that reads no distributed table."""
    found: list[str] = []
    for raw in parse_sql(sql):
        found += _Reading(schema).statement(raw.stmt)
    return found


def tables(sql: str) -> set[str]:
    """The tables that are named in a statement."""
    return {
        node.relname
        for raw in parse_sql(sql)
        for node in walk(raw.stmt)
        if isinstance(node, ast.RangeVar)
    }


class _Reading:
    def __init__(self, schema: Schema) -> None:
        self.schema, self.same, self.said = schema, Same(), list[str]()

    def say(self, text: str) -> None:
        if text not in self.said:
            self.said.append(text)

    def statement(self, stmt: ast.Node) -> list[str]:
        if isinstance(stmt, ast.ExplainStmt):
            stmt = stmt.query
        named = {node.relname for node in walk(stmt) if isinstance(node, ast.RangeVar)}
        if not named & self.schema.distributed.keys():
            return []
        for node in walk(stmt):
            if isinstance(node, ast.WithClause) and node.recursive:
                self.say("something is recursive")
            if isinstance(node, ast.RangeTableSample):
                self.say("a table is sampled")
        if isinstance(stmt, ast.SelectStmt):
            self.select(stmt, None, {})
        elif isinstance(stmt, ast.InsertStmt):
            self.insert(stmt)
        elif isinstance(stmt, (ast.UpdateStmt, ast.DeleteStmt)):
            self.change(stmt)
        return self.said

    # -- what changes rows -----------------------------------------------------------------------

    def insert(self, stmt: ast.InsertStmt) -> None:
        key = self.schema.distributed.get(stmt.relation.relname)
        if stmt.selectStmt is not None:
            self.select(stmt.selectStmt, None, self.with_clause(stmt, None, {}))
        clause = stmt.onConflictClause
        if key is None or clause is None:
            return
        if clause.infer is not None:
            named = {one.name for one in clause.infer.indexElems or ()}
            if key not in named:
                self.say(f"ON CONFLICT of {stmt.relation.relname} does not name {key}")
        elif clause.action == enums.OnConflictAction.ONCONFLICT_UPDATE:
            self.say(f"ON CONFLICT of {stmt.relation.relname} names nothing")
        for target in clause.targetList or ():
            if target.name == key:
                self.say(f"{key} is changed")
            if any(isinstance(one, (ast.FuncCall, ast.SQLValueFunction)) for one in walk(target)):
                self.say("ON CONFLICT sets what a function says")

    def change(self, stmt: ast.UpdateStmt | ast.DeleteStmt) -> None:
        level = Level(None, self.with_clause(stmt, None, {}))
        changed = self.table(stmt.relation, level)
        more = stmt.fromClause if isinstance(stmt, ast.UpdateStmt) else stmt.usingClause
        for item in more or ():
            self.item(item, level)
        self.conditions(stmt.whereClause, level)
        if isinstance(stmt, ast.UpdateStmt):
            for target in stmt.targetList:
                if target.name in changed.keys and changed.kind is Kind.DISTRIBUTED:
                    self.say(f"{target.name} of {stmt.relation.relname} is changed")
                self.sublinks(target, level, "target")
        named = {node.relname for node in walk(stmt) if isinstance(node, ast.RangeVar)}
        if changed.kind is not Kind.DISTRIBUTED and named & self.schema.distributed.keys():
            self.say(f"{stmt.relation.relname} is changed by what a distributed table says")
        self.sublinks(stmt.whereClause, level)
        self.joined(level)

    # -- SELECT ----------------------------------------------------------------------------------

    def select(self, stmt: ast.SelectStmt, around: Level | None, ctes: dict[str, Part]) -> Output:
        ctes = self.with_clause(stmt, around, ctes)
        if stmt.op != enums.SetOperation.SETOP_NONE:
            return self.set_operation(stmt, around, ctes)
        level = Level(around, ctes)
        if stmt.valuesLists:
            for row in stmt.valuesLists:
                self.sublinks(row, level, "target")
            names = tuple(f"column{place + 1}" for place in range(len(stmt.valuesLists[0])))
            return Output(Kind.EVERYWHERE, names, frozenset(), False, level.correlated)
        for item in stmt.fromClause or ():
            self.item(item, level)
        self.conditions(stmt.whereClause, level)
        for clause in (stmt.whereClause, stmt.havingClause):
            self.sublinks(clause, level)
        for clause in (stmt.targetList, stmt.groupClause, stmt.sortClause):
            self.sublinks(clause, level, "target")
        self.refer(stmt, level)
        self.joined(level)
        self.locking(stmt, level)
        return self.output(stmt, level)

    def with_clause(
        self, stmt: Any, around: Level | None, ctes: dict[str, Part]
    ) -> dict[str, Part]:
        if stmt.withClause is None:
            return ctes
        ctes = dict(ctes)
        times = [node.relname for node in walk(stmt) if isinstance(node, ast.RangeVar)]
        for cte in stmt.withClause.ctes:
            if not isinstance(cte.ctequery, ast.SelectStmt):
                self.say("a CTE changes rows")
                continue
            if stmt.withClause.recursive:
                ctes[cte.ctename] = Part(cte.ctename, Kind.EVERYWHERE)
            out = self.select(cte.ctequery, None, ctes)
            always = cte.ctematerialized == enums.CTEMaterialize.CTEMaterializeAlways
            again = always or times.count(cte.ctename) > 1
            names = tuple(one.sval for one in cte.aliascolnames or ()) or out.columns
            ctes[cte.ctename] = self.as_part(cte.ctename, out, names, first=again)
        return ctes

    def set_operation(
        self, stmt: ast.SelectStmt, around: Level | None, ctes: dict[str, Part]
    ) -> Output:
        one = self.select(stmt.larg, around, ctes)
        other = self.select(stmt.rarg, around, ctes)
        places = {
            place
            for place, (left, right) in enumerate(zip(one.columns, other.columns, strict=False))
            if left in one.keys and right in other.keys
        }
        names = one.columns
        both = one.kind is other.kind is Kind.DISTRIBUTED
        kinds = {one.kind, other.kind}
        kind = next(
            (k for k in (Kind.DISTRIBUTED, Kind.COORDINATOR) if k in kinds), Kind.EVERYWHERE
        )
        return Output(
            kind,
            names,
            frozenset(names[place] for place in places),
            both and bool(places) and one.pushable and other.pushable and stmt.limitCount is None,
            one.correlated or other.correlated,
            # What ties one side only does not tie both.
            one.nodes if both else frozenset(),
        )

    def output(self, stmt: ast.SelectStmt, level: Level) -> Output:
        columns: list[str] = []
        keys = set()
        nodes = {(part, key) for part in level.distributed() for key in part.keys}
        for target in stmt.targetList or ():
            value = target.val
            if isinstance(value, ast.ColumnRef) and isinstance(value.fields[-1], ast.A_Star):
                whose = [f.sval for f in value.fields[:-1]]
                for part in level.parts.values():
                    if not whose or part.name == whose[-1]:
                        columns += part.columns
                        keys |= {c for c in part.columns if self.same.class_of((part, c), nodes)}
                continue
            name = target.name or name_of(value)
            columns.append(name)
            found = level.resolve(value) if isinstance(value, ast.ColumnRef) else None
            if found and self.same.class_of(found, nodes):
                keys.add(name)
        kinds = {part.kind for part in level.parts.values()}
        kind = next(
            (k for k in (Kind.DISTRIBUTED, Kind.COORDINATOR) if k in kinds), Kind.EVERYWHERE
        )
        pushable = bool(nodes) and self.within_one_canvas(stmt, level, nodes)
        return Output(
            kind, tuple(columns), frozenset(keys), pushable, level.correlated, frozenset(nodes)
        )

    def within_one_canvas(self, stmt: ast.SelectStmt, level: Level, nodes: set[Node]) -> bool:
        def by_canvas(clauses: Any) -> bool:
            return any(
                isinstance(one, ast.ColumnRef)
                and (found := level.resolve(one)) is not None
                and self.same.class_of(found, nodes)
                for one in clauses or ()
            )

        if stmt.limitCount is not None or stmt.limitOffset is not None:
            return False
        own = list(walk(stmt, within=True))
        calls = [one for one in own if isinstance(one, ast.FuncCall)]
        grouped = any(called(call) in _AGGREGATES and call.over is None for call in calls)
        if (grouped or stmt.groupClause) and not by_canvas(stmt.groupClause):
            return False
        for call in calls:
            if call.over is not None and not by_canvas(call.over.partitionClause):
                return False
        if stmt.distinctClause:
            listed = [one for one in stmt.distinctClause if one is not None]
            return by_canvas(listed or [target.val for target in stmt.targetList])
        return True

    # -- FROM ------------------------------------------------------------------------------------

    def item(self, item: ast.Node, level: Level) -> set[Kind]:
        """Put what it holds into the level; the kinds of it."""
        if isinstance(item, ast.RangeVar):
            return {self.table(item, level).kind}
        if isinstance(item, ast.RangeTableSample):
            return self.item(item.relation, level)
        if isinstance(item, ast.RangeFunction):
            name = item.alias.aliasname if item.alias else ""
            given = item.alias.colnames if item.alias else None
            columns = tuple(one.sval for one in given or ()) or (name,)
            level.parts[name] = Part(name, Kind.EVERYWHERE, columns)
            self.sublinks(item, level)
            return {Kind.EVERYWHERE}
        if isinstance(item, ast.RangeSubselect):
            return {self.subselect(item, level).kind}
        if isinstance(item, ast.JoinExpr):
            return self.join(item, level)
        raise NotImplementedError(type(item))

    def table(self, item: ast.RangeVar, level: Level) -> Part:
        name = item.alias.aliasname if item.alias else item.relname
        known = level.ctes.get(item.relname)
        table = item.relname
        if known is not None:
            part = Part(name, known.kind, known.columns, known.keys)
            for column in known.keys:
                self.same.join((part, column), (known, column))
        elif table in self.schema.distributed:
            key = self.schema.distributed[table]
            part = Part(name, Kind.DISTRIBUTED, tuple(self.schema.columns[table]), frozenset({key}))
        else:
            kind = Kind.EVERYWHERE if table in self.schema.reference else Kind.COORDINATOR
            part = Part(name, kind, tuple(self.schema.columns.get(table, ())))
        level.parts[name] = part
        return part

    def subselect(self, item: ast.RangeSubselect, level: Level) -> Part:
        name = item.alias.aliasname if item.alias else f"subquery {len(level.parts)}"
        out = self.select(item.subquery, level if item.lateral else level.around, level.ctes)
        if out.kind is Kind.DISTRIBUTED and out.correlated and not out.pushable:
            self.say("a LATERAL subquery over a distributed table cannot be pushed down")
        names = tuple(one.sval for one in (item.alias and item.alias.colnames) or ())
        part = self.as_part(name, out, names or out.columns)
        level.parts[name] = part
        return part

    def as_part(
        self, name: str, out: Output, names: tuple[str, ...], *, first: bool = False
    ) -> Part:
        """``first``: it is run before, whatever it is."""
        if out.kind is not Kind.DISTRIBUTED or first or not out.pushable:
            return Part(name, Kind.EVERYWHERE if first else _after(out.kind), names)
        keys = frozenset(
            n for n, column in zip(names, out.columns, strict=False) if column in out.keys
        )
        part = Part(name, Kind.DISTRIBUTED, names, keys)
        for key in keys:
            for node in list(out.nodes)[:1]:
                self.same.join((part, key), node)
        return part

    def join(self, item: ast.JoinExpr, level: Level) -> set[Kind]:
        left = self.item(item.larg, level)
        before = set(level.parts)
        right = self.item(item.rarg, level)
        for using in item.usingClause or ():
            ours = [p for n, p in level.parts.items() if n in before and using.sval in p.columns]
            theirs = [
                p for n, p in level.parts.items() if n not in before and using.sval in p.columns
            ]
            for one in ours[:1]:
                for other in theirs[:1]:
                    self.same.join((one, using.sval), (other, using.sval))
        self.conditions(item.quals, level)
        self.sublinks(item.quals, level)
        outer, inner = left, right
        if item.jointype == enums.JoinType.JOIN_RIGHT:
            outer, inner = right, left
        is_outer = item.jointype != enums.JoinType.JOIN_INNER
        if is_outer and Kind.DISTRIBUTED in inner and Kind.DISTRIBUTED not in outer:
            self.say("what is not distributed is the outer side of a join with what is")
        return left | right

    # -- conditions ------------------------------------------------------------------------------

    def conditions(self, clause: Any, level: Level) -> None:
        """Note what the conditions that all hold say to be equal."""
        if isinstance(clause, ast.BoolExpr) and clause.boolop == enums.BoolExprType.AND_EXPR:
            for one in clause.args:
                self.conditions(one, level)
        elif (
            isinstance(clause, ast.A_Expr)
            and clause.kind == enums.A_Expr_Kind.AEXPR_OP
            and clause.name[-1].sval == "="
        ):
            sides = [self.node(side, level) for side in (clause.lexpr, clause.rexpr)]
            own = [side for side in sides if side and side[0] in level.parts.values()]
            if None not in sides and own:
                self.same.join(*sides)  # type: ignore[arg-type]

    def node(self, side: Any, level: Level) -> Node | None:
        while isinstance(side, ast.TypeCast):
            side = side.arg
        if isinstance(side, ast.ColumnRef):
            return level.resolve(side)
        if isinstance(side, ast.A_Const):
            return ("constant", repr(side))
        return None

    def sublinks(self, clause: Any, level: Level, where: str = "condition") -> None:
        for link in walk(clause, within=True):
            if not isinstance(link, ast.SubLink):
                continue
            if link.testexpr is not None:
                self.refer(link.testexpr, level)
            out = self.select(link.subselect, level, level.ctes)
            if out.kind is not Kind.DISTRIBUTED:
                continue
            if not out.correlated:
                if where == "target":
                    self.say("a distributed table is read in the list of columns")
                continue
            outer: set[Node] = set()
            around: Level | None = level
            while around is not None:
                outer |= {(part, key) for part in around.distributed() for key in part.keys}
                around = around.around
            if not outer:
                self.say("a correlated subquery where FROM holds no distributed table")
            elif not any(self.same.class_of(node, outer) for node in out.nodes):
                self.say("a correlated subquery that is not tied by the canvas")
            elif not out.pushable:
                self.say("a correlated subquery with LIMIT, or of more than one canvas")

    def refer(self, clause: Any, level: Level) -> None:
        """Note where columns belong: it may refer to what is around it."""
        for one in walk(clause, within=True):
            if isinstance(one, ast.ColumnRef):
                level.resolve(one)

    def joined(self, level: Level) -> None:
        parts = level.distributed()
        if any(part.kind is Kind.COORDINATOR for part in level.parts.values()) and parts:
            local = [p.name for p in level.parts.values() if p.kind is Kind.COORDINATOR]
            self.say(f"a join with what is on the coordinator alone: {', '.join(local)}")
        for part in parts[1:]:
            nodes = {(part, key) for key in part.keys}
            others = {(parts[0], key) for key in parts[0].keys}
            if not any(self.same.class_of(node, others) for node in nodes):
                self.say(f"{parts[0].name} and {part.name} are not joined by the canvas")

    def locking(self, stmt: ast.SelectStmt, level: Level) -> None:
        if not stmt.lockingClause or not level.distributed():
            return
        for part in level.distributed():
            found = {self.same.find((part, key)) for key in part.keys}
            constants = {
                self.same.find(self.node(one, level))  # type: ignore[arg-type]
                for one in walk(stmt.whereClause, within=True)
                if isinstance(one, ast.A_Const)
            }
            if not found & constants:
                self.say(f"rows of {part.name} are locked in more than one shard")


def _after(kind: Kind) -> Kind:
    """Of what was run first: its result is everywhere."""
    return Kind.EVERYWHERE if kind is Kind.DISTRIBUTED else kind
