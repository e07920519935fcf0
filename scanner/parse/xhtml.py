"""What is inside an XML element, as HTML.

In: an ElementTree element (Atom's type="xhtml", or markup that somebody forgot to escape).
Out: its content as HTML, without namespaces. No recursion: documents nest as deep as they like.

Touches: nothing.
"""

from __future__ import annotations

from html import escape
from xml.etree.ElementTree import Element

_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "wbr"})


def inner(element: Element) -> str:
    """Write out the content of an element; a <div> that wraps all of it is left out (RFC 4287,
    3.1.1.3)."""
    holder = element
    if len(element) == 1 and not (element.text or "").strip():
        only = element[0]
        if _local(only) == "div" and not (only.tail or "").strip():
            holder = only
    pieces = [escape(holder.text or "", quote=False)]
    todo: list[Element | str] = list(reversed(holder))
    while todo:
        each = todo.pop()
        if isinstance(each, str):
            pieces.append(each)
            continue
        name = _local(each)
        pieces.append(_opening(name, each))
        todo.append(escape(each.tail or "", quote=False))
        if name not in _VOID:
            todo.append(f"</{name}>")
            pieces.append(escape(each.text or "", quote=False))
            todo.extend(reversed(each))
    return "".join(pieces)


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _opening(name: str, element: Element) -> str:
    attributes = "".join(
        f' {key.rpartition("}")[2]}="{escape(value)}"' for key, value in element.items()
    )
    return f"<{name}{attributes}>"
