"""Folders that are whole or not there: written aside, flushed, listed with their hashes, then renamed into place."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

MANIFEST = "manifest.json"
WINDOWS_DISK_FULL = (39, 112)


@contextmanager
def staged(target: Path, before_rename: Callable[[], None] = lambda: None, *, listed: bool = True) -> Iterator[Path]:
    """A folder to write into; at the end it becomes `target`, replacing what was there. After a crash at any
    moment `target` is the old folder or the new one (or gone for an instant while it is replaced), never half.

    `before_rename` runs when all is on the disk and nothing is visible yet. `listed` writes the manifest by which
    `is_whole` can check it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = target.with_name(f".{target.name}.part")
    remove(staging)
    staging.mkdir()
    try:
        yield staging
        files = flush(staging)
        if listed:
            write_manifest(staging, files)
        before_rename()
        _replace(staging, target)
    except SafetensorError as error:
        shutil.rmtree(staging, ignore_errors=True)
        raise as_system_error(error) from error
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def as_system_error(error: SafetensorError) -> Exception:
    """What the system refused while weights were written, as the OSError that it is; else the error itself."""
    found = re.search(r"os error (\d+)", str(error))
    if not found:
        return error
    number = int(found[1])
    if os.name == "nt" and number in WINDOWS_DISK_FULL:
        number = errno.ENOSPC
    return OSError(number, os.strerror(number))


def _replace(staging: Path, target: Path) -> None:
    old = target.with_name(f".{target.name}.old")
    remove(old)
    if target.exists():
        os.replace(target, old)
    os.replace(staging, target)
    sync(target.parent)
    remove(old)


def flush(folder: Path) -> list[Path]:
    """Bring every file of the folder to the disk; returns them, in order."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in files:
        sync(path)
    for inner in sorted({path.parent for path in files} | {folder}):
        sync(inner)
    return files


def write_manifest(folder: Path, files: list[Path]) -> None:
    """List each file with its size and sha256, last of all."""
    facts = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256(path)} for path in files
    }
    with (folder / MANIFEST).open("w", encoding="utf-8") as file:
        json.dump({"files": facts}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    sync(folder)


def is_whole(folder: Path) -> bool:
    """Whether the folder holds exactly what its manifest lists, bit for bit."""
    try:
        listed = json.loads((folder / MANIFEST).read_bytes())["files"]
        return all(
            (folder / name).stat().st_size == facts["bytes"] and sha256(folder / name) == facts["sha256"]
            for name, facts in listed.items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def remove(folder: Path) -> None:
    """Remove a folder; its manifest goes first, so that what is left after a crash is not taken for whole."""
    if folder.exists():
        (folder / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(folder)


def sha256(path: Path) -> str:
    """The file's sha256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Make a file, or a folder's entries, survive a power cut (folders where the system can)."""
    if path.is_dir() and os.name != "posix":
        return
    flags = os.O_RDONLY if os.name == "posix" else os.O_RDWR
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
