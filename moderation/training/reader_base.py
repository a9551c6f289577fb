"""Base: the encoder that a note reader starts from.

Either the packed network whose pieces are chosen anew for notes, or any encoder in the layout of
Hugging Face `transformers` that has the shape of BERT (BERT, RoBERTa, XLM-RoBERTa): a folder, or an
id of the hub, which is fetched by `transformers`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedModel

from moderation.errors import BadSetting
from moderation.text.windows import WINDOW, Frame
from moderation.training.reader_start import open_packed, starting_network
from moderation.training.reader_tokens import FRAME, MASK_ID, chosen_pieces, tokenizer_of

VOCABULARY, LAYERS = 16_000, 6
"""Of the packed network, what is kept."""
SHAPES = ("bert", "roberta", "xlm-roberta")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Base:
    """An encoder with its pieces."""

    name: str
    encoder: PreTrainedModel
    tokenizer: Tokenizer
    frame: Frame
    mask: int
    """Number of the piece that hides others."""


def open_base(base: str, texts: Iterable[str]) -> Base:
    """Open an encoder.

    Args:
        base: packed file, folder, or id of the hub.
        texts: what the pieces of a packed network are chosen for.

    Raises:
        BadSetting: there is no such encoder, or it has another shape.
    """
    if Path(base).is_file():
        packed = open_packed(Path(base))
        chosen = chosen_pieces(packed.pieces, texts, VOCABULARY)
        places = [place for *_, place in chosen]
        return Base(
            name=Path(base).name,
            encoder=starting_network(packed, places, min(LAYERS, packed.layers), seed=1).bert,
            tokenizer=tokenizer_of([(piece, score) for piece, score, _ in chosen]),
            frame=FRAME,
            mask=MASK_ID,
        )
    try:
        config = AutoConfig.from_pretrained(base)
        _fits(base, config)
        encoder = AutoModel.from_pretrained(base, add_pooling_layer=False)
        tokenizer: Any = AutoTokenizer.from_pretrained(base, use_fast=True)
        pieces = tokenizer.backend_tokenizer
        special = (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id)
        mask = tokenizer.mask_token_id
    except (OSError, ValueError, AttributeError) as error:
        raise BadSetting(
            f"`{base}` is no encoder: {str(error).strip().splitlines()[0][:200]}",
            hint="name a packed network, or a folder or hub id with model and fast tokenizer",
        ) from None
    if None in (*special, mask):
        raise BadSetting(
            f"the tokenizer of `{base}` lacks one of 4 pieces: start, end, filler, mask",
            hint="name an encoder that was trained on masked pieces",
        )
    start, end, pad = special
    frame = Frame(start=start, end=end, pad=pad)
    return Base(name=base, encoder=encoder.float(), tokenizer=pieces, frame=frame, mask=mask)


def _fits(base: str, config: Any) -> None:
    positions = config.max_position_embeddings if config.model_type in SHAPES else 0
    if config.model_type not in SHAPES or config.hidden_act != "gelu" or positions < WINDOW + 2:
        raise BadSetting(
            f"`{base}` is of type `{config.model_type}` with {positions} places, "
            f"wanted {' or '.join(f'`{one}`' for one in SHAPES)} with GELU and {WINDOW + 2} places",
            hint="name an encoder of the shape of BERT",
        )
