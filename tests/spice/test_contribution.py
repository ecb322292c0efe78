"""Contribution functions of single lines, in gofchianti's layout, become one table."""

import json

import numpy as np
import pytest

from helioreduce.errors import InputError
from helioreduce.spice import composition, contribution, files

DENSITIES, TEMPERATURES = np.logspace(8, 12, 5), np.logspace(4.5, 7, 26)


@pytest.fixture
def line(tmp_path):
    """Write one line: a Gaussian in log T that grows with density."""

    def write(name, wavelength, centre, *, temperatures=TEMPERATURES, applied=False, unit="erg cm3 s-1 sr-1"):
        shape = np.exp(-0.5 * ((np.log10(temperatures) - centre) / 0.15) ** 2)
        meta = {"ion": name, "wavelength": wavelength, "units": unit, "abundance_applied": applied, "chianti_version": "11"}
        path = tmp_path / f"{name}_{wavelength}_{len(list(tmp_path.iterdir()))}.npz"
        np.savez_compressed(path, densities=DENSITIES, temperature=temperatures, meta=np.asarray(json.dumps(meta)),
                            gofnt=1e-24 * shape * np.log10(DENSITIES)[:, None])  # fmt: skip
        return path

    return write


def test_lines_become_a_table_that_composition_reads(line, tmp_path):
    paths = [line("s_4", 750.221, 5.05), line("n_4", 765.152, 5.15), line("o_3", 703.854, 4.95)]
    files.write_table(tmp_path / "table.npz", contribution.join([files.read_contribution(path) for path in paths]))
    back = files.read_table(tmp_path / "table.npz")
    np.testing.assert_allclose(back.log_t, np.linspace(4.5, 7, 26))
    np.testing.assert_allclose(back.at("s_4 750.22", 9.5), 9.5 * 1e-24 * np.exp(-0.5 * ((back.log_t - 5.05) / 0.15) ** 2))
    ratio = composition.ratio(back, ["s_4 750.22", "n_4 765.15", "o_3 703.87"], 9.0)
    assert set(ratio.low) == {"s_4 750.22"}


def test_files_that_do_not_belong_together_are_refused(line, tmp_path):
    first = files.read_contribution(line("s_4", 750.221, 5.05))
    for other in (line("n_4", 765.152, 5.15, temperatures=TEMPERATURES[1:]), line("n_4", 765.152, 5.15, unit="ph cm3 s-1")):
        with pytest.raises(InputError, match=r"n_4 765.152 and s_4 750.221 differ"):
            contribution.join([first, files.read_contribution(other)])
    with pytest.raises(InputError, match="abundance"):
        files.read_contribution(line("n_4", 765.152, 5.15, applied=True))
    np.savez(tmp_path / "other.npz", gofnt=np.ones(3))
    with pytest.raises(InputError, match=r"other.npz: is not a contribution function.*gofchianti"):
        files.read_contribution(tmp_path / "other.npz")


def test_dems_in_chiantis_form():
    text = "  4.0  22.5\n  5.0 20.5\n  6.0  21.0\n -1\n%file: own.dem\n a comment\n"
    np.testing.assert_array_equal(contribution.dem(text), [[4, 5, 6], [22.5, 20.5, 21]])
    for wrong in ("4.0 22\n5.0\n6.0 21\n-1\n", "4 22\n5 21\n-1\n", "4 22\n6 21\n5 20\n-1\n", "no DEM\n"):
        with pytest.raises(InputError, match="is no DEM"):
            contribution.dem(wrong)
