"""Mending broken characters: text that was read in the wrong encoding somewhere on its way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from studio.api import Cleaner, Dropped, Kept, Settings, setting
from studio.builtin.conversations import with_each_text

_PLAIN = re.compile(r"[\t\n\r\x20-\x7e]*")
_MIXED_BACK = re.compile("\ufffd{2,}")


class RepairSettings(Settings):
    """What is mended."""

    encoding: bool = setting(
        True,
        "Mend wrongly read letters",
        term="mojibake",
        help="Turns “cafÃ©” back into “café”. Text that is right is left as it is.",
        level="basic",
    )
    control: bool = setting(
        True,
        "Remove invisible control characters",
        help="Takes out characters that no one can see and that only confuse a model.",
        level="basic",
    )
    entities: bool = setting(
        False,
        "Turn &amp; codes from web pages into characters",
        term="HTML entities",
        help="Turns “&amp;amp;” into “&amp;”. Leave it off where your texts are about web pages.",
    )


class Repair(Cleaner[RepairSettings]):
    """Mends characters; drops nothing."""

    id = "repair"
    title = "Repair broken characters"
    summary = "Mends letters that were garbled on their way, such as “cafÃ©” for “café”."
    explanation = (
        "When a file is saved in one encoding and opened in another, letters with accents and curly quotation marks "
        "turn into strings of odd signs. This step recognises such strings and turns them back. A model would "
        "otherwise learn to write them."
    )
    order = 10
    Settings = RepairSettings

    def clean(
        self, rows: Iterable[dict[str, str]], roles: Mapping[str, str], settings: RepairSettings
    ) -> Iterator[Kept | Dropped]:
        mend = _mender(settings)
        used = [(column, role) for column, role in roles.items() if role]
        for row in rows:
            for column, role in used:
                cell = row.get(column, "")
                if not _PLAIN.fullmatch(cell) or "&" in cell or "\\u00" in cell:
                    row[column] = with_each_text(cell, role, mend)
            yield Kept(row)


def _mender(settings: RepairSettings) -> Callable[[str], str]:
    """The function that mends one text. Quotation marks, ligatures and accents that are right stay as they are."""
    import ftfy

    choices = ftfy.TextFixerConfig(
        unescape_html=settings.entities,
        fix_encoding=settings.encoding,
        restore_byte_a0=settings.encoding,
        replace_lossy_sequences=False,
        decode_inconsistent_utf8=settings.encoding,
        fix_c1_controls=settings.encoding,
        remove_terminal_escapes=settings.control,
        remove_control_chars=settings.control,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        fix_surrogates=True,
        normalization=None,
    )

    def mend(text: str) -> str:
        return text if _PLAIN.fullmatch(text) and not settings.entities else ftfy.fix_text(text, choices)

    return mend
