"""SQL statements and catalog calls about this session alone, answered here: SET, CACHE, DESCRIBE of a view ..."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mastic.engines.router import confs, pb
from mastic.engines.router.pb import Message, Unproven, expect
from mastic.engines.router.rewrites.local import stream_of
from mastic.engines.router.session import Session
from mastic.engines.router.types import Type

if TYPE_CHECKING:
    from mastic.engines.router.router import Router

_NAME = r"(`[^`]+`|\w+)"
_SET = re.compile(r"\s*set\s+([\w.\-]+)\s*=\s*(.+?)\s*;?\s*", re.IGNORECASE | re.DOTALL)
_CACHE = re.compile(rf"\s*(?:cache\s+(?:lazy\s+)?table|refresh\s+table|refresh)\s+{_NAME}\s*;?\s*", re.IGNORECASE)
_UNCACHE = re.compile(rf"\s*uncache\s+table\s+(?:if\s+exists\s+)?{_NAME}\s*;?\s*", re.IGNORECASE)
_CLEAR = re.compile(r"\s*clear\s+cache\s*;?\s*", re.IGNORECASE)
_DESCRIBE = re.compile(rf"\s*desc(?:ribe)?\s+(?:table\s+)?{_NAME}\s*;?\s*", re.IGNORECASE)
_COLUMNS = re.compile(rf"\s*show\s+columns\s+(?:in|from)\s+{_NAME}\s*;?\s*", re.IGNORECASE)
_DROP = re.compile(rf"\s*drop\s+view\s+(?:if\s+exists\s+)?{_NAME}\s*;?\s*", re.IGNORECASE)
_WORDS = frozenset(["table", "extended", "formatted", "query", "function", "database", "schema", "catalog"])


class Statements:
    """What the router answers without an engine; None or Unproven for anything else."""

    def __init__(self, router: Router) -> None:
        self.router = router

    def answer(self, session: Session, request: Message, text: str, **call: Any) -> Any:
        """The result of a statement as an Arrow table; raises Unproven for any other statement."""
        import pyarrow as pa

        if found := _SET.fullmatch(text):
            self._set(session, request, found[1], found[2], **call)
            return _table(key=[found[1]], value=[found[2]])
        if _CLEAR.fullmatch(text):
            self._need(session, "cache")
            session.cached_tables.clear()
            return pa.table({})
        if found := _CACHE.fullmatch(text) or _UNCACHE.fullmatch(text):
            self._cache(session, found[1], held="uncache" not in text.lower().split()[0])
            return pa.table({})
        if (found := _DESCRIBE.fullmatch(text)) and found[1].lower() not in _WORDS:
            columns = self._view(session, found[1], "describe")
            names, kinds = [c.name for c in columns], [simple(c.type) for c in columns]
            return _table(col_name=names, data_type=kinds, comment=[None] * len(names))
        if found := _COLUMNS.fullmatch(text):
            return _table(col_name=[c.name for c in self._view(session, found[1], "show columns")])
        if found := _DROP.fullmatch(text):
            if "exists" not in text.lower().split():
                self._view(session, found[1], "drop view")
            self._drop(session, request, found[1])
            return pa.table({})
        raise Unproven("sql statement")

    def catalog(self, session: Session, request: Message) -> Any:
        """The result of a `spark.catalog` call as an Arrow table; raises Unproven for those only Spark knows."""
        import pyarrow as pa

        nothing = pa.table({"value": pa.array([], pa.string())})
        held = request.plan.root.catalog
        kind = held.WhichOneof("cat_type")
        asked = getattr(held, kind)
        if kind == "drop_temp_view":
            expect(asked, "view_name")
            return pa.table({"value": [self._drop(session, request, asked.view_name)]})
        if kind in ("cache_table", "uncache_table"):
            expect(asked, "table_name")
            self._cache(session, asked.table_name, held=kind == "cache_table")
            return nothing
        if kind == "is_cached":
            expect(asked, "table_name")
            self._view(session, asked.table_name, "cache")
            return pa.table({"value": [asked.table_name.lower() in session.cached_tables]})
        if kind == "clear_cache":
            self._need(session, "cache")
            session.cached_tables.clear()
            return nothing
        if kind == "refresh_table":
            expect(asked, "table_name")
            self._view(session, asked.table_name, "cache")
            return nothing
        raise Unproven(f"catalog {kind}")

    def _need(self, session: Session, what: str) -> None:
        if session.spark_only or self.router.policy == "spark":
            raise Unproven(session.spark_only or "engine pinned to spark")
        self.router.proven.need(f"statement {what}")

    def _view(self, session: Session, name: str, what: str) -> Any:
        self._need(session, what)
        view = session.views.get(name.strip("`").lower())
        if view is None:
            raise Unproven(f"table {name}")
        return view.columns

    def _set(self, session: Session, request: Message, key: str, value: str, **call: Any) -> None:
        self._need(session, "set")
        if not key.startswith("spark.") and "." not in key:
            raise Unproven("sql set of a variable")
        if confs.construct(key, value) and self.router.proven.confs.get(key) != value:
            self.router.proven.need(confs.construct(key, value))
        made = pb.base.ConfigRequest(session_id=session.session_id, user_context=request.user_context)
        made.operation.set.pairs.add(key=key, value=value)
        self.router.Config(made, **call)

    def _cache(self, session: Session, name: str, *, held: bool) -> None:
        self._view(session, name, "cache")
        bare = name.strip("`").lower()
        session.cached_tables.add(bare) if held else session.cached_tables.discard(bare)

    def _drop(self, session: Session, request: Message, name: str) -> bool:
        """Forget the view here, and on Spark if it knows of it."""
        self._need(session, "drop view")
        bare = name.strip("`").lower()
        if session.views.pop(bare, None) is None:
            if session.spark_views:
                raise Unproven("drop of a view that may be Spark's")
            return False
        session.cached_tables.discard(bare)
        made = pb.base.ExecutePlanRequest(session_id=session.session_id, user_context=request.user_context)
        made.plan.root.catalog.drop_temp_view.view_name = bare
        self.router.remember(session, "ExecutePlan", made)
        return True


def simple(type_: Type) -> str:
    """The type as DESCRIBE prints it: field names as they are."""
    if type_.kind == "struct":
        return f"struct<{','.join(f'{name}:{simple(child)}' for name, child in type_.children)}>"
    if type_.children:
        return f"{type_.kind}<{','.join(simple(child) for _, child in type_.children)}>"
    return type_.ddl()


def _table(**columns: Sequence[str | None]) -> Any:
    """Columns of text, never NULL but for a comment."""
    import pyarrow as pa

    fields = [pa.field(name, pa.string(), nullable=name == "comment") for name in columns]
    return pa.table(columns, pa.schema(fields))


def rows(request: Message, session: Session, table: Any) -> Iterator[Message]:
    """The table as the answer to a plan."""
    response = session.response(request)
    response.arrow_batch.row_count, response.arrow_batch.data = table.num_rows, stream_of(table)
    yield response
    yield session.complete(request)
