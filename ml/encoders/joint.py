"""EfficientNet-Lite0 and MiniLM, and what brings them into one space (`ml.crossmodal.joint`)."""

from pathlib import Path

import torch
from torch import Tensor, nn

from ml.crossmodal import joint
from ml.crossmodal.joint import Joint
from ml.encoders import efficientnet_lite0, minilm
from ml.errors import InvalidSpec
from ml.resources import verified
from ml.specs import EncoderSpec, Weights

#: Stages whose spread maps are looked at, from 0: strokes and surfaces first, things last.
STAGES = range(2, 7)
#: Channels of the mean, and as many of the deviation, of each of these; then of the last map.
BLOCKS = (144, 144, 240, 240, 480, 480, 672, 672, 1152, 1152, 1280)


class AllDepths(nn.Module):
    """Pixels to the means and the deviations of every channel at several depths."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        """float32 (N, 3, size, size) -> float32 (N, D), `BLOCKS` side by side."""
        net = self.network
        found: list[Tensor] = []
        map_ = net.bn1(net.conv_stem(pixels))  # type: ignore[operator]
        for stage, blocks in enumerate(net.blocks):  # type: ignore[arg-type]
            if stage in STAGES:
                found += _mean_and_deviation(blocks[0].bn1(blocks[0].conv_pw(map_)))
            map_ = blocks(map_)
        last = net.bn2(net.conv_head(map_))  # type: ignore[operator]
        return torch.cat([*found, last.mean((2, 3))], 1)


def _mean_and_deviation(channels: Tensor) -> tuple[Tensor, Tensor]:
    mean = channels.mean((2, 3), keepdim=True)
    return mean.flatten(1), (channels - mean).pow(2).mean((2, 3)).sqrt()


class Halves(nn.Module):
    """What is foretold of the sense and of the words, each of norm 1, side by side."""

    weight: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", weight)

    def forward(self, sense: Tensor, words: Tensor) -> Tensor:
        unit = nn.functional.normalize
        return torch.cat([unit(sense, dim=1), self.weight * unit(words, dim=1)], 1)


class Pictures(nn.Module):
    """Pixels into the space."""

    mean: Tensor
    sense: Tensor
    words: Tensor

    def __init__(self, pooled: nn.Module, learned: Joint) -> None:
        super().__init__()
        self.pooled = pooled
        self.register_buffer("mean", torch.from_numpy(learned.pooled_mean))
        self.register_buffer("sense", torch.from_numpy(learned.sense))
        self.register_buffer("words", torch.from_numpy(learned.words))
        self.halves = Halves(torch.from_numpy(learned.weight))

    def forward(self, pixels: Tensor) -> Tensor:
        """float32 (N, 3, size, size) -> float32 (N, dim), not normalised."""
        centred = self.pooled(pixels) - self.mean
        found: Tensor = self.halves(centred @ self.sense, centred @ self.words)
        return found


class Texts(nn.Module):
    """Token ids into the space."""

    mean: Tensor
    read: Tensor
    row: Tensor
    vectors: Tensor

    def __init__(self, sentences: nn.Module, learned: Joint, vocabulary: int) -> None:
        super().__init__()
        self.sentences = sentences
        row = torch.zeros(vocabulary, dtype=torch.int64)  # the first: of what was never learned
        row[torch.from_numpy(learned.pieces).long()] = torch.arange(1, len(learned.pieces) + 1)
        vectors = torch.from_numpy(learned.piece_vectors)
        self.register_buffer("mean", torch.from_numpy(learned.read_mean))
        self.register_buffer("read", torch.from_numpy(learned.read))
        self.register_buffer("row", row)
        self.register_buffer("vectors", torch.cat([torch.zeros_like(vectors[:1]), vectors]))
        self.halves = Halves(torch.from_numpy(learned.weight))

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """Three int64 (N, T) -> float32 (N, dim), not normalised."""
        sense = self.sentences(input_ids, attention_mask, token_type_ids)
        sense = (nn.functional.normalize(sense, dim=1) - self.mean) @ self.read
        words = self.vectors[self.row[input_ids]] * attention_mask.unsqueeze(-1)
        found: Tensor = self.halves(sense, words.sum(dim=1))
        return found


def all_depths(spec: EncoderSpec, cache_dir: Path) -> nn.Module:
    """What the space is learned on. Raises InvalidSpec, MissingResource, CorruptResource."""
    return AllDepths(efficientnet_lite0.network(spec, cache_dir)).eval()


def build(spec: EncoderSpec, cache_dir: Path) -> nn.Module:
    """Pixels, or token ids -> (N, dim). Raises InvalidSpec, MissingResource, CorruptResource."""
    if not isinstance(spec.whitening, Weights):
        raise InvalidSpec(f"{spec.key} declares no projection")
    learned = joint.read(verified(spec.whitening))
    if spec.modality == "image":
        return Pictures(all_depths(spec, cache_dir), learned).eval()
    return Texts(minilm.build(spec, cache_dir), learned, minilm.VOCABULARY).eval()
