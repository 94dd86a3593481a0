"""Tiny models with chance weights, of every architecture and of several families."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.tiny import build_tokenizer

WIDTH, LAYERS = 32, 2


def make_model(folder: Path, family: str) -> Path:
    """Write a model of two layers (T5: two and two) and width 32 with its tokenizer."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = build_tokenizer(folder)
    torch.manual_seed(0)
    model = _model(family, vocabulary)
    for name, weight in model.named_parameters():
        # Biases of zero and norms of one would hide a mistake.
        if weight.ndim == 1:
            torch.nn.init.normal_(weight, mean=float("norm" in name.lower() and "weight" in name), std=0.1)
    model.save_pretrained(folder)
    return folder


def _model(family: str, vocabulary: int) -> Any:
    import transformers as t

    tokens = {"vocab_size": vocabulary, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    sizes = {
        "hidden_size": WIDTH,
        "intermediate_size": 64,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 4,
        "max_position_embeddings": 64,
        "initializer_range": 0.2,
    }
    if family == "llama":
        return t.LlamaForCausalLM(t.LlamaConfig(**tokens, **sizes, num_key_value_heads=2, tie_word_embeddings=False))
    if family == "qwen3":
        return t.Qwen3ForCausalLM(t.Qwen3Config(**tokens, **sizes, num_key_value_heads=2, head_dim=16))
    if family == "gpt2":
        shape = {"n_embd": WIDTH, "n_layer": LAYERS, "n_head": 4, "n_positions": 64, "initializer_range": 0.2}
        return t.GPT2LMHeadModel(t.GPT2Config(**tokens, **shape))
    if family == "bert":
        return t.BertForMaskedLM(t.BertConfig(**tokens, **sizes))
    if family == "roberta":
        return t.RobertaForMaskedLM(t.RobertaConfig(**tokens, **sizes))
    if family == "distilbert":
        shape = {"dim": WIDTH, "hidden_dim": 64, "n_layers": LAYERS, "n_heads": 4, "initializer_range": 0.2}
        return t.DistilBertForMaskedLM(t.DistilBertConfig(**tokens, **shape, max_position_embeddings=64))
    shape = {"d_model": WIDTH, "d_ff": 64, "d_kv": 8, "num_layers": LAYERS, "num_heads": 4, "initializer_factor": 3.0}
    gated = {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False} if family == "t5-gated" else {}
    config: Any = t.T5Config(**tokens, **shape, **gated)
    config.decoder_start_token_id = 0
    return t.T5ForConditionalGeneration(config)
