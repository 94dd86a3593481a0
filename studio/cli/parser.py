"""The verbs and their arguments."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, get_args

from studio import __version__
from studio.api import Joining
from studio.cli.faults import UsageError
from studio.core.config import Goal
from studio.services import templates

Add = Callable[[argparse.ArgumentParser], None]
PROGRAM = "studio"


class Parser(argparse.ArgumentParser):
    """A parser whose refusals are sentences, told by whoever called it, and whose help is a value."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "allow_abbrev": False, "add_help": False})

    def error(self, message: str) -> NoReturn:
        usage = " ".join(self.format_usage().split()).removeprefix("usage: ")
        raise UsageError(_sentence(message), f"It is written like this: {usage}")


def _sentence(message: str) -> str:
    """argparse's words as a sentence."""
    words = message.removeprefix("argument ").strip()
    replaced = {
        "the following arguments are required:": "This is missing:",
        "unrecognized arguments:": "This is not understood:",
    }
    for before, after in replaced.items():
        words = words.replace(before, after)
    return words[:1].upper() + words[1:].rstrip(".") + "."


def build() -> Parser:
    """The whole command line."""
    parser = Parser(prog=PROGRAM, description="Fine-tune a language model on your own examples, on your own computer.")
    _always(parser)
    parser.add_argument("--version", action="version", version=f"Fine-Tuning Studio {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", parser_class=Parser)
    for name, (summary, add) in VERBS.items():
        verb = verbs.add_parser(name, prog=f"{PROGRAM} {name}", help=summary, description=summary)
        _always(verb)
        add(verb)
    return parser


def _always(parser: argparse.ArgumentParser) -> None:
    nothing = argparse.SUPPRESS
    parser.add_argument("-h", "--help", action="store_true", default=nothing, help="say what this verb takes")
    parser.add_argument("--json", action="store_true", default=nothing, help="answer with one JSON object")


def unknown_verb(word: str) -> UsageError:
    """The refusal of a verb that is none, with the nearest that is one."""
    near = difflib.get_close_matches(word, VERBS, n=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    return UsageError(f"There is no verb called {word}.", f"{guess}The verbs are: {', '.join(VERBS)}.")


def verb_in(words: Sequence[str]) -> str | None:
    """The word that stands where the verb should."""
    return next((word for word in words if not word.startswith("-")), None)


def _project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="P", help="the project's folder")


def _run(parser: argparse.ArgumentParser) -> None:
    _project(parser)
    parser.add_argument("run", metavar="RUN", help="the run, as `runs` lists it")


def _new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="P", help="a folder that is empty or does not exist yet")
    parser.add_argument("--goal", choices=get_args(Goal), default="answer", help="what the model should learn to do")


def _import(parser: argparse.ArgumentParser) -> None:
    _project(parser)
    parser.add_argument("files", metavar="FILE", nargs="+", help="CSV, TSV, JSON, JSONL or plain text")
    parser.add_argument("--format", metavar="ID", default="", help="how to read it, where the guess is wrong")
    parser.add_argument("--role", metavar="COLUMN=ROLE", action="append", default=[], help="what a column is")


def _recipe(parser: argparse.ArgumentParser) -> None:
    _project(parser)
    parser.add_argument("--recipe", metavar="F", default="", help="a TOML or JSON file with the cleaning steps")


def _prepare(parser: argparse.ArgumentParser) -> None:
    _recipe(parser)
    _model(parser)
    _template(parser)


def _model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="M", default="", help="a model folder, or decoder, the starter")


def _template(parser: argparse.ArgumentParser) -> None:
    offered = ", ".join(choice.id for choice in templates.choices())
    parser.add_argument("--template", metavar="T", default="", help=f"the chat template: own, {offered}, or a file")


def _models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--add", metavar="FOLDER", default="", help="remember a model folder")


def _settings(parser: argparse.ArgumentParser) -> None:
    _project(parser)
    _model(parser)
    _template(parser)
    parser.add_argument("--config", metavar="F", default="", help="a TOML or JSON file of the RunConfig's shape")
    parser.add_argument("--set", metavar="K=V", action="append", default=[], help="one setting, like train.epochs=2")
    parser.add_argument("--steps", metavar="N", type=_count, default=0, help="steps at most")


def _estimate(parser: argparse.ArgumentParser) -> None:
    _settings(parser)
    parser.add_argument("--quick", action="store_true", help="by the model's size alone, at once")


def _train(parser: argparse.ArgumentParser) -> None:
    _settings(parser)
    parser.add_argument("--processes", metavar="N", type=_count, default=0, help="train on so many at once")
    _detach(parser)


def _export_job(parser: argparse.ArgumentParser) -> None:
    _settings(parser)
    parser.add_argument("--nodes", metavar="N", type=_count, default=1, help="computers")
    parser.add_argument("--processes", metavar="N", type=_count, default=1, help="processes on each: its cards")
    parser.add_argument("--out", metavar="DIR", required=True, help="where the scripts go")


def _join(parser: argparse.ArgumentParser) -> None:
    _project(parser)
    parser.add_argument("runs", metavar="RUN[=SHARE]", nargs="+", help="two runs or more; a share is 1 unless said")
    ways = "add the changes up, or thin them out first"
    parser.add_argument("--way", choices=get_args(Joining), default="linear", help=ways)


def _resume(parser: argparse.ArgumentParser) -> None:
    _run(parser)
    _detach(parser)


def _detach(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--detach", action="store_true", help="return at once; the run goes on by itself")


def _evaluate(parser: argparse.ArgumentParser) -> None:
    _run(parser)
    parser.add_argument("--split", choices=("train", "validation", "test"), default="test")


def _generate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="P", nargs="?", default="", help="the project's folder")
    parser.add_argument("run", metavar="RUN", nargs="?", default="", help="the run whose model answers")
    _model(parser)
    parser.add_argument("--prompt", metavar="TEXT", required=True, help="what it is asked")
    parser.add_argument("--system", metavar="TEXT", default="", help="how it should behave")
    parser.add_argument("--max-tokens", metavar="N", type=_count, default=128, help="the longest answer")


def _export(parser: argparse.ArgumentParser) -> None:
    _run(parser)
    parser.add_argument("--to", metavar="ID", required=True, help="adapter or merged")
    parser.add_argument("--out", metavar="DIR", required=True, help="a folder that is empty or does not exist yet")


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", metavar="DIR", required=True, help="where the sample project goes")


def _doctor(parser: argparse.ArgumentParser) -> None:
    """Takes nothing."""


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return number


_count.__name__ = "whole number"

VERBS: dict[str, tuple[str, Add]] = {
    "new": ("make a project", _new),
    "import": ("bring files in", _import),
    "clean": ("apply the recipe and say what each step does", _recipe),
    "prepare": ("clean, divide, and count tokens", _prepare),
    "models": ("list the models that are known here", _models),
    "estimate": ("say what a run would need", _estimate),
    "train": ("start a run and wait for it", _train),
    "export-job": ("write what a scheduler needs to train", _export_job),
    "join": ("make one run of several", _join),
    "resume": ("go on with a run", _resume),
    "pause": ("let a run wait", _run),
    "stop": ("end a run, keeping its best weights", _run),
    "runs": ("list the runs of a project", _project),
    "follow": ("print a run's events as lines of JSON until it ends", _run),
    "evaluate": ("measure before and after", _evaluate),
    "generate": ("let a model answer", _generate),
    "export": ("take a tuned model away", _export),
    "demo": ("take the sample all the way", _demo),
    "doctor": ("say what this computer has and lacks", _doctor),
}
