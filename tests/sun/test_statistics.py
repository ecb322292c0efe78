"""Statistics of the record against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.sun import statistics


@given(st.integers(0, 2**31), st.floats(0, 0.5))
def test_statistics_are_those_of_the_pixels_received(seed: int, lost: float) -> None:
    rng = np.random.default_rng(seed)
    image = np.clip(rng.gamma(1.5, 2000, (40, 30)) - 8, -8, 16375).astype(np.int16)
    image[rng.random(image.shape) < lost] = statistics.BLANK
    image[:2] = 7  # some pixels are received in every column
    seen, found = image[image != statistics.BLANK].astype(float), statistics.measure(image)
    assert (found["TOTVALS"], found["DATAVALS"], found["MISSVALS"]) == (1200, seen.size, 1200 - seen.size)
    assert found["PERCENTD"] == pytest.approx(100 * seen.size / 1200)
    assert (found["DATAMIN"], found["DATAMAX"], found["NSATPIX"]) == (seen.min(), seen.max(), (seen > 15000).sum())
    deviation = (seen - seen.mean()) / seen.std()
    assert found["DATAMEAN"] == pytest.approx(seen.mean())
    assert found["DATARMS"] == pytest.approx(seen.std())
    assert found["DATASKEW"] == pytest.approx((deviation**3).mean(), abs=1e-9)
    assert found["DATAKURT"] == pytest.approx((deviation**4).mean() - 3, abs=1e-9)
    for percent, name in ((50, "DATAMEDN"), (1, "DATAP01"), (99, "DATAP99")):
        assert found[name] == np.percentile(seen, percent, method="inverted_cdf")
    assert found["AIHIS860"] == (seen <= 16383).sum() // 2
    assert found["AIHIS604"] == (seen <= 400).sum() // 2


def test_a_lost_record_lacks_what_depends_on_pixels() -> None:
    assert set(statistics.NAMES) <= set(statistics.measure(np.ones((4, 4), np.int16)))
