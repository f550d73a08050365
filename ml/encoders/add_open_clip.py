"""A model of open_clip becomes an encoder of pictures and one of texts."""

from __future__ import annotations

import json
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from ml import spaces
from ml.encoders.export import export_space
from ml.encoders.open_clip import INSTALL
from ml.errors import InvalidSpec, MissingResource, MissingWeights
from ml.spaces import Declaration

#: The recommended one: SigLIP 2 ViT-B/16, trained on texts of many languages.
MODEL, PRETRAINED = "ViT-B-16-SigLIP2", "webli"
CONFIG, WEIGHTS, TOKENIZER = (
    "open_clip_config.json",
    "open_clip_model.safetensors",
    "tokenizer.json",
)
#: How a picture is made square, as open_clip calls it and as we do.
FITS = {"squash": "squash", "longest": "letterbox", "shortest": "crop"}
#: Cut-offs, of pictures with pictures and of texts with pictures: guesses, for models that learned
#: by a sigmoid of each pair, and for those that learned by a softmax over many.
SIGMOID, SOFTMAX = (0.6, 0.02), (0.6, 0.18)


def add(
    model: str, pretrained: str | None, *, cache_dir: Path, name: str | None = None
) -> Declaration:
    """Fetch a model, keep it among the spaces in cache_dir, and export both encoders.

    model: as open_clip names it: "ViT-B-16-SigLIP2" with a tag of ``pretrained`` weights, or the
    path of their file; "hf-hub:ORGANISATION/REPOSITORY"; or "local-dir:PATH", a copy of such a
    repository, for where there is no network. name: None for one made of the model's.

    Raises MissingResource (open_clip is not installed), MissingWeights, InvalidSpec (what we cannot
    read as it does), and what `ml.encoders.export.export` raises.
    """
    try:
        import open_clip  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingResource(INSTALL) from error
    called = spaces.named(name or model.rpartition("/")[2].rpartition(":")[2])
    spaces.free(called, cache_dir)  # before gigabytes are fetched
    if ":" not in model and model not in (known := open_clip.list_models()):
        near = ", ".join(get_close_matches(model, known, 5, 0.4)) or "ViT-B-32"
        raise InvalidSpec(f"open_clip knows no model {model}; it knows {near} and others")
    if pretrained is None and (tags := open_clip.list_pretrained_tags_by_model(model)):
        raise InvalidSpec(f"{model} has several weights: name one of {', '.join(tags)}")
    try:
        fetched = open_clip.create_model(
            model, pretrained, cache_dir=str(cache_dir / "weights"), require_pretrained=True
        )
        tokenizer = open_clip.get_tokenizer(model, cache_dir=str(cache_dir / "weights"))
        config = open_clip.get_model_config(model)
    except Exception as error:  # whatever its hub, its files or its tokenizers raise
        raise MissingWeights(
            f"{model} ({pretrained or 'its own weights'}) cannot be had: {error}. Without a "
            'network, fetch its repository elsewhere and name the folder: "local-dir:PATH".'
        ) from error
    seen = open_clip.get_model_preprocess_cfg(fetched)
    pictures = _pictures(model, seen)
    length = int(fetched.context_length)
    with spaces.adding(called, cache_dir, export_space) as (place, said):
        reads(tokenizer, length).save(str(place / TOKENIZER))
        state = {key: value.contiguous().clone() for key, value in fetched.state_dict().items()}
        save_file(state, place / WEIGHTS)
        whole = {"model_cfg": config, "preprocess_cfg": seen}
        (place / CONFIG).write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
        said |= {
            "loader": "ml.encoders.open_clip:build",
            "dim": int(config["embed_dim"]),
            "description": f"{model}{f', {pretrained}' if pretrained else ''}, of open_clip",
            "source": f"open_clip {open_clip.__version__}: {model}, {pretrained or 'its own'}",
            "licence": "see the model card of its weights",
            "pictures": pictures,
            "texts": {"tokenizer": TOKENIZER, "max_tokens": length, "padded": True},
            "cut_offs": SOFTMAX if fetched.logit_bias is None else SIGMOID,
            "weights": WEIGHTS,
        }
    return spaces.declaration(place)


def _pictures(model: str, seen: dict[str, Any]) -> dict[str, Any]:
    """As `ml.specs.ImagePreprocessing` has it."""
    size = seen["size"]
    width, height = (size, size) if isinstance(size, int) else size
    if width != height or seen["resize_mode"] not in FITS:
        raise InvalidSpec(
            f"{model} looks at {size} by {seen['resize_mode']}: squares are read here"
        )
    if seen["interpolation"] not in ("bicubic", "bilinear"):
        raise InvalidSpec(f"{model} resamples by {seen['interpolation']}, which is not read here")
    return {
        "size": width,
        "fit": FITS[seen["resize_mode"]],
        "resample": seen["interpolation"],
        "mean": tuple(seen["mean"]),
        "std": tuple(seen["std"]),
    }


# -- texts ---------------------------------------------------------------------------------------


def reads(tokenizer: Any, length: int) -> Tokenizer:
    """What reads as open_clip's ``tokenizer`` does, without torch: always ``length`` tokens.

    It does not repair texts whose encoding was confused, as open_clip does by `ftfy`: ours are
    decoded once, and rightly. Raises InvalidSpec for a way of reading that is not known here.
    """
    if hasattr(tokenizer, "bpe_ranks"):
        made, cleaned = _simple(tokenizer), _way(tokenizer)
        made.enable_padding(length=length, pad_id=0, pad_token="")
    else:
        if getattr(tokenizer, "tokenizer_mode", "") or getattr(tokenizer, "strip_sep_token", False):
            raise InvalidSpec("this model's tokenizer puts tokens where none are put here")
        theirs = tokenizer.tokenizer
        made, cleaned = Tokenizer.from_str(theirs.backend_tokenizer.to_str()), _way(tokenizer)
        made.enable_padding(
            length=length,
            pad_id=theirs.pad_token_id,
            pad_token=theirs.pad_token,
            direction=theirs.padding_side,
        )
    made.enable_truncation(length)
    own = [] if made.normalizer is None else [made.normalizer]
    made.normalizer = normalizers.Sequence([*CLEANED[cleaned], *own])
    return made


_SPACES = [normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
#: What is done to a text first, by open_clip's name for it.
CLEANED: dict[str, list[Any]] = {
    "whitespace": _SPACES,
    "lower": [*_SPACES, normalizers.Lowercase()],
    "canonicalize": [
        normalizers.Replace("_", " "),
        normalizers.Replace(Regex(r"[!-/:-@\[-`{-~]"), ""),
        normalizers.Lowercase(),
        *_SPACES,
    ],
}


def _way(tokenizer: Any) -> str:
    called = getattr(tokenizer.clean_fn, "__name__", "")
    found = next((way for way in CLEANED if called == f"_clean_{way}"), None)
    if found is None:
        raise InvalidSpec(
            f"this model's texts are cleaned by {called or 'something'}, unknown here"
        )
    return found


def _simple(tokenizer: Any) -> Tokenizer:
    """CLIP's own pairs of bytes (Sennrich, Haddow, Birch 2016)."""
    made = Tokenizer(
        models.BPE(
            vocab=dict(tokenizer.encoder),
            merges=list(tokenizer.bpe_ranks),
            end_of_word_suffix="</w>",
        )
    )
    words = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(words), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    begin, end = "<start_of_text>", "<end_of_text>"
    made.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        special_tokens=[(begin, tokenizer.encoder[begin]), (end, tokenizer.encoder[end])],
    )
    return made
