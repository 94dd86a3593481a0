"""How an example of each kind of objective is shown: which kind it is, and what the looks of its tokens mean."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from studio.api import Objective
from studio.core.config import RunConfig
from studio.plugins import objectives
from studio.ui.widgets.token_layout import Token
from studio.ui.wording import count, percent, tr

Kind = Literal["answers", "reading", "gaps", "becomes", "class", "number", "marks", "pairs", "judge", "liked"]


class Look(NamedTuple):
    """One entry of the legend: a sample, a name and a sentence."""

    sample: Token
    name: str
    sentence: str


def kind_of(config: RunConfig) -> Kind:
    """How the examples of a config are shown."""
    return kind_of_objective(objectives()[config.objective.id])


def kind_of_objective(objective: Objective[Any]) -> Kind:
    """By what an objective declares, so that a plugin's are shown as well."""
    roles = {role.id for role in objective.roles}
    if objective.head == "labels":
        return "class"
    if objective.head == "tags":
        return "marks"
    if "rejected" in roles:
        return "judge" if objective.head == "score" else "pairs"
    if objective.head == "score":
        return "number"
    if objective.hides:
        return "gaps"
    if "liked" in roles:
        return "liked"
    if objective.architectures == {"encoder-decoder"}:
        return "becomes"
    return "reading" if "text" in roles else "answers"


def looks(config: RunConfig) -> tuple[Look, ...]:
    """The legend below the examples."""
    kind = kind_of(config)
    cut = Look(
        Token("abc", "cut"), tr("Cut off"), tr("beyond {n} tokens, never seen", n=count(config.train.max_length))
    )
    read = Look(Token("abc"), tr("Only read"), tr("context, teaches nothing"))
    whole = Look(Token("abc"), tr("Only read"), tr("the model reads all of it before it decides"))
    match kind:
        case "reading":
            signs = Look(Token("abc"), tr("Only read"), tr("what stands at the very beginning"))
            return Look(Token("abc", "learnt"), tr("Learnt"), tr("each piece, from those before it")), signs
        case "gaps":
            return _looks_of_gaps(config)
        case "becomes":
            source = Look(Token("abc"), tr("Only read"), tr("the text that it starts from"))
            return _written(), source, cut
        case "class":
            return Look(_note("abc"), tr("Learnt"), tr("the class that the text belongs to")), whole, cut
        case "number":
            return Look(_note("1.5"), tr("Learnt"), tr("the number that belongs to the text")), whole, cut
        case "marks":
            return *_looks_of_marks(config), cut
        case "pairs":
            worse = Look(Token("abc", "learnt", tone="valid"), tr("Avoided"), tr("becomes less likely"))
            return Look(Token("abc", "learnt"), tr("Preferred"), tr("becomes likelier")), worse, read, cut
        case "judge":
            return Look(Token("abc"), tr("Only read"), tr("both are read; the better is to get the higher mark")), cut
        case "liked":
            worse = Look(Token("abc", "learnt", tone="valid"), tr("Avoided"), tr("not liked: becomes less likely"))
            return Look(Token("abc", "learnt"), tr("Preferred"), tr("liked: becomes likelier")), worse, read, cut
        case _:
            return _written(), read, cut


def _written() -> Look:
    return Look(Token("abc", "learnt"), tr("Learnt"), tr("the model is taught to write this"))


def _note(text: str) -> Token:
    return Token(text, "learnt", special=True, note=True)


def _looks_of_gaps(config: RunConfig) -> tuple[Look, ...]:
    """What is hidden changes each time; what may be hidden does not."""
    settings = objectives()[config.objective.id].settings(config.objective.settings)
    share = percent(float(getattr(settings, "share", 0.15)))
    hidden = tr("about {share} of them are hidden each time, and guessed", share=share)
    signs = Look(Token("abc"), tr("Only read"), tr("signs around the text, never hidden"))
    return Look(Token("abc", "learnt"), tr("May be hidden"), hidden), signs


def _looks_of_marks(config: RunConfig) -> tuple[Look, ...]:
    """A word may be several pieces; of these only the first is taught, unless the person wants all."""
    settings = objectives()[config.objective.id].settings(config.objective.settings)
    marked = Look(Token("abc", "learnt"), tr("A mark"), tr("in a colour of its own, with its name behind it"))
    none = Look(Token("abc", "learnt", tone="none"), tr("No mark"), tr("learnt to be nothing of the kind"))
    if getattr(settings, "pieces", "first") != "first":
        return marked, none
    return marked, none, Look(Token("abc"), tr("Only read"), tr("a word’s later pieces"))
