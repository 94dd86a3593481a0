"""No code from a model folder, a data file or a project file is ever run: what the source itself may not say."""

from __future__ import annotations

import ast

import pytest

from tests.source import calls, imports, modules, top

UNPICKLERS = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
RUNS_TEXT = {
    "eval",
    "exec",
    "compile",
    "torch.load",
    "torch.hub.load",
    "torch.package.PackageImporter",
    "yaml.load",
    "yaml.unsafe_load",
}
UNSAFE_ENDINGS = (".read_pickle", ".load_state_dict_from_url", ".load_torch_model")
LOADS_NOTHING = "AutoHfQuantizer."
"""Chooses among transformers' own classes by a config that is in memory."""

NOT_A_MODEL = ("Tokenizer", "Config", "Processor", "FeatureExtractor")


def what_runs_code(tree: ast.Module) -> list[str]:
    """Ways of reading a file that run what stands in it."""
    found = [name for _, name in imports(tree) if top(name) in UNPICKLERS or name.startswith(_CHECKPOINT)]
    for call, name in calls(tree):
        if name in RUNS_TEXT or name.endswith(UNSAFE_ENDINGS):
            found.append(name)
        if name in ("np.load", "numpy.load") and not _has(call, "allow_pickle", False):
            found.append(f"{name} without allow_pickle=False")
        found += [f"{name}({each.arg}=True)" for each in call.keywords if each.arg in _TRUSTING and _is(each, True)]
    return found


_CHECKPOINT = "torch.distributed.checkpoint"
_TRUSTING = ("trust_remote_code", "allow_pickle")


def unguarded_loading(tree: ast.Module) -> list[str]:
    """Calls that load a model, a tokenizer or a config without all three locks spelled out."""
    found = []
    for call, name in calls(tree):
        if name.endswith(".from_pretrained"):
            found += [f"{name} at line {call.lineno}: {lock}" for lock in _open_locks(call, name)]
        elif name.endswith(".from_config") and name.startswith("Auto") and not name.startswith(LOADS_NOTHING):
            found += [] if _has(call, "trust_remote_code", False) else [f"{name} at line {call.lineno}"]
    return found


def _open_locks(call: ast.Call, name: str) -> list[str]:
    locks = {"trust_remote_code": False, "local_files_only": True}
    if not name.removesuffix(".from_pretrained").endswith(NOT_A_MODEL):
        locks["use_safetensors"] = True
    return [f"{lock}={value}" for lock, value in locks.items() if not _has(call, lock, value)]


def _has(call: ast.Call, name: str, value: bool) -> bool:
    return any(each.arg == name and _is(each, value) for each in call.keywords)


def _is(keyword: ast.keyword, value: bool) -> bool:
    return isinstance(keyword.value, ast.Constant) and keyword.value.value is value


def test_nothing_in_the_studio_runs_what_it_reads() -> None:
    assert {path: found for path, tree in modules() if (found := what_runs_code(tree))} == {}


def test_whatever_is_loaded_is_loaded_from_this_computer_and_as_plain_numbers() -> None:
    assert {path: found for path, tree in modules() if (found := unguarded_loading(tree))} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "import torch\nstate = torch.load('a.bin', weights_only=True)",
        "import torch.distributed.checkpoint as saved",
        "rows = pandas.read_pickle('rows')",
        "AutoModel.from_pretrained(folder, trust_remote_code=True)",
        "np.lib.npyio.load(file, allow_pickle=True)",
        "np.load(path)",
        "eval(text)",
    ],
)
def test_each_way_of_running_a_file_is_seen(source: str) -> None:
    assert what_runs_code(ast.parse(source)) != []


def test_a_model_s_own_eval_is_no_danger() -> None:
    assert what_runs_code(ast.parse("model.eval()\nre.compile('a')\nsafetensors.torch.load_file(path)")) == []


LOCKED = "trust_remote_code=False, local_files_only=True, use_safetensors=True"


@pytest.mark.parametrize(
    ("source", "open_locks"),
    [
        (f"AutoModel.from_pretrained(folder, {LOCKED})", 0),
        ("AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)", 0),
        ("AutoModelForCausalLM.from_pretrained(folder, **options)", 3),
        ("AutoConfig.from_pretrained(folder, local_files_only=True)", 1),
        ("AutoModel.from_pretrained(folder, trust_remote_code=None, local_files_only=True, use_safetensors=True)", 1),
        ("AutoModelForCausalLM.from_config(config)", 1),
    ],
)
def test_a_loading_call_with_an_open_lock_is_seen(source: str, open_locks: int) -> None:
    assert len(unguarded_loading(ast.parse(source))) == open_locks
