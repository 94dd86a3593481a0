"""Which encoding a text file is in, and its lines in flat memory.

UTF-8 is verified over the whole file, because a sample can't prove it; anything else is judged from a bounded sample.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path

from studio.api import StudioError
from studio.builtin.readers import alphabets

BLOCK = 1 << 20
SAMPLE = 1 << 16
LINE_LIMIT = 1 << 24
"""Longest line that is read, in characters. What is longer is cut off, so that no file can fill the memory."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH = re.compile(rb"[^\x00-\x7f]")
_STRAY_SHARE = 0.05
_CONTROLS = bytes([*range(1, 9), *range(14, 26)])
"""Characters that text has no use for; the others separate fields or fill them up in some old files."""
_CONTROL_SHARE = 0.02
_WESTERN = "cp1252"
_SURE = 0.97


def encoding_of(path: Path, chosen: str = "") -> str:
    """The file's encoding by its Python name. `chosen` is the person's word and is only checked to exist.

    Raises StudioError for a file that holds no text."""
    if chosen:
        return _known(chosen)
    facts = path.stat()
    return _found(path, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=32)
def _found(path: Path, size: int, changed: int) -> str:
    """The encoding of a file as it is now; remembered, because several readers may look at the same file."""
    with path.open("rb") as file:
        start = file.read(SAMPLE)
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name
    if b"\x00" in start and (wide := _without_mark(start)):
        return wide
    _refuse_no_text(path, start)
    good, strays, sample = _verify(path)
    if strays <= good * _STRAY_SHARE:
        return "utf-8"
    return _judged(sample)


def _refuse_no_text(path: Path, start: bytes) -> None:
    """A stray control character happens in text; many of them are a picture, a program or noise."""
    controls = len(start) - len(start.translate(None, _CONTROLS))
    if controls > _CONTROL_SHARE * len(start):
        raise StudioError(
            "other-kind-of-file",
            f"{path.name[:60]} does not hold text.",
            data="The file is unchanged; nothing was imported.",
            remedy="Choose a file with text in it, or save this one as CSV, JSON or plain text and import that.",
        )


def _known(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise StudioError(
            "unknown-encoding",
            f"There is no text encoding called {name[:60]}.",
            data="The file is unchanged.",
            remedy="Choose another encoding, or leave it empty so that it is found out.",
        ) from None


def _without_mark(start: bytes) -> str:
    """UTF-16 or UTF-32 without a byte-order mark: zero bytes stand in fixed places, also beside the line ends."""
    zeros = [start[place::4].count(0) / max(1, len(start[place::4])) for place in range(4)]
    if min(zeros[2], zeros[3]) > 0.9 > zeros[0]:
        return "utf-32-le"
    if min(zeros[0], zeros[1]) > 0.9 > zeros[3]:
        return "utf-32-be"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    name, ends = ("utf-16-le", start.count(b"\n\x00")) if odd > even else ("utf-16-be", start.count(b"\x00\n"))
    fixed = min(even, odd) <= 0.2 * max(even, odd)
    return name if fixed and max(even, odd) > 0.04 and (ends or max(even, odd) > 0.6) else ""


def _verify(path: Path) -> tuple[int, int, bytes]:
    """How many characters beyond ASCII are right UTF-8 and how many bytes are not, and a sample of their lines.

    Right ones are counted only until a wrong one is seen and in blocks with wrong ones, which is where it matters.
    """
    good = strays = 0
    sample = b""
    for block in _whole_lines(path):
        try:
            block.decode("utf-8")
            good += 0 if block.isascii() else len(_HIGH.findall(block[:SAMPLE]))
            continue
        except UnicodeDecodeError:
            pass
        text = block.decode("utf-8", errors="surrogateescape")
        wrong = sum("\udc80" <= character <= "\udcff" for character in text)
        strays += wrong
        good += sum(character > "\x7f" for character in text) - wrong
        if len(sample) < SAMPLE:
            sample += b"\n".join(line for line in block.splitlines() if not line.isascii())[: SAMPLE - len(sample)]
        if strays > 10_000 and strays > good:
            break
    return good, strays, sample


def _whole_lines(path: Path) -> Iterator[bytes]:
    """The file in blocks that end with a line (or, in a file without lines, at an ASCII character or the limit)."""
    rest = b""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            block = rest + block
            end = block.rfind(b"\n") + 1 or (0 if len(block) < 4 * BLOCK else _last_ascii(block))
            rest = block[end:]
            if end:
                yield block[:end]
    if rest:
        yield rest


def _last_ascii(block: bytes) -> int:
    for back in range(1, 8):
        if block[-back] < 0x80:
            return len(block) - back + 1
    return len(block)


def _judged(sample: bytes) -> str:
    """The likeliest encoding of text that is not UTF-8: the one that gives letters of one Latin language, else what
    charset-normalizer finds. Windows' own comes first among equals."""
    best, share = _WESTERN, 0.0
    for name in alphabets.ENCODINGS:
        signs = alphabets.signs_of(sample.decode(name, errors="replace"))
        for letters in alphabets.LANGUAGES:
            if (fits := alphabets.share_of(signs, letters)) > share + 0.001:
                best, share = name, fits
    signs = alphabets.signs_of(sample.decode(_WESTERN, errors="replace"))
    western = alphabets.share_of(signs, alphabets.WESTERN)
    if share >= _SURE or western >= _SURE:
        return best if share >= western else _WESTERN
    from charset_normalizer import from_bytes

    found = from_bytes(sample[:SAMPLE]).best()
    return found.encoding if found else _WESTERN


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """In a file that is UTF-8 but for a few lines, the odd bytes come from Windows text pasted in: read them so."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode(_WESTERN, errors="replace"), error.end


def error_handling(encoding: str) -> str:
    """The name of what happens to bytes that do not fit the encoding."""
    if not encoding.startswith("utf-8"):
        return "replace"
    codecs.register_error("studio-windows", _as_windows)
    return "studio-windows"


def sample_of(path: Path, encoding: str, characters: int = 4 * SAMPLE) -> list[str]:
    """The first whole lines, with their ends. The last line is left out when the sample ends inside it."""
    with path.open(encoding=encoding, errors=error_handling(encoding), newline="") as file:
        text = file.read(characters)
        cut = bool(file.read(1))
    lines = _split(text)
    return lines[:-1] if cut and len(lines) > 1 else lines


def _split(text: str) -> list[str]:
    """Lines as a file gives them: split at line feeds and returns only, not at Unicode's other separators."""
    return [line for line in re.split(r"(?<=\n)|(?<=\r)(?!\n)", text) if line]


def lines_of(path: Path, encoding: str) -> Iterator[str]:
    """Every line with its end. One of LINE_LIMIT characters is the beginning of a longer one; its rest is skipped."""
    with path.open(encoding=encoding, errors=error_handling(encoding), newline="") as file:
        for line in iter(partial(file.readline, LINE_LIMIT), ""):
            if len(line) == LINE_LIMIT and line[-1] not in "\r\n":
                for more in iter(partial(file.readline, LINE_LIMIT), ""):
                    if more[-1] in "\r\n":
                        break
            yield line


def too_long(line: str) -> bool:
    """Whether `lines_of` had to cut this line."""
    return len(line) == LINE_LIMIT and line[-1] not in "\r\n"


def too_long_reason() -> str:
    """Why such a line is set aside, in words."""
    return f"This line is longer than {LINE_LIMIT:,} characters."


def excerpt(text: str) -> str:
    """The beginning of a part that is set aside, for showing."""
    return text[:200].rstrip("\r\n")
