"""Numbers and sentences as people read them. Every text that a person reads goes through `tr`."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Literal

from PySide6.QtCore import QCoreApplication

Rounding = Literal["near", "up", "down"]
_CONTEXT = "studio"


def tr(text: str, **values: object) -> str:
    """The text in the person's language, with `{name}` places filled. What is filled in is never interpreted."""
    said = QCoreApplication.translate(_CONTEXT, text)
    return said.format(**values) if values else said


def plural(number: int, one: str, many: str, **values: object) -> str:
    """`one` or `many` by the number, with `{n}` filled as a grouped number: plural(3, "{n} row", "{n} rows")."""
    return tr(one if number == 1 else many, n=count(number), **values)


def count(number: float) -> str:
    """A whole number with thousands grouped: 4,303."""
    return f"{round(number):,}"


def size(number_of_bytes: float, rounding: Rounding = "near") -> str:
    """A file's or disk's size in decimal units: 74 MB, 3.4 GB. Needs are rounded up, what is free is rounded down."""
    return _scaled(number_of_bytes, 1000, rounding)


def memory(number_of_bytes: float, rounding: Rounding = "near") -> str:
    """Memory in binary units under the names people know: a 12 GB card says 12 GB."""
    return _scaled(number_of_bytes, 1024, rounding)


def memory_of(used: float, total: float, rounding: Rounding = "up") -> str:
    """5.4 of 12 GB: both in the unit of the total."""
    step, unit = _unit(total, 1024)
    # Near the limit one decimal matters: 11.2 of 12 must not read as 12 of 12.
    said = _figure(used / step, rounding, 1 if total / step < 100 else 0)
    return tr("{used} of {total} {unit}", used=said, total=_figure(total / step), unit=unit)


def _unit(number: float, base: int) -> tuple[float, str]:
    step, units = 1.0, ["bytes", "KB", "MB", "GB", "TB"]
    unit = 0
    # 999.5 of one unit already reads as 1 of the next.
    while unit < len(units) - 1 and abs(number) / step >= base * 0.9995:
        step, unit = step * base, unit + 1
    return step, tr(units[unit])


def _scaled(number: float, base: int, rounding: Rounding) -> str:
    step, unit = _unit(number, base)
    return f"{_figure(number / step, rounding)} {unit}"


def _figure(value: float, rounding: Rounding = "near", places: int | None = None) -> str:
    if places is None:
        places = 0 if abs(value) >= 9.95 or value == int(value) else 1
    shift = 10**places
    turn = {"near": round, "up": math.ceil, "down": math.floor}[rounding]
    # 1e-9 keeps 3.4 from becoming 3.5 through binary fractions when rounding up.
    nudge = {"near": 0.0, "up": -1e-9, "down": 1e-9}[rounding]
    rounded = turn(value * shift + nudge) / shift
    return f"{rounded:,.{places}f}".removesuffix(".0")


def duration(seconds: float) -> str:
    """How long something takes, as one rounded amount: 40 s, 12 min, 1 h 20 min, 3 days."""
    if seconds < 1:
        return tr("under a second")
    if seconds < 59.5:
        return tr("{n} s", n=round(seconds))
    minutes = round(seconds / 60)
    if minutes < 60:
        return tr("{n} min", n=minutes)
    if minutes < 48 * 60:
        hours, rest = divmod(minutes, 60)
        return tr("{h} h {m} min", h=hours, m=rest) if rest and hours < 10 else tr("{h} h", h=round(minutes / 60))
    return tr("{n} days", n=count(minutes / 1440))


def time_left(seconds: float | None) -> str:
    """12 min left; says so when it is not yet known."""
    if seconds is None:
        return tr("time not known yet")
    if seconds < 20:
        return tr("a few seconds left")
    return tr("{time} left", time=duration(seconds))


def percent(share: float, places: int | None = None) -> str:
    """A share from 0 to 1 as a percentage: 1.2 %, 41 %, 0.002 %; a small share keeps one figure."""
    value = share * 100
    if places is None:
        places = 0 if abs(value) >= 9.95 or value == 0 else max(1, -math.floor(math.log10(abs(value))))
    said = f"{value:.{places}f}".replace("-", "−")
    return f"{said.rstrip('0').rstrip('.') if '.' in said else said} %"


def number(value: float, figures: int = 3) -> str:
    """A measured number with so many significant figures, never in exponent form above 1e-7: 0.0002, 2.7, 1,290."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    places = max(0, figures - 1 - math.floor(math.log10(abs(value))))
    if places > 9:
        return f"{value:.{figures - 1}e}"
    said = f"{value:,.{places}f}"
    return said.rstrip("0").rstrip(".") if "." in said else said


def parameters(number_of_weights: float) -> str:
    """How large a model is: 1.5 B, 139 M, 26 K."""
    for step, letter in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if number_of_weights >= step * 0.9995:
            return f"{_figure(number_of_weights / step)} {letter}"
    return count(number_of_weights)


def clock(moment: datetime) -> str:
    """15:40."""
    return f"{moment:%H:%M}"


def when(moment: datetime, now: datetime) -> str:
    """How long ago, as people say it: now, 12 min ago, today 09:15, yesterday, 3 June, 3 June 2024."""
    seconds = (now - moment).total_seconds()
    days = (now.date() - moment.date()).days
    if 0 <= seconds < 60:
        return tr("now")
    if 0 <= seconds < 3600:
        return tr("{time} ago", time=duration(seconds))
    if days == 0:
        return tr("today {time}", time=clock(moment))
    if days == 1:
        return tr("yesterday")
    day = f"{moment.day} {tr(moment.strftime('%B'))}"
    return day if moment.year == now.year else f"{day} {moment.year}"


def shortened(text: str, limit: int = 60) -> str:
    """At most `limit` characters of data on one line, with an ellipsis; line breaks become spaces."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def run_name(run: str) -> str:
    """Run 7, for the id run-7; a run that is called otherwise keeps its name."""
    head, _, tail = run.rpartition("-")
    return tr("Run {n}", n=tail) if head == "run" and tail.isdigit() else run
