"""What searches by likeness take, as it is sent."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from iiifsearch.engine.filters import RIGHTS_GROUPS

#: Pictures that one search may be asked with.
_MOST_EXAMPLES = 20


class ManyTexts(serializers.ListField):
    """A parameter that may be repeated; in JSON a list, or a text alone."""

    child = serializers.CharField(max_length=4000, allow_blank=True)

    def to_internal_value(self, data: Any) -> list[str]:
        listed = super().to_internal_value([data] if isinstance(data, str) else data)
        return [text.strip() for text in listed if text.strip()]


def _text(longest: int, help_text: str) -> serializers.CharField:
    return serializers.CharField(
        default="", allow_blank=True, max_length=longest, help_text=help_text
    )


class ScopeQuestion(serializers.Serializer[Any]):
    """Where to look. All conditions must be met."""

    manifest = _text(2000, "Only this manifest: its URI, or the address of our copy.")
    collection = _text(2000, "Only this collection and those in it: its URI, or our address.")
    maker = _text(300, "Words of the maker's name, in any order, whatever their accents.")
    maker_exact = serializers.BooleanField(
        default=False, help_text="These words are the whole of the name."
    )
    type = _text(300, "Words of the type of object, as the source calls it.")
    rights = _text(300, f"How a rights URI begins, or one of: {', '.join(RIGHTS_GROUPS)}.")

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for name, which in (("from", "first"), ("to", "last")):
            fields[name] = serializers.IntegerField(
                default=None,
                allow_null=True,
                min_value=-9999,
                max_value=9999,
                help_text=f"The {which} year. A work without a known year is left out.",
            )
        return fields

    def to_internal_value(self, data: Any) -> Any:
        # An empty parameter, as a form sends it, restricts nothing.
        if hasattr(data, "getlist"):
            data = data.copy()
            for name in [name for name in data if data.getlist(name) == [""]]:
                del data[name]
        return super().to_internal_value(data)


def _limit() -> serializers.IntegerField:
    return serializers.IntegerField(
        default=20, min_value=1, max_value=100, help_text="Hits to answer with, 1 to 100."
    )


def _offset() -> serializers.IntegerField:
    return serializers.IntegerField(
        default=0, min_value=0, max_value=10_000, help_text="Hits to leave out at the beginning."
    )


def _fold() -> serializers.ChoiceField:
    return serializers.ChoiceField(
        choices=["duplicates"],
        required=False,
        help_text="duplicates: hits that curators called the same work, or a copy of it, come "
        "once: the best, with the others as its 'same'.",
    )


class WordsQuestion(ScopeQuestion):
    q = serializers.CharField(
        help_text="What to look for: words, sentences, a whole comment.",
        error_messages=dict.fromkeys(
            ("required", "blank"), "The parameter q must hold the words to look for."
        ),
    )
    limit = _limit()
    offset = _offset()
    fold = _fold()


class LikenessQuestion(ScopeQuestion):
    canvas = ManyTexts(
        default=list,
        max_length=_MOST_EXAMPLES,
        help_text="A canvas URI, with #xywh=x,y,w,h (or percent:) for a region of it; may be "
        "repeated.",
    )
    minus = ManyTexts(
        default=list, max_length=_MOST_EXAMPLES, help_text="The same, of what is not wanted."
    )
    features = _text(
        500,
        "What to go by, and how much each counts: efficientnet-lite0:1,colour:.3. Without it, "
        "what this installation goes by.",
    )
    palette = _text(500, "Colours, and how much of each: %23aabbcc:.5,%23ddeeff:.2.")
    sketch = _text(
        20_000,
        "Which colour is where: rows from the top, with ; between, of colours with a comma "
        "between: 88aacc,88aacc;443322,665544. - stands for the mean of the others. At most 64 by "
        "64.",
    )
    limit = _limit()
    offset = _offset()
    fold = _fold()
    verify = serializers.BooleanField(
        default=False,
        help_text="Check the hits by local features and geometry: is it the same picture?",
    )
    rule = serializers.ChoiceField(
        choices=["calibrated", "classic"],
        required=False,
        help_text="With verify: what decides; calibrated if absent.",
    )
    detail = serializers.BooleanField(
        default=False,
        help_text="The region of the canvas, or the picture, is a detail: where else is it?",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "rule" in attrs and not attrs["verify"]:
            raise serializers.ValidationError("'rule' decides what 'verify=true' found; send both.")
        if "fold" in attrs and attrs["detail"]:
            raise serializers.ValidationError(
                "'fold' is of whole pictures; with 'detail=true' places in them are looked for."
            )
        return super().validate(attrs)


class PhotoQuestion(ScopeQuestion):
    """A photo of paintings: an upload or an address."""

    image = serializers.FileField(required=False, help_text="A JPEG, PNG, WebP, GIF or TIFF file.")
    url = serializers.CharField(required=False, max_length=2000, help_text="Address of an image.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "image" in attrs and "url" in attrs:
            raise serializers.ValidationError(
                "Send either a file as 'image' or an address as 'url', not both."
            )
        return super().validate(attrs)


class RecogniseQuestion(PhotoQuestion):
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "image" not in attrs and "url" not in attrs:
            raise serializers.ValidationError(
                "Send a photo: a file as 'image', or its address as 'url'."
            )
        return super().validate(attrs)


class PictureQuestion(PhotoQuestion, LikenessQuestion):
    """What a search by likeness takes, and a picture to look for: an upload or an address."""

    region = _text(200, "The part of that picture that is meant: x,y,w,h in its pixels, or pct:.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["region"] and "image" not in attrs and "url" not in attrs:
            raise serializers.ValidationError(
                "'region' is of the picture that is sent; that of a canvas follows its URI."
            )
        return super().validate(attrs)


class RandomQuestion(ScopeQuestion):
    limit = _limit()
    seed = serializers.IntegerField(
        default=None, allow_null=True, help_text="Any whole number; by chance if absent."
    )
