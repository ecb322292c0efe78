"""Exposure times: believed where the shutter's sensors and the command agree."""

import warnings

import numpy as np
import pytest

from helioreduce.aia import exposure, level1, shutter
from helioreduce.errors import InputError, InputWarning
from helioreduce.image import Image

#: 2011-02-15, flare: EXPTIME and EXPSDEV in s, AIMGSHCE in ms.
BROKEN = {
    "193/015609": (0.02947, 0.0788783, 31),
    "193/015810": (0.0049182, 0.0131644, 37),
    "131/020012": (0.03891825, 0.104163, 40),
}
SOUND = {
    "211/014400": (2.900825, 0.000115, 2900),
    "the largest spread": (0.070089, 0.000478, 73),
    "the largest difference": (0.071906, 0.000384, 75),
    "half a second": (0.349396, 0.000193, 352),
}


def frame(header, exptime, expsdev, aimgshce):
    """Level 1 of a scene of 1000 DN/s that was exposed as commanded."""
    new = header.copy()
    cards = {"EXPTIME": exptime, "EXPSDEV": expsdev, "AIMGSHCE": aimgshce}
    new.update({key: value for key, value in cards.items() if value is not None})
    for key in [key for key, value in cards.items() if value is None]:
        new.remove(key, ignore_missing=True)
    return Image(np.full((16, 16), aimgshce or 1, np.float32), new, np.ones((16, 16), np.float32))


@pytest.mark.parametrize("cards", BROKEN.values(), ids=BROKEN)
def test_a_broken_measurement_gives_way_to_the_command(level1_header, cards):
    """Header, caveat and record say so; level 1 is taken."""
    image = frame(level1_header, *cards)
    with pytest.warns(InputWarning, match="EXPTIME = .* has a spread of .*EXPSDEV.*as commanded"):
        rate = exposure.normalise(level1.ingest(image))
    np.testing.assert_allclose(rate.data, 1000)
    assert (rate.header["EXPUSED"], rate.header["EXPSRC"]) == (cards[2] / 1000, "commanded")
    assert rate.header["EXPTIME"] == cards[0], "as JSOC has it"
    assert rate.header["EXPSIGMA"] == 0.002
    assert "EXPSDEV" in rate.header["CAVEAT1"] and "source=commanded" in rate.header["PRPARA1"]


@pytest.mark.parametrize("cards", SOUND.values(), ids=SOUND)
def test_a_sound_measurement_is_taken_without_a_word(level1_header, cards):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rate = exposure.normalise(frame(level1_header, *cards))
    np.testing.assert_array_equal(rate.data, np.float32(cards[2]) / np.float32(cards[0]))
    assert [rate.header[key] for key in ("EXPUSED", "EXPSRC", "EXPSIGMA")] == [cards[0], "measured", cards[1]]
    assert "CAVEAT1" not in rate.header


@pytest.mark.parametrize("used", ["measured", "commanded"])
def test_either_can_be_asked_for(level1_header, used):
    cards = BROKEN["193/015810"]
    with pytest.warns(InputWarning, match=f"as {used}"):
        rate = exposure.normalise(frame(level1_header, *cards), used)
    assert rate.header["EXPUSED"] == (cards[0] if used == "measured" else 0.037)


def test_a_sound_spread_beside_another_command_is_not_believed(level1_header):
    """12 ms where 20 ms were commanded: level 1 is near enough, the rate is not."""
    assert shutter.judge(frame(level1_header, 0.012, 0.0001, 20).header)[::2] == (0.02, "commanded")


@pytest.mark.parametrize(("source", "expsdev"), [("auto", 3.0), ("commanded", 0.0001)])
def test_without_a_command_there_is_nothing_to_give_way_to(level1_header, source, expsdev):
    header = frame(level1_header, 2.0, expsdev, None).header
    with pytest.raises(InputError, match="AIMGSHCE is missing.*aia.exposure.source"):
        shutter.judge(header, source)


def test_a_measurement_alone_is_believed(level1_header):
    """Exports without the keywords of the shutter."""
    assert shutter.judge(frame(level1_header, 2.0, None, None).header) == (2.0, shutter.MEASURED_S, "measured", "")


def test_the_uncertainty_is_a_term_of_sigma_by_option(level1_header):
    """√(σ² + (I σ_t/t)²), for all pixels alike."""
    cards = BROKEN["193/015810"]
    with pytest.warns(InputWarning):
        without, with_term = (exposure.normalise(frame(level1_header, *cards), error=error) for error in (False, True))
    np.testing.assert_array_equal(without.data, with_term.data)
    np.testing.assert_allclose(with_term.sigma, np.hypot(without.sigma, 1000 * 0.002 / 0.037), rtol=1e-6)
