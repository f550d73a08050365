"""Pictures and texts into the space of a model that was trained on the bench (`ml.training`)."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn
from torch.nn import functional

from ml import registry, spaces
from ml.crossmodal.texts import Rnn, SentenceVectors
from ml.crossmodal.transformations import Matcher
from ml.encoders import minilm
from ml.encoders.export import built
from ml.errors import InvalidSpec
from ml.specs import Added, EncoderSpec
from ml.training import trained


class Seen(nn.Module):
    """Pixels into the space."""

    def __init__(self, network: nn.Module, matcher: Matcher) -> None:
        super().__init__()
        self.network, self.matcher = network, matcher

    def forward(self, pixels: Tensor) -> Tensor:
        """float32 (N, 3, size, size) -> (N, dim)."""
        return self.matcher.picture(functional.normalize(self.network(pixels)))


class Beside(nn.Module):
    """What stands where a text's title would, which a query has not: zeros."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, comments: Tensor) -> Tensor:
        """(N, D) -> (N, D + width)."""
        return functional.pad(comments, (0, self.width))


class Weighed(nn.Module):
    """Weights of words into the space: bow and mlp."""

    def __init__(self, matcher: Matcher, beside: Beside) -> None:
        super().__init__()
        self.matcher, self.beside = matcher, beside

    def forward(self, weights: Tensor) -> Tensor:
        """float32 (N, V) -> (N, dim)."""
        return self.matcher.text(self.beside(weights))


class Ordered(nn.Module):
    """Words in their order into the space: rnn. The state after the last word is the same whether
    what follows it is cut off, as in training, or read on and forgotten, as here."""

    def __init__(self, matcher: Matcher, beside: Beside) -> None:
        super().__init__()
        assert isinstance(matcher.reads, Rnn)
        self.matcher, self.beside = matcher, beside
        self.embedding, self.lstm = matcher.reads.embeddings[0], matcher.reads.layers[0]

    def forward(self, places: Tensor, lengths: Tensor) -> Tensor:
        """int64 (N, T), (N,) -> (N, dim)."""
        states, _ = self.lstm(self.embedding(places))
        last = (lengths - 1).clamp(min=0)[:, None, None].expand(-1, 1, states.shape[2])
        read = states.gather(1, last)[:, 0] * (lengths > 0)[:, None]
        found: Tensor = self.matcher.ended(self.matcher.of_text(self.beside(read)))
        return found


class Sentences(nn.Module):
    """Token ids into the space: minilm."""

    def __init__(self, sentences: nn.Module, matcher: Matcher, beside: Beside) -> None:
        super().__init__()
        self.sentences, self.matcher, self.beside = sentences, matcher, beside

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """Three int64 (N, T) -> (N, dim)."""
        vectors = self.sentences(input_ids, attention_mask, token_type_ids)
        return self.matcher.text(self.beside(functional.normalize(vectors)))


def build(spec: EncoderSpec, cache_dir: Path) -> nn.Module:
    """Pixels, or what was read of texts -> (N, dim).

    Raises InvalidSpec, BadData, UnknownEncoder, MissingResource, MissingWeights, CorruptResource.
    """
    if not isinstance(spec.weights, Added):
        raise InvalidSpec(f"{spec.key} declares no file that was added")
    folder = spaces.verified(spec.weights, cache_dir).parent
    learned = trained.load(folder, cache_dir=cache_dir)
    matcher, widths = learned.matcher, learned.reader.widths
    if spec.modality == "image":
        seen = built(registry.get_by_key(learned.visual), cache_dir)
        return Seen(seen, matcher).eval()
    if isinstance(matcher.reads, Rnn):
        return Ordered(matcher, Beside(matcher.reads.hidden * (len(widths) - 1))).eval()
    beside = Beside(sum(widths[1:]))
    if isinstance(learned.reader, SentenceVectors):
        read = registry.get(learned.reader.encoder)
        return Sentences(minilm.build(read, cache_dir), matcher, beside).eval()
    return Weighed(matcher, beside).eval()
