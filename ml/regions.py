"""The overlapping squares that R-MAC pools: plain arithmetic, for feature maps and pictures alike.

Tolias, Sicre, Jégou: Particular object retrieval with integral max-pooling of CNN activations
(2016), section 4.
"""

OVERLAP = 0.4  # of two neighbours at the coarsest level, aimed at along the longer side
_MOST_EXTRA = 6  # squares that the longer side may have more than the shorter


def rmac_cells(height: int, width: int, levels: int) -> tuple[tuple[int, int, int], ...]:
    """(top, left, side) in whole cells of a (height, width) map, coarse to fine, row by row.

    Level l = 1..levels has squares of side floor(2 * min(height, width) / (l + 1)): l of them
    along the shorter side, l and some more along the longer. Levels whose side is 0 are left out.
    """
    shorter, longer = sorted((height, width))
    extra = _extra(shorter, longer)
    cells = []
    for level in range(1, levels + 1):
        side = 2 * shorter // (level + 1)
        if side:
            tops = _starts(height, side, level + extra * (height > width))
            lefts = _starts(width, side, level + extra * (width > height))
            cells += [(top, left, side) for top in tops for left in lefts]
    return tuple(cells)


def rmac_boxes(
    height: int, width: int, levels: int
) -> tuple[tuple[float, float, float, float], ...]:
    """The same squares as (top, left, height, width) in fractions, 0..1, of the map's sides."""
    return tuple(
        (top / height, left / width, side / height, side / width)
        for top, left, side in rmac_cells(height, width, levels)
    )


def _extra(shorter: int, longer: int) -> int:
    """How many squares more the longer side has: those whose overlap is nearest to OVERLAP."""
    if shorter == longer:
        return 0

    def overlap(extra: int) -> float:
        return 1 - (longer - shorter) / extra / shorter

    return min(range(1, _MOST_EXTRA + 1), key=lambda extra: abs(overlap(extra) - OVERLAP))


def _starts(length: int, side: int, count: int) -> list[int]:
    """Where `count` intervals begin that are spread evenly, the last one ending at `length`."""
    if count == 1:
        return [0]
    return [index * (length - side) // (count - 1) for index in range(count)]
