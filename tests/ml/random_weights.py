"""Encoders whose weights are downloaded, with seeded random weights instead.

They are saved to disk as their library's own file is, so that loader, pooling, whitening and export
run as they do with the real ones."""

from dataclasses import replace
from pathlib import Path

from ml import exports
from ml.resources import sha256
from ml.specs import Download, EncoderSpec


def stand_in(spec: EncoderSpec, cache_dir: Path) -> EncoderSpec:
    """The spec under the name "random-...", its weights a file in cache_dir."""
    import torch

    assert isinstance(spec.weights, Download)
    path = exports.weights_path(spec.weights, cache_dir)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(random_state(spec), path)
    weights = replace(spec.weights, sha256=sha256(path))
    return replace(spec, name=f"random-{spec.name}", weights=weights)


def random_state(spec: EncoderSpec):
    """Names and shapes of the real file; of VGG16's classifier, 495 MB, only the last numbers."""
    import timm
    import torch
    import torchvision

    with torch.device("meta"):  # what is drawn comes from the seed alone
        match spec.features.backbone:
            case "vgg16":
                layers = torchvision.models.vgg.make_layers(torchvision.models.vgg.cfgs["D"])
                state = {f"features.{name}": each for name, each in layers.state_dict().items()}
                state["classifier.6.bias"] = torch.zeros(1000)
            case "resnet":
                name = spec.weights.model.partition("_Weights")[0].lower()
                state = torchvision.models.get_model(name).state_dict()
            case "dinov2_small":
                model = timm.create_model("vit_small_patch14_dinov2", num_classes=0)
                # Meta's file has this too; by it timm knows whose file it is.
                state = {**model.state_dict(), "mask_token": torch.zeros(1, 384)}
    generator = torch.Generator().manual_seed(0)
    return {name: _drawn(each, name, generator) for name, each in state.items()}


def _drawn(tensor, name, generator):
    """Numbers that leave a signal about as strong as it was."""
    import torch

    if not tensor.is_floating_point():
        return torch.zeros(tensor.shape, dtype=tensor.dtype)
    if name.endswith("running_var"):
        return torch.ones(tensor.shape)
    drawn = torch.randn(tensor.shape, generator=generator)
    if tensor.dim() > 1:
        return drawn * (2 / tensor[0].numel()) ** 0.5
    return 0.2 * drawn + (0 if name.endswith(("bias", "running_mean")) else 1)
