"""`studio VERB …`: understand the words, do the verb, tell the answer and end with its exit code."""

from __future__ import annotations

import contextlib
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import Any

from studio.cli import data, demo, faults, joining, projects, results, training
from studio.cli.console import Answer, Console, let_go_of_output, open_console
from studio.cli.faults import UsageError
from studio.cli.parser import VERBS, Parser, build, unknown_verb, verb_in
from studio.core.problem import StudioError

DONE, TOLD, USAGE = 0, 1, 2

DO: dict[str, Callable[[Namespace, Console], Answer]] = {
    "new": projects.new,
    "import": data.bring_in,
    "clean": data.clean,
    "prepare": data.prepare,
    "models": projects.known,
    "estimate": projects.estimate,
    "train": training.train,
    "export-job": training.export_job,
    "join": joining.join,
    "resume": training.resume,
    "pause": training.pause,
    "stop": training.stop,
    "runs": training.listed,
    "follow": training.follow,
    "evaluate": results.evaluate,
    "generate": results.generate,
    "export": results.export,
    "demo": demo.demo,
    "doctor": projects.doctor,
}


def main(words: Sequence[str] | None = None) -> int:
    """Do one command; returns the exit code. Nothing but the answer goes to standard output."""
    words = list(sys.argv[1:] if words is None else words)
    console = open_console()
    try:
        return _main(words, console)
    except BrokenPipeError:
        let_go_of_output()
        return DONE


def _main(words: list[str], console: Console) -> int:
    as_json = "--json" in words
    verb = verb_in(words)
    try:
        parser = build()
        if verb is not None and verb not in VERBS:
            raise unknown_verb(verb)
        if "-h" in words or "--help" in words:
            return _tell(Answer({"help": (text := _help(parser, verb))}, (text.rstrip(),)), verb, as_json, console)
        if verb is None and "--version" not in words:
            raise UsageError("No verb was given.", f"The verbs are: {', '.join(VERBS)}. For more: studio --help")
        args = parser.parse_args(words)
        with contextlib.redirect_stdout(sys.stderr):
            answer = DO[args.verb](args, console)
        return _tell(answer, verb, as_json, console)
    except UsageError as error:
        return _refuse(error.told(), verb, as_json, console, USAGE)
    except KeyboardInterrupt:
        return _refuse(_interrupted(), verb, as_json, console, TOLD)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the edge: every failure is told in words
        return _refuse(faults.told(error, words), verb, as_json, console, TOLD)


def _help(parser: Parser, verb: str | None) -> str:
    """What the program, or one verb, takes."""
    if verb is None:
        return parser.format_help()
    choices: dict[str, Any] = next(action.choices for action in parser._actions if action.dest == "verb")  # type: ignore[assignment]
    return choices[verb].format_help()


def _tell(answer: Answer, verb: str | None, as_json: bool, console: Console) -> int:
    """The answer, as JSON or in sentences. One that carries an error counts as told."""
    if answer.error:
        return _refuse(answer.error, verb, as_json, console, TOLD, answer.fields)
    if as_json and not answer.printed:
        console.answer({"ok": True, "verb": verb, **answer.fields})
    elif not as_json:
        for sentence in answer.sentences:
            console.line(sentence)
    return DONE


def _refuse(
    error: StudioError,
    verb: str | None,
    as_json: bool,
    console: Console,
    code: int,
    fields: dict[str, Any] | None = None,
) -> int:
    """What went wrong: as JSON on standard output, else in words on standard error."""
    console.clear()
    if as_json:
        console.answer({"ok": False, "verb": verb, "error": error.as_dict(), **(fields or {})})
    else:
        for part in (error.happened, error.data, error.remedy):
            if part:
                console.say(part)
    return code


def _interrupted() -> StudioError:
    return StudioError(
        "stopped",
        "Stopped.",
        data="What was saved before is safe; a run that was started goes on by itself.",
        remedy="Start it again when you like.",
    )
