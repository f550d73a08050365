"""all-MiniLM-L6-v2: a six-layer BERT whose sentence vector is the mean over its tokens."""

from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from ml.encoders.pooling import MeanOfTokens
from ml.errors import InvalidSpec
from ml.resources import verified
from ml.specs import EncoderSpec, Weights

#: Tokens there are, and numbers in a sentence vector.
VOCABULARY, DIM = 30522, 384


class SentenceEncoder(nn.Module):
    """Token ids to the mean of the last layer."""

    def __init__(self, bert: nn.Module) -> None:
        super().__init__()
        self.bert = bert
        self.pool = MeanOfTokens()

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """Three int64 (N, T) -> float32 (N, 384), not normalised."""
        hidden = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        return self.pool(hidden, attention_mask)


def build(spec: EncoderSpec, cache_dir: Path) -> nn.Module:
    """Token ids -> (N, 384). Nothing of it is in cache_dir.

    Raises MissingResource, CorruptResource.
    """
    if not isinstance(spec.weights, Weights):
        raise InvalidSpec(f"{spec.key} declares no packaged weights")
    # As the package's config.json has it; the rest are BertConfig's defaults.
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=DIM,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
        max_position_embeddings=512,
    )
    bert = BertModel(config, add_pooling_layer=False)
    state = load_file(verified(spec.weights))
    # The head for sentence pairs and the position numbers are not part of this model.
    wanted = {name: state[name] for name in bert.state_dict()}
    bert.load_state_dict(wanted)
    return SentenceEncoder(bert).eval()
