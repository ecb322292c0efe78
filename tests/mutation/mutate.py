"""Mutants of a module: its source with one small change each, as a slip of the pen would make it."""

from __future__ import annotations

import ast
import copy
import hashlib
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

_OPERATORS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
_METHODS = (
    ("min", "max"), ("minimum", "maximum"), ("fmin", "fmax"), ("nanmin", "nanmax"), ("argmin", "argmax"), ("any", "all"),
    ("floor", "ceil"), ("sin", "cos"), ("logical_and", "logical_or"),
)  # fmt: skip
_NAMES = dict([*_METHODS, *((b, a) for a, b in _METHODS)], rint="floor", round="floor", median="mean", nanmedian="nanmean")
_BUILTINS = {"min": "max", "max": "min", "any": "all", "all": "any", "round": "int"}
#: functions whose arguments may change places
_SYMMETRIC = {
    "min",
    "max",
    "minimum",
    "maximum",
    "fmin",
    "fmax",
    "hypot",
    "add",
    "multiply",
    "isclose",
    "allclose",
    "array_equal",
}
_EXCHANGEABLE = (ast.Name, ast.Attribute, ast.Subscript, ast.BinOp, ast.UnaryOp, ast.Call)


class Mutant(NamedTuple):
    """One changed expression or statement of a module."""

    line: int
    kind: str  # of expression or statement
    text: str  # the line that it begins on
    old: str
    new: str
    source: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What names the mutant while lines come and go around it."""
        return self.text, self.old, self.new


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines.

    Messages, annotations, decorators, docstrings and the log are left alone.
    """
    found = []
    text = source.encode()  # the parser counts bytes
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines))]
    for node in _walk(ast.parse(source)):
        begin, end = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
        for changed in _changes(node):
            new = ast.unparse(changed)
            inserted = f"({new})" if isinstance(node, ast.expr) and not isinstance(node, ast.Constant) else new
            mutated = (text[:begin] + inserted.encode() + text[end:]).decode()
            where = lines[node.lineno - 1].decode().strip()
            found.append(Mutant(node.lineno, type(node).__name__, where, ast.unparse(node), new, mutated))
    return sorted(found)


def sampled(found: list[Mutant], number: int, seed: int) -> list[Mutant]:
    """Return some mutants, of every kind in turn; the choice is the same for one seed and stays as others come and go."""
    shuffled = sorted(found, key=lambda mutant: hashlib.sha256(f"{seed}{mutant.key}".encode()).digest())
    kinds = sorted({mutant.kind for mutant in found})
    queues = [[mutant for mutant in shuffled if mutant.kind == kind] for kind in kinds]
    turns = [mutant for turn in zip_longest(*queues) for mutant in turn if mutant]
    return sorted(turns[:number])


def _walk(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Expressions and statements that may be changed."""
    if isinstance(node, (ast.Raise, ast.JoinedStr, ast.Import, ast.ImportFrom, ast.Assert)):
        return
    if isinstance(node, ast.Expr) and ast.unparse(node).startswith(("logger.", "warnings.")):
        return
    if isinstance(node, (ast.expr, ast.stmt)):
        yield node
    for field, value in ast.iter_fields(node):
        if field not in ("annotation", "returns", "decorator_list"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _walk(child)


def _changes(node: ast.expr | ast.stmt) -> Iterator[ast.AST]:
    """A changed copy of an expression or statement for each way to change it; what lies inside it stays."""
    if isinstance(node, ast.Constant):
        yield from _numbers(node.value)
    elif isinstance(node, (ast.BinOp, ast.BoolOp, ast.AugAssign)):
        if not _joins_texts(node):
            for other in _OPERATORS.get(type(node.op), ()):
                yield _changed(node, lambda new, other=other: setattr(new, "op", other()))
    elif isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            for other in _OPERATORS[type(operator)]:
                yield _changed(node, lambda new, index=index, other=other: new.ops.__setitem__(index, other()))
    elif isinstance(node, ast.UnaryOp):
        if not isinstance(node.operand, ast.Constant):
            yield node.operand
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield ast.Pass()


def _changed(node: ast.AST, change: Callable[[Any], object]) -> ast.AST:
    new = copy.deepcopy(node)
    change(new)
    return new


def _numbers(value: object) -> Iterator[ast.Constant]:
    """The other truth value; the next whole numbers; the double."""
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
        yield ast.Constant(value - 1)
    elif isinstance(value, float):
        yield ast.Constant(2 * value or 1.0)


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    """The neighbouring function; a range that ends too early; two arguments in the other order."""
    if isinstance(node.func, ast.Attribute):
        field, name = "attr", node.func.attr
    else:
        field, name = "id", getattr(node.func, "id", "")
    other = (_NAMES if field == "attr" else _BUILTINS).get(name)
    if other:
        yield _changed(node, lambda new: setattr(new.func, field, other))
    if name in ("range", "prange"):
        end = min(len(node.args), 2) - 1
        shorter = ast.BinOp(node.args[end], ast.Sub(), ast.Constant(1))
        yield _changed(node, lambda new: new.args.__setitem__(end, shorter))
    elif name not in _SYMMETRIC:
        pair = node.args[1:3] if name == "where" else node.args[:2]
        if len(pair) == 2 and all(isinstance(each, _EXCHANGEABLE) for each in pair):
            rest = node.args[3:] if name == "where" else node.args[2:]
            yield _changed(node, lambda new: setattr(new, "args", [*node.args[: name == "where"], *pair[::-1], *rest]))


def _joins_texts(node: ast.AST) -> bool:
    return any(isinstance(each, ast.JoinedStr) or isinstance(getattr(each, "value", None), str) for each in ast.walk(node))
