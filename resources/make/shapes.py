"""The shapes of the three starter models: small enough to ship, large enough to learn from."""

from __future__ import annotations

import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    GenerationConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from resources.make.vocabularies import CONTEXT, ENCODER_CONTEXT, id_of


def decoder(vocabulary: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """A Llama of about 3.0 million parameters."""
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=192,
        intermediate_size=512,
        num_hidden_layers=5,
        num_attention_heads=6,
        num_key_value_heads=6,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=id_of(vocabulary, "<|begin|>"),
        eos_token_id=id_of(vocabulary, "<|end|>"),
        pad_token_id=id_of(vocabulary, "<|pad|>"),
    )
    model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(
        bos_token_id=id_of(vocabulary, "<|begin|>"),
        eos_token_id=id_of(vocabulary, "<|end|>"),
        pad_token_id=id_of(vocabulary, "<|pad|>"),
        max_new_tokens=160,
        do_sample=False,
    )
    return model


def encoder(vocabulary: PreTrainedTokenizerFast) -> BertForMaskedLM:
    """A BERT of about 1.2 million parameters."""
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=128,
        intermediate_size=512,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=ENCODER_CONTEXT,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        initializer_range=0.05,  # the usual 0.02 is meant for larger models
        pad_token_id=id_of(vocabulary, "[PAD]"),
    )
    model = BertForMaskedLM(config)
    places = model.bert.embeddings.position_embeddings.weight
    # Begun as waves, neighbours are alike from the start; begun at random, finding them out takes most of the time.
    places.data.copy_(_waves(places.shape[0], places.shape[1]) * 0.1)
    return model


def _waves(count: int, width: int) -> torch.Tensor:
    """Sines and cosines of falling frequency for each place (Vaswani and others, 2017, section 3.5)."""
    angles = torch.arange(count)[:, None] * 10_000.0 ** (-torch.arange(0, width, 2) / width)
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)


def encoder_decoder(vocabulary: PreTrainedTokenizerFast) -> T5ForConditionalGeneration:
    """A T5 of about 1.2 million parameters."""
    config = T5Config(
        vocab_size=len(vocabulary),
        d_model=128,
        d_kv=32,
        d_ff=256,
        num_layers=2,
        num_decoder_layers=2,
        num_heads=4,
        relative_attention_num_buckets=32,
        dropout_rate=0.0,
        pad_token_id=id_of(vocabulary, "<pad>"),
        eos_token_id=id_of(vocabulary, "</s>"),
        decoder_start_token_id=id_of(vocabulary, "<pad>"),  # pyright: ignore[reportCallIssue]
    )
    model = T5ForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        eos_token_id=id_of(vocabulary, "</s>"),
        pad_token_id=id_of(vocabulary, "<pad>"),
        decoder_start_token_id=id_of(vocabulary, "<pad>"),
        max_new_tokens=64,
        do_sample=False,
    )
    return model
