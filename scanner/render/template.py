"""A person's own line format, in Jinja2: --template '{{ worth }} {{ title }} {{ url }}'.

In: a template, records. Out: its rendering for each record, with a line end behind it.
It sees the record's fields and nothing else: the sandbox hides what Python keeps behind them, and
there are no other templates to include. Values come as one line each, but `text`, which keeps its
own; what is unknown is empty. Nothing that acts on a terminal leaves, whoever wrote it.

Touches: nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from dataclasses import fields as fields_of
from typing import TYPE_CHECKING, Any

from scanner.errors import UsageError
from scanner.render import jsons
from scanner.render.fields import instead
from scanner.render.record import Record, valid
from scanner.text import inert, printable

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2 import Template as Compiled

NAMES = tuple(field.name for field in fields_of(Record))
_GIVEN = "<template>"
"""What Jinja2 calls a template that is no file; its frames carry the template's own lines."""
_LONGEST = 10_000_000
"""Characters that one product may have; the sandbox caps ranges, but not 'x' * 10**10."""
_HIGHEST = 1000
"""Power of a number: 9**1000 takes a microsecond, 9**(10**9) hours."""


class Template:
    """A template that has been read and checked; UsageError where it cannot be."""

    def __init__(self, source: str, where: str = "--template") -> None:
        """Take the template, and how messages call the place that it is from."""
        self._where = where
        self._compiled = self._compile(source)

    def write(self, rows: Iterable[Record]) -> str:
        """Render each record; UsageError names the line and the record where it fails."""
        return "".join(self._one(row) + "\n" for row in rows)

    def _one(self, row: Record) -> str:
        try:
            return inert(self._compiled.render(_values(row)))
        except Exception as problem:  # whatever a template does wrong is a mistake in it
            why = str(problem) or type(problem).__name__
            raise UsageError(f"{self._at(_line_of(problem))}: {why} (post {row.id})") from problem

    def _at(self, line: int) -> str:
        return f"{self._where}: line {line}"

    def _compile(self, source: str) -> Compiled:
        from jinja2 import TemplateSyntaxError

        made = _environment()
        try:
            self._check_names(made, source)
            return made.from_string(source)
        except TemplateSyntaxError as problem:
            raise UsageError(f"{self._at(problem.lineno)}: {problem.message}") from problem
        except RecursionError:
            raise UsageError(f"{self._where}: nested too deeply") from None

    def _check_names(self, made: Environment, source: str) -> None:
        """Refuse names that no record has before any work is done."""
        from jinja2 import meta, nodes

        tree = made.parse(source)
        unknown = meta.find_undeclared_variables(tree) - {*NAMES, *made.globals}
        for node in tree.find_all(nodes.Name):
            if node.name in unknown:
                raise UsageError(
                    f'{self._at(node.lineno)}: no such field "{node.name}"; '
                    f"{instead(node.name, NAMES)}"
                )


def _environment() -> Environment:
    from jinja2 import StrictUndefined
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Sandbox(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset(("*", "**"))

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if _too_much(operator, left, right):
                raise SecurityError(f"{operator} makes too much of it")
            return super().call_binop(context, operator, left, right)

    made = Sandbox(undefined=StrictUndefined, autoescape=False, finalize=_finalize)
    del made.globals["lipsum"]  # words by chance: the same queue gives the same bytes
    made.policies["json.dumps_function"] = lambda thing, **_: jsons.line(thing).rstrip("\n")
    return made


def _too_much(operator: str, left: Any, right: Any) -> bool:
    repeats = hasattr(left, "__len__") or hasattr(right, "__len__")
    if operator == "**":
        return _size(right) > _HIGHEST
    return repeats and _size(left) * _size(right) > _LONGEST


def _size(value: Any) -> int:
    if hasattr(value, "__len__"):
        return len(value)
    return abs(value) if isinstance(value, int) else 1


def _finalize(value: Any) -> Any:
    return "" if value is None else value


def _values(row: Record) -> dict[str, Any]:
    values: dict[str, Any] = _defused(asdict(row))
    values["text"] = printable(valid(row.text), newlines=True)
    return values


def _defused(value: Any) -> Any:
    """Make every string one line; the shapes around them stay."""
    if isinstance(value, str):
        return printable(valid(value))
    if isinstance(value, Mapping):
        return {name: _defused(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_defused(inner) for inner in value]
    return value


def _line_of(problem: BaseException) -> int:
    """Tell the template's line: Jinja2 rewrites a traceback so that its frames say it."""
    line, frame = 1, problem.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == _GIVEN:
            line = frame.tb_lineno
        frame = frame.tb_next
    return line
