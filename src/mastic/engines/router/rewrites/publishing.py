"""Where a write goes: what Sail wrote aside becomes a folder's files, or a prefix's objects."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from mastic.engines.router.errors import analysis_error
from mastic.engines.router.pb import Unproven
from mastic.engines.router.rewrites import files, objects

Made = list[tuple[tuple[str, ...], Path]]  # partition folders, and the file under its final name


def target(path: str, root: Path | None) -> Target:
    """The target at a local path, or at `s3://bucket/key`; `root` holds the bucket folders."""
    return Prefix(path) if files.is_object(path) else Folder(path, root)


@dataclass(frozen=True)
class Target(ABC):
    """The place a write was asked to fill."""

    path: str

    @abstractmethod
    def check(self, shown: str) -> None:
        """Raise the error of a bucket that is not there."""

    @abstractmethod
    def exists(self) -> bool:
        """Whether something is there already."""

    @abstractmethod
    def staging(self) -> Path:
        """A folder for Sail that no reader lists."""

    @abstractmethod
    def replace(self, made: Made, staging: Path) -> None:
        """The files take the place of all that is there; `_SUCCESS` comes last."""

    @abstractmethod
    def merge(self, made: Made, replaced: set[tuple[str, ...]]) -> None:
        """Add the files, `_SUCCESS` last. Partitions in `replaced` are emptied first; Spark marks no such write."""


@dataclass(frozen=True)
class Folder(Target):
    """A folder of this machine: publishing is renaming."""

    root: Path | None

    @property
    def _path(self) -> Path:
        return Path(self.path)

    @property
    def _bucket(self) -> Path | None:
        if self.root is None or self.root not in self._path.parents:
            return None
        return self.root / self._path.relative_to(self.root).parts[0]

    def check(self, shown: str) -> None:
        """S3 refuses to write where there is no bucket; a folder would just be made."""
        bucket = self._bucket
        if bucket is not None and not bucket.is_dir():
            raise analysis_error(
                "PATH_NOT_FOUND",
                "42K03",
                f"Path does not exist: {shown}. There is no bucket {bucket.name!r}; create it first.",
            )

    def exists(self) -> bool:
        return self._path.exists()

    def staging(self) -> Path:
        """Beside the target, on the same file system."""
        beside = self.root if self.root is not None and self._bucket is not None else self._path.parent
        return beside / f".mastic-staging-{uuid.uuid4().hex}"

    def replace(self, made: Made, staging: Path) -> None:
        """Swap the whole target: readers see the old files or the new ones."""
        fresh = staging.with_name(staging.name + "-new")
        for folders, path in made:
            (fresh.joinpath(*folders)).mkdir(parents=True, exist_ok=True)
            path.rename(fresh.joinpath(*folders, path.name))
        fresh.mkdir(parents=True, exist_ok=True)
        if not self._path.exists():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.rename(self._path)
        else:
            old = staging.with_name(staging.name + "-old")
            self._path.rename(old)
            fresh.rename(self._path)
            shutil.rmtree(old, ignore_errors=True)
        (self._path / "_SUCCESS").touch()

    def merge(self, made: Made, replaced: set[tuple[str, ...]]) -> None:
        for folders in replaced:
            shutil.rmtree(self._path.joinpath(*folders), ignore_errors=True)
        self._path.mkdir(parents=True, exist_ok=True)
        for folders, path in made:
            folder = self._path.joinpath(*folders)
            folder.mkdir(parents=True, exist_ok=True)
            path.rename(folder / path.name)
        if not replaced:
            (self._path / "_SUCCESS").touch()


@dataclass(frozen=True)
class Prefix(Target):
    """A prefix at an endpoint: objects are uploaded unseen, then shown together."""

    def check(self, shown: str) -> None:
        if not objects.address(self.path)[1]:
            raise Unproven("write to a whole bucket")

    def exists(self) -> bool:
        found = objects.store().look(self.path)
        if found is not None and found.file is not None:
            raise Unproven("write to a path that is an object")
        return found is not None

    def staging(self) -> Path:
        return Path(tempfile.gettempdir()) / f"mastic-staging-{uuid.uuid4().hex}"

    def replace(self, made: Made, staging: Path) -> None:
        self._publish(made, [()])
        self._mark()

    def merge(self, made: Made, replaced: set[tuple[str, ...]]) -> None:
        self._publish(made, sorted(replaced))
        if not replaced:
            self._mark()

    def _publish(self, made: Made, replaced: list[tuple[str, ...]]) -> None:
        held = objects.store()
        bucket, key = objects.address(self.path)
        new = [("/".join((key, *folders, path.name)), path) for folders, path in made]
        publication = objects.Publication(held.client, bucket)
        publication.stage(new)
        try:
            old = [name for folders in replaced for name in held.keys("/".join((self.path, *folders)))]
        except BaseException:
            publication.abort()
            raise
        publication.commit(old)

    def _mark(self) -> None:
        bucket, key = objects.address(self.path)
        objects.store().client.put_object(Bucket=bucket, Key=f"{key}/_SUCCESS", Body=b"")
