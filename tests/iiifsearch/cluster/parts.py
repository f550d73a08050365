"""What a statement is made of, as the rules look at it: tables, levels, and what each gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pglast import ast

#: What Postgres counts as a subquery's own output, where a column has no name.
NAMELESS = "?column?"


class Kind(Enum):
    DISTRIBUTED = "distributed"
    EVERYWHERE = "everywhere"
    COORDINATOR = "coordinator"


@dataclass(frozen=True)
class Schema:
    """``columns``: of every table that may be asked. ``distributed``: table: column."""

    columns: Mapping[str, frozenset[str]]
    distributed: Mapping[str, str]
    reference: frozenset[str]


@dataclass(eq=False)
class Part:
    """Something in FROM. ``keys``: its columns that hold the canvas, where it is distributed."""

    name: str
    kind: Kind
    columns: tuple[str, ...] = ()
    keys: frozenset[str] = frozenset()


Node = tuple[Any, str]


class Same:
    """Columns and constants that are equal."""

    def __init__(self) -> None:
        self._of: dict[Node, Node] = {}

    def find(self, node: Node) -> Node:
        while node in self._of:
            node = self._of[node]
        return node

    def join(self, one: Node, other: Node) -> None:
        one, other = self.find(one), self.find(other)
        if one != other:
            self._of[one] = other

    def class_of(self, node: Node, among: set[Node]) -> bool:
        return any(self.find(node) == self.find(other) for other in among)


@dataclass
class Level:
    """One SELECT, and what it is within. ``correlated``: it refers to what is around it."""

    around: Level | None
    ctes: dict[str, Part]
    parts: dict[str, Part] = field(default_factory=dict)
    correlated: bool = False

    def distributed(self) -> list[Part]:
        return [part for part in self.parts.values() if part.kind is Kind.DISTRIBUTED]

    def resolve(self, ref: ast.ColumnRef) -> tuple[Part, str] | None:
        names = [one.sval for one in ref.fields if isinstance(one, ast.String)]
        level: Level | None = self
        while level is not None:
            found = level._own(names)
            if found is not None:
                inner = self
                while inner is not level:
                    inner.correlated = True
                    assert inner.around is not None
                    inner = inner.around
                return found
            level = level.around
        return None

    def _own(self, names: list[str]) -> tuple[Part, str] | None:
        if len(names) > 1 and names[-2] in self.parts:
            return self.parts[names[-2]], names[-1]
        if len(names) == 1:
            for part in self.parts.values():
                if names[0] in part.columns:
                    return part, names[0]
        return None


@dataclass
class Output:
    """What a SELECT gives. ``pushable``: a shard can run it for itself. ``keys``: by place."""

    kind: Kind
    columns: tuple[str, ...]
    keys: frozenset[str]
    pushable: bool
    correlated: bool
    nodes: frozenset[Node] = frozenset()


def name_of(value: Any) -> str:
    while isinstance(value, ast.TypeCast):
        value = value.arg
    if isinstance(value, ast.ColumnRef):
        return str(value.fields[-1].sval)
    return called(value) if isinstance(value, ast.FuncCall) else NAMELESS


def called(call: ast.FuncCall) -> str:
    return str(call.funcname[-1].sval)


def walk(node: Any, *, within: bool = False) -> Iterator[ast.Node]:
    """All nodes of a tree. ``within``: none of another SELECT's; a sublink itself, not its own."""
    if isinstance(node, tuple):
        for one in node:
            yield from walk(one, within=within)
    elif isinstance(node, ast.Node):
        yield node
        for name in type(node).__slots__:
            value = getattr(node, name)
            if within and isinstance(value, ast.SelectStmt):
                continue
            if within and name in ("fromClause", "withClause") and isinstance(node, ast.SelectStmt):
                continue
            yield from walk(value, within=within)
