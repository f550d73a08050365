"""A model of open_clip that was added sees and reads as it does there. The models are small and
random, and saved as open_clip's own repositories are."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from ml import reading, registry, runtime, spaces
from ml.crossmodal import space
from ml.encoders.add_open_clip import add
from ml.errors import CorruptResource, InvalidSpec, MissingResource, MissingWeights
from tests.ml.spaces import forgotten

open_clip = pytest.importorskip("open_clip")

TEXTS = [
    "A woman, at a window, reads a letter. It's 1656!",
    "Ein Mädchen — läuft  über\nden Markt's",
    "",
    " ".join(["fire-works"] * 90),
    "日本の浮世絵",
    "x_y {z} don't",
]
VISION = {"image_size": 32, "layers": 2, "width": 32, "patch_size": 16, "head_width": 16}
TEXT = {"width": 32, "heads": 2, "layers": 2}
CLIP = {
    "embed_dim": 24,
    "vision_cfg": VISION,
    "text_cfg": {**TEXT, "context_length": 77, "vocab_size": 49408},
}
SIGLIP = {
    "embed_dim": 32,
    "custom_text": True,
    "init_logit_bias": -10,
    "vision_cfg": VISION,
    "text_cfg": {
        **TEXT,
        "context_length": 16,
        "vocab_size": 300,
        "hf_tokenizer_name": "there",
        "tokenizer_kwargs": {"clean": "canonicalize"},
        "no_causal_mask": True,
        "proj_bias": True,
        "pool_type": "last",
    },
}
GREY = {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic"}


def saved(folder: Path, config: dict[str, Any], resize_mode: str) -> str:
    """A repository of a model with seeded random weights."""
    folder.mkdir()
    whole = {"model_cfg": config, "preprocess_cfg": {**GREY, "resize_mode": resize_mode}}
    (folder / "open_clip_config.json").write_text(json.dumps(whole))
    if "hf_tokenizer_name" in config["text_cfg"]:
        alphabet = sorted({letter for text in TEXTS for letter in text.lower()} - {" ", "\n"})
        tokens = ["<pad>", "<eos>", "<unk>", *alphabet]
        made = Tokenizer(models.WordLevel({t: n for n, t in enumerate(tokens)}, unk_token="<unk>"))
        made.pre_tokenizer = pre_tokenizers.Split("", "isolated")
        made.post_processor = processors.TemplateProcessing(
            single="$A <eos>", special_tokens=[("<eos>", 1)]
        )
        names = {"pad_token": "<pad>", "eos_token": "<eos>", "unk_token": "<unk>"}
        PreTrainedTokenizerFast(tokenizer_object=made, **names).save_pretrained(folder)
    torch.manual_seed(0)
    model = open_clip.create_model(f"local-dir:{folder}")
    state = {name: value.contiguous().clone() for name, value in model.state_dict().items()}
    save_file(state, folder / "open_clip_model.safetensors")
    return f"local-dir:{folder}"


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Path]:
    with forgotten():
        yield tmp_path / "cache"


def painted() -> list[NDArray[np.uint8]]:
    """Of many shapes, smooth enough for resampling to matter little."""
    chance = np.random.default_rng(0)
    shapes = ((40, 61), (61, 40), (32, 32), (20, 33), (100, 33))
    return [
        np.asarray(
            Image.fromarray(chance.integers(0, 255, (h, w, 3), np.uint8)).resize((3 * w, 3 * h))
        )
        for h, w in shapes
    ]


@pytest.mark.parametrize(
    ("config", "resize_mode", "cut_off"),
    [(CLIP, "shortest", 0.18), (SIGLIP, "squash", 0.02)],
    ids=["clip", "siglip"],
)
def test_it_sees_and_reads_as_it_does_there(
    cache: Path, tmp_path: Path, config: dict[str, Any], resize_mode: str, cut_off: float
) -> None:
    called = saved(tmp_path / "Model-16", config, resize_mode)
    made = add(called, None, cache_dir=cache)
    assert (made.name, made.dim, made.cut_offs[1]) == ("model16", config["embed_dim"], cut_off)
    _, reader = made.specs()
    model, _, seen = open_clip.create_model_and_transforms(called)
    tokens = open_clip.get_tokenizer(called)(TEXTS)
    read = reading.reader(reader, cache)(TEXTS)
    np.testing.assert_array_equal(read["input_ids"], tokens.numpy())
    pictures = painted()
    with torch.inference_mode():
        model.eval()
        said = model.encode_text(tokens, normalize=True).numpy()
        shown = torch.stack([seen(Image.fromarray(one)) for one in pictures])
        there = model.encode_image(shown, normalize=True).numpy()
    served = space.load(made.name, cache_dir=cache)
    np.testing.assert_allclose(served.pictures(pictures), there, atol=1e-5)
    ours = runtime.load(reader.key, cache_dir=cache).encode(TEXTS)
    np.testing.assert_allclose(ours, said, atol=1e-5)


def test_long_comments_are_read_sentence_by_sentence(cache: Path, tmp_path: Path) -> None:
    made = add(saved(tmp_path / "m", CLIP, "squash"), None, cache_dir=cache, name="small")
    encoder = runtime.load("small-text", cache_dir=cache)
    one, other = (
        "A young woman reads a letter by daylight.",
        "Three boats lie on the shore at night.",
    )
    mean = encoder.encode([one, other]).mean(axis=0)
    served = space.load("small", cache_dir=cache)
    np.testing.assert_allclose(
        served.texts([f"{one} {other}"])[0], mean / np.linalg.norm(mean), atol=1e-5
    )
    assert registry.get("small").space == made.key


def test_weights_that_were_changed(cache: Path, tmp_path: Path) -> None:
    made = add(saved(tmp_path / "m", CLIP, "squash"), None, cache_dir=cache)
    (cache / "m-1.onnx").unlink()
    (spaces.folder(made.key, cache) / "open_clip_model.safetensors").write_bytes(b"x")
    from ml.encoders.export import export

    with pytest.raises(CorruptResource, match="not what was added"):
        export(made.key, cache)


def test_a_model_that_cannot_be_had(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match="fetch its repository elsewhere"):
        add(f"local-dir:{tmp_path}", None, cache_dir=cache)
    with pytest.raises(InvalidSpec, match=r"knows no model ViT-B-33; it knows .*ViT-B-32"):
        add("ViT-B-33", None, cache_dir=cache)
    assert not cache.exists()


def test_what_is_wrong_is_told_before_anything_is_fetched(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_clip, "create_model", lambda *given, **more: pytest.fail("fetched"))
    with pytest.raises(InvalidSpec, match=r"has several weights: name one of openai, "):
        add("ViT-B-32", None, cache_dir=cache)
    with pytest.raises(InvalidSpec, match="an encoder is called colour already"):
        add("ViT-B-32", "openai", cache_dir=cache, name="Colour")


def test_without_the_extra(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def without(name: str, *given: Any, **more: Any) -> Any:
        if name == "open_clip":
            raise ImportError(name)
        return imported(name, *given, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingResource, match=r"pip install 'iiifsearch\[open-clip\]'"):
        add("ViT-B-32", "openai", cache_dir=cache)


def test_what_is_not_read_as_it_is_there(cache: Path, tmp_path: Path) -> None:
    odd = {**SIGLIP, "text_cfg": {**SIGLIP["text_cfg"], "tokenizer_kwargs": {"strip_sep_token": 1}}}
    with pytest.raises(InvalidSpec, match="puts tokens where none are put here"):
        add(saved(tmp_path / "odd", odd, "squash"), None, cache_dir=cache)
    assert list((cache / "spaces").iterdir()) == []
