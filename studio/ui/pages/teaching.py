"""What Explain says of a step when nothing in particular is in hand: what the step is for, in a few sentences."""

from __future__ import annotations

from studio.ui.widgets.explain import Explanation
from studio.ui.wording import tr


def page_explanation(page: str) -> Explanation:
    """The explanation of a page."""
    title, *paragraphs = _WORDS[page]
    return Explanation(tr(title), paragraphs=tuple(tr(paragraph) for paragraph in paragraphs))


_WORDS: dict[str, tuple[str, ...]] = {
    "home": (
        "Home",
        (
            "A project is a folder that holds your examples, what was trained on them, and what came of it. Copy the "
            "folder and you have copied the project."
        ),
        "The sample shows the whole way in five minutes, without internet.",
    ),
    "data": (
        "Data",
        "The examples are what the model learns from. Each row is one example: what goes in, and what comes of it.",
        (
            "The recipe cleans them before training. Your files stay as they are; each step can be switched off, "
            "moved or set, and undone."
        ),
        "A part of the examples is kept aside: for validation during training, and as a sealed test for the end.",
        "“See what it learns” shows every example as the model gets it, piece by piece.",
    ),
    "model": (
        "Model",
        "You start from a model that already knows language. Training teaches it what your examples show.",
        "Small models train in minutes on any computer; larger ones know more and need a graphics card.",
        "Only safe model folders are accepted: weights as safetensors, and no program code inside.",
    ),
    "method": (
        "Method",
        "Training may change all of a model, only its last layers, or a thin layer of notes beside it.",
        "The more may change, the more it can learn, the more memory it needs, and the more it may forget.",
    ),
    "settings": (
        "Settings",
        "A preset is right for most projects. What you change is marked, and one click takes it back.",
        "The step size matters most: too small and it learns slowly, too big and it forgets.",
    ),
    "train": (
        "Train",
        "The model reads your examples again and again and is moved a little after each handful.",
        (
            "Watch validation: while it falls, the model learns what carries over to new questions. When it rises "
            "again, the model has begun to learn by heart."
        ),
        "Training goes on when you close the window.",
    ),
    "evaluate": (
        "Evaluate",
        "The sealed test was never shown to the model. Asking it before and after tells whether training helped.",
        "The interval says how sure that is: when it holds zero, the gain may be chance.",
    ),
    "share": (
        "Share",
        "An adapter is small and needs the base model beside it; a merged model stands alone.",
        "Every export is loaded back and asked the same questions before it is called done.",
    ),
}
