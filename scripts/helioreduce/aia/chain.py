"""From level 1 to the finished image in memory: the steps of the workflow one after the other, without files between them.

Each step is the function that its rule calls, in the same order and with the same records, so that the result is the one of
the rules to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from helioreduce.aia import level1, steps
from helioreduce.image import Image
from helioreduce.io import provenance
from helioreduce.quality import Policy


def reduce(
    image: Image,
    given: Mapping[str, Any],
    left_out: Mapping[str, str],
    after_step: Callable[[], None] | None = None,
    chain: tuple[steps.Step, ...] = (),
) -> Image:
    """Return the finished image: level 1 after every step that is not left out.

    Parameters
    ----------
    image
        Level-1 full frame or cut-out, in main memory or on the GPU; the result is there too.
    given
        What the steps need, by the names in their ``inputs`` and ``settings``; and ``quality``, which flaws of a frame are
        allowed: fields of :class:`helioreduce.quality.Policy`.
    left_out
        Steps that are not taken, with the reason of each.
    after_step
        Called after each step.
    chain
        All steps, in order; by default STEPS of :mod:`helioreduce.aia.steps`; its TRACKED ends on the grid of a cube.

    Raises
    ------
    InputError
        As the steps do.
    """
    policy = Policy(**given["quality"])
    for step in chain or steps.STEPS:
        if step.name in left_out:
            continue
        skipped = steps.skipped(step.name, left_out, chain)
        image = level1.ingest(image, policy) if step.takes_counts else image
        image = provenance.skip(image, skipped["before"])
        image = step.load()(image, **{name: given[name] for name in (*step.inputs, *step.settings)})
        image = provenance.skip(image, skipped["after"])
        if after_step:
            after_step()
    return image
