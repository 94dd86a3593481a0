"""Numbers as they are typed and stepped: no grouping, no exponents, 1 2 5 10 where a range spans decades."""

from __future__ import annotations


def plain_number(value: float) -> str:
    """A number as it is typed: no grouping, no trailing zeros, no exponent down to 1e-10."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    said = f"{value:.12f}".rstrip("0")
    # Twelve places would hide digits of a very small number.
    return said if abs(value) >= 1e-9 else repr(value)


def normal(text: str) -> str:
    return text.strip().replace(",", ".").replace("−", "-").replace(" ", "")


def wants_factors(low: float, high: float, whole: bool) -> bool:
    if low < 0:
        return False
    if whole:
        return high >= 1e15 or high / max(low, 1) > 256
    return high < 0.2 or (low > 0 and high / low >= 1000)


def plain_step(low: float, high: float) -> float:
    span = high - low
    return 1.0 if span > 50 else 0.1 if span > 2 else 0.05 if span > 0.5 else 0.01


def next_of_series(value: float, up: bool, whole: bool = False) -> float:
    """The next number of the series 1, 2, 5, 10 (whole numbers: the next power of two) above or below `value`."""
    if whole:
        power = 1
        while power <= value if up else power * 2 < value:
            power *= 2
        return float(power) if up or value > 1 else 0.0
    if value <= 0:
        return 1e-6 if up else 0.0
    series = [m * 10.0**e for e in range(-12, 13) for m in (1, 2, 5)]
    slack = value * 1e-9
    above = [float(f"{s:.0e}") for s in series if s > value + slack]
    below = [float(f"{s:.0e}") for s in series if s < value - slack]
    return above[0] if up else below[-1] if below else 0.0
