"""`python -m resources.make`: makes the starter models, their cards and the sample, or some of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from resources.make import cards, general, sample, starters

RESOURCES = Path(__file__).parent.parent


def main() -> int:
    """Makes what is named on the command line, by default everything."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    plan = starters.FULL.scaled(arguments.share)
    folder: Path = arguments.folder
    makers: dict[str, Callable[[], None]] = {
        "decoder": lambda: starters.make_decoder(folder / "starters/decoder", plan.decoder, _say),
        "encoder": lambda: starters.make_encoder(folder / "starters/encoder", plan.encoder, _say),
        "encoder-decoder": lambda: starters.make_encoder_decoder(
            folder / "starters/encoder-decoder", plan.encoder_decoder, _say
        ),
        "cards": lambda: cards.write_cards(folder / "starters", _say),
        "general": lambda: general.write_general(folder / "general"),
        "sample": lambda: sample.write_sample(folder / "samples/museum-help-desk"),
    }
    for name in arguments.parts or makers:
        _say(f"== {name}")
        makers[name]()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m resources.make", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", help="decoder, encoder, encoder-decoder, cards, general, sample; default: all"
    )
    parser.add_argument("--folder", type=Path, default=RESOURCES, help="where to write")
    parser.add_argument("--share", type=float, default=1.0, help="share of the training steps, for a short try")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
