"""S3's XML: written from pairs of name and value, read without entities."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from mastic.storage.errors import MalformedXml

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
PROLOG = b'<?xml version="1.0" encoding="UTF-8"?>\n'

Value: TypeAlias = str | int | bool | Sequence["Child"] | None
Child: TypeAlias = tuple[str, Value]

# Control characters as S3 writes them: numbered references, though XML 1.0 has no such characters.
_SPECIAL = re.compile('[&<>"\x00-\x08\x0b-\x1f\x7f]')
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def document(name: str, children: Iterable[Child], *, namespace: str = NAMESPACE) -> bytes:
    """A whole document. A child whose value is None is left out."""
    out: list[str] = []
    attribute = f' xmlns="{namespace}"' if namespace else ""
    out.append(f"<{name}{attribute}>")
    _write(out, children)
    out.append(f"</{name}>")
    return PROLOG + "".join(out).encode()


def printable(value: str) -> str:
    """Text for people, with a sign in place of each character that XML cannot hold."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value)


def timestamp(epoch_seconds: float) -> str:
    """`2026-11-21T02:48:13.123Z`."""
    moment = datetime.fromtimestamp(epoch_seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def parse(body: bytes, root: str) -> Element:
    """The document element without namespaces. Raises MalformedXML."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise MalformedXml("The XML you provided declares a document type, which S3 does not allow")
    try:
        element = ElementTree.fromstring(body)  # noqa: S314  no document type, hence no entities
    except (ElementTree.ParseError, ValueError) as error:
        raise MalformedXml(f"The XML you provided was not well-formed: {error}") from None
    for child in element.iter():
        child.tag = child.tag.rpartition("}")[2]
    if element.tag != root:
        raise MalformedXml(f"The XML you provided begins with <{element.tag}>; <{root}> was expected")
    return element


def text(element: Element, name: str, default: str | None = None) -> str:
    """The text of a child. Raises MalformedXML when it is absent and there is no default."""
    value = element.findtext(name, default)
    if value is None:
        raise MalformedXml(f"The XML you provided has a <{element.tag}> without <{name}>")
    return value


def _write(out: list[str], children: Iterable[Child]) -> None:
    for name, value in children:
        if value is None:
            continue
        if isinstance(value, bool):
            out.append(f"<{name}>{str(value).lower()}</{name}>")
        elif isinstance(value, int | str):
            out.append(f"<{name}>{escape(str(value))}</{name}>")
        else:
            out.append(f"<{name}>")
            _write(out, value)
            out.append(f"</{name}>")


def escape(value: str) -> str:
    """Text as the content of an element."""
    return _SPECIAL.sub(lambda match: _NAMED.get(match[0]) or f"&#x{ord(match[0]):x};", value)
