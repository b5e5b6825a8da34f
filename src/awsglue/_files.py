"""Files behind a path: objects under s3://, or local files. Hidden names are skipped as Hadoop does."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError

from awsglue import _aws

BOM = b"\xef\xbb\xbf"
_S3_SCHEMES = ("s3", "s3a", "s3n")
_GLOB = re.compile(r"[*?\[{]")


@dataclass(frozen=True)
class File:
    """One file with data in it. `modified_ms` is epoch milliseconds."""

    path: str
    size: int
    modified_ms: int


def is_s3(path: str) -> bool:
    """Whether a path is s3://, s3a:// or s3n://."""
    scheme, mark, _ = path.partition("://")
    return bool(mark) and scheme.lower() in _S3_SCHEMES


def one_scheme(path: str) -> str:
    """An S3 path as listings name its objects: s3://, whichever of its schemes a script wrote."""
    return "s3://" + path.split("://", 1)[1] if is_s3(path) else path


def split_s3(path: str) -> tuple[str, str]:
    """(bucket, key) of an S3 path. Raises ValueError without a bucket."""
    bucket, _, key = path.split("://", 1)[1].partition("/")
    if not bucket:
        raise ValueError(f"{path!r} names no bucket; an S3 path is s3://bucket/key")
    return bucket, key


def checked(path: Any) -> str:
    """The path, when it is one that can be read or written. Raises ValueError saying what a path looks like."""
    scheme = re.match(r"(\w[\w+.-]*):/", path) if isinstance(path, str) else None
    known = scheme is None or is_s3(path) or scheme[1].lower() == "file"
    if not isinstance(path, str) or not path.strip() or not known or re.match(r"s3[an]?:/(?!/)", path):
        raise ValueError(f"{path!r} is no path; write s3://bucket/folder/, or a local folder as file:///folder/")
    return path


def local_path(path: str) -> Path:
    """The local file of a plain or file: path."""
    return Path(unquote(urlsplit(path).path) if path.startswith("file:") else path)


def list_files(
    path: str, *, recurse: bool = False, exclusions: Iterable[str] = (), exclude_storage_classes: Iterable[str] = ()
) -> list[File]:
    """The files at or under a path or glob, by name. A prefix without objects is an empty list.

    Raises FileNotFoundError when the bucket does not exist.
    """
    patterns = [glob_pattern(one_scheme(exclusion)) for exclusion in exclusions]
    path = one_scheme(checked(path))
    root, glob = _split_glob(path)
    found = _list_s3(root, frozenset(exclude_storage_classes)) if is_s3(root) else _list_local(root)
    base = root if root.endswith("/") else root[: root.rfind("/") + 1] if glob else root + "/"
    selected = (file for file in found if file.size and _wanted(file.path, path, base, glob, recurse))
    return sorted(
        (f for f in selected if not any(p.fullmatch(f.path[len(base) :]) or p.fullmatch(f.path) for p in patterns)),
        key=lambda file: file.path,
    )


def list_all(path: str, exclude_storage_classes: Iterable[str] = ()) -> list[File]:
    """Every file under a folder, hidden and empty ones too."""
    return list(_list_s3(path, frozenset(exclude_storage_classes)) if is_s3(path) else _list_local(path))


def _bucket_folder(bucket: str, key: str) -> str | None:
    """The folder that holds a bucket's objects as files, where `MASTIC_BUCKETS` names one; else None.

    None too for a key that is no path of a file.
    """
    folder = os.environ.get("MASTIC_BUCKETS")
    if not folder or bucket.startswith(".") or "\0" in key or any(s in ("", ".", "..") for s in key.split("/")):
        return None
    return f"{folder}/{bucket}"


def is_hidden(relative: str) -> bool:
    """Whether engines pass over a file, by a name of it or of its folders."""
    return any(part.startswith(("_", ".")) for part in relative.split("/"))


def _split_glob(path: str) -> tuple[str, str]:
    """The part of a path before its first wildcard, and the rest; a name that has one is cut at the slash."""
    match = _GLOB.search(path)
    if match is None:
        return path, ""
    cut = path.rfind("/", 0, match.start()) + 1
    return path[:cut], path[cut:]


def _wanted(file: str, path: str, base: str, glob: str, recurse: bool) -> bool:
    if file == path:
        return True
    if not file.startswith(base):
        return False
    relative = file[len(base) :]
    if is_hidden(relative) or relative.endswith("_$folder$"):
        return False
    if glob:
        depth = r"(/.*)?" if recurse else r"(/[^/]+)?"
        return re.fullmatch(glob_pattern(glob.rstrip("/")).pattern + depth, relative) is not None
    return recurse or "/" not in relative


def _list_s3(path: str, exclude_storage_classes: frozenset[str]) -> Iterator[File]:
    bucket, prefix = split_s3(path)
    folder = None if exclude_storage_classes else _bucket_folder(bucket, prefix + "x")
    if folder is not None and _holds_all(folder):
        yield from _list_bucket(folder, f"s3://{bucket}/", prefix)
        return
    pages = _aws.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    try:
        for page in pages:
            for item in page.get("Contents", []):
                if item["Key"].endswith("/") or item.get("StorageClass") in exclude_storage_classes:
                    continue
                modified_ms = round(item["LastModified"].timestamp() * 1000)
                yield File(f"s3://{bucket}/{item['Key']}", item["Size"], modified_ms)
    except ClientError as error:
        if _aws.error_code(error) == "NoSuchBucket":
            raise FileNotFoundError(f"bucket {bucket!r} does not exist (reading {path})") from error
        raise


def _holds_all(folder: str) -> bool:
    """Whether the folder is a bucket and has all its objects: those whose keys are no paths are kept elsewhere."""
    root, bucket = os.path.split(folder)
    is_bucket = os.path.isdir(folder) and not os.path.islink(folder)  # noqa: PTH112, PTH114
    return is_bucket and not os.path.lexists(f"{root}/.mastic/buckets/{bucket}/escaped")


def _list_bucket(folder: str, base: str, prefix: str) -> Iterator[File]:
    """What S3 would list: every regular file whose key begins with the prefix; S3's times are cut to milliseconds."""
    parent, _, start = prefix.rpartition("/")
    pending = [f"{parent}/" if parent else ""]
    while pending:
        above = pending.pop()
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(f"{folder}/{above}") as entries:
            for entry in entries:
                if not entry.name.startswith(start) or not _is_key(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"{above}{entry.name}/")
                elif entry.is_file(follow_symlinks=False):
                    with contextlib.suppress(FileNotFoundError):  # removed meanwhile
                        status = entry.stat()
                        modified_ms = (status.st_mtime_ns + 500) // 1_000_000
                        yield File(f"{base}{above}{entry.name}", status.st_size, modified_ms)
        start = ""


def _is_key(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # bytes that are not UTF-8
        return False
    return True


def _list_local(path: str) -> Iterator[File]:
    root = local_path(path)
    for file in [root] if root.is_file() else sorted(root.rglob("*")):
        status = file.stat()
        if file.is_file():
            name = str(file) if not path.startswith("file:") else path.split(str(root))[0] + str(file)
            yield File(name, status.st_size, round(status.st_mtime * 1000))


def glob_pattern(glob: str) -> re.Pattern[str]:
    """A crawler glob as a pattern: `*` within a folder, `**` across folders, `?`, `[a-z]`, `{a,b}`, `\\` before a mark.

    Raises ValueError for braces that are never closed.
    """
    out, position, depth = "", 0, 0
    while position < len(glob):
        char = glob[position]
        if glob.startswith("**", position):
            out, position = out + ".*", position + 2
            continue
        if char == "\\" and position + 1 < len(glob):
            out, position = out + re.escape(glob[position + 1]), position + 2
            continue
        if char == "[":
            end = glob.find("]", position + 1)
            if end > 0:
                inside = glob[position + 1 : end].replace("\\", r"\\")
                out, position = out + "(?!/)[" + re.sub(r"^!", "^", inside) + "]", end + 1
                continue
        inside_braces = {"}": ")", ",": "|"} if depth else {}
        out += {"*": "[^/]*", "?": "[^/]", "{": "(?:", **inside_braces}.get(char) or re.escape(char)
        depth += char == "{"
        depth -= char == "}" and depth > 0
        position += 1
    if depth:
        raise ValueError(f"glob {glob!r} has a brace that is never closed")
    return re.compile(out, re.DOTALL)


def glob_of(text: str) -> str:
    """The glob that matches just this text."""
    return re.sub(r"([\\*?\[\]{},])", r"\\\1", text)


def read_bytes(path: str) -> bytes:
    """A file's whole content, decompressed by its extension."""
    with open_stream(path) as stream:
        return stream.read()


def open_stream(path: str) -> IO[bytes]:
    """A file's content as a stream, decompressed by its extension. Close it."""
    raw = _opened(path)
    if path.endswith(".gz"):
        return cast(IO[bytes], _Compressed(path, gzip.GzipFile(fileobj=raw)))
    if path.endswith(".bz2"):
        return cast(IO[bytes], _Compressed(path, bz2.BZ2File(raw)))
    return raw


EXTENSIONS = {"gzip": ".gz", "bzip": ".bz2", "bzip2": ".bz2"}


def unpacked(files: Sequence[File], compression: Any) -> list[File]:
    """The files as `compressionType` says: those whose name does not tell of it as plain copies in a temporary folder.

    Raises ValueError for an unknown compression, or a file that is not compressed so.
    """
    kind = str(compression or "none").lower()
    if kind in ("none", "uncompressed"):
        return list(files)
    if kind not in EXTENSIONS:
        raise ValueError(f"compressionType is {kind!r}; it must be gzip or bzip")
    told = tuple(EXTENSIONS.values())
    if all(file.path.endswith(told) for file in files):
        return list(files)
    folder = Path(tempfile.mkdtemp(prefix="unpacked-"))
    return [file if file.path.endswith(told) else _unpack(file, kind, folder / str(n)) for n, file in enumerate(files)]


def _unpack(file: File, kind: str, folder: Path) -> File:
    target = folder / file.path.rsplit("/", 1)[-1]
    folder.mkdir()
    with _opened(file.path) as raw, target.open("wb") as plain:
        inner = gzip.GzipFile(fileobj=raw) if kind == "gzip" else bz2.BZ2File(raw)
        shutil.copyfileobj(_Compressed(file.path, inner), plain)
    return File(str(target), target.stat().st_size, file.modified_ms)


def _opened(path: str) -> IO[bytes]:
    local = _as_file(path)
    if local is not None:
        return local
    bucket, key = split_s3(path)
    return cast(IO[bytes], _aws.s3().get_object(Bucket=bucket, Key=key)["Body"])


def _as_file(path: str) -> IO[bytes] | None:
    """A local file, or an object as the file it is where `MASTIC_BUCKETS` names the folder of buckets; else None."""
    if not is_s3(path):
        return open(local_path(path) if path.startswith("file:") else path, "rb")  # noqa: PTH123  see below
    bucket, key = split_s3(path)
    folder = _bucket_folder(bucket, key)
    if folder is None:
        return None
    try:
        return open(f"{folder}/{key}", "rb")  # noqa: PTH123  a Path costs as much as the file
    except OSError:
        return None


def is_file(path: str) -> bool:
    """Whether a path is read as a file of this machine."""
    return not is_s3(path) or _bucket_folder(*split_s3(path)) is not None


class _Compressed(io.BufferedIOBase):
    """A compressed file whose errors name it."""

    def __init__(self, path: str, inner: Any) -> None:
        self._path = path
        self._inner = inner

    def read(self, size: int | None = -1, /) -> bytes:
        try:
            data: bytes = self._inner.read(size)
            return data
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(f"{self._path} cannot be decompressed (cut off while it was copied?): {error}") from error

    def read1(self, size: int = -1, /) -> bytes:
        return self.read(size)

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._inner.close()
        super().close()


_PACKED = {"gzip": b"\x1f\x8b", "bzip2": b"BZh"}


def has_odd_lines(data: bytes) -> bool:
    """Whether engines could cut or read a text's lines otherwise than by line feeds."""
    return data.startswith(BOM) or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n"))


def check_text(path: str, data: bytes) -> None:
    """Raise ValueError naming the first byte that is not UTF-8, the only encoding Glue reads."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        packed = next((kind for kind, mark in _PACKED.items() if data.startswith(mark)), None)
        if packed:
            raise ValueError(
                f"{path} is not UTF-8 text but compressed: name it *{EXTENSIONS[packed]}, or give "
                f"compressionType={packed!r}"
            ) from error
        byte = f"byte {error.start} is 0x{data[error.start]:02x}"
        raise ValueError(f"{path} is not UTF-8 text: {byte}; convert the file, Glue reads no other encoding") from error


def read_tail(path: str, size: int) -> bytes:
    """A file's last bytes (all of it when it is shorter)."""
    local = _as_file(path)
    if local is None:
        bucket, key = split_s3(path)
        return _aws.s3().get_object(Bucket=bucket, Key=key, Range=f"bytes=-{size}")["Body"].read()
    with local as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - size))
        return file.read()


def string_list(value: Any) -> list[str]:
    """A list option that may come as a JSON text: `"[\\"**.pdf\\"]"`. Raises ValueError for anything else."""
    parsed = value or []
    if isinstance(value, str):
        try:
            parsed = json.loads(value) if value.lstrip().startswith("[") else [value]
        except ValueError as error:
            raise ValueError(f"{value!r} is neither a text nor a JSON list of texts: {error}") from error
    if not isinstance(parsed, list | tuple | set) or not all(isinstance(item, str) for item in parsed):
        raise ValueError(f"{value!r} is no list of texts")
    return list(parsed)


def flag(options: dict[str, Any], name: str, default: bool = False) -> bool:
    """A Boolean option that may come as text: scripts pass "true" and "false". Raises ValueError for other texts."""
    value = options.get(name, default)
    if not isinstance(value, str):
        return bool(value)
    if value.strip().lower() not in ("true", "false", ""):
        raise ValueError(f"{name} is {value!r}; it must be true or false")
    return value.strip().lower() == "true"


def multi_line(format_options: dict[str, Any]) -> bool:
    """The option that AWS's guide spells in either way."""
    return flag(format_options, "multiLine" if "multiLine" in format_options else "multiline")
