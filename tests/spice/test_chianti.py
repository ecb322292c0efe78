"""Contribution functions from a small database in CHIANTI's own files, against the solution on paper.

Each ion has a ground level and levels above it that only the ground level feeds. In balance,
n N_1 q_1k = N_k (A_k + n q_k1), for each level by itself.
"""

import sys

import numpy as np
import pytest
from scipy import constants

from helioreduce import command
from helioreduce.command.info import describe
from helioreduce.errors import InputError
from helioreduce.spice import chianti, files

WITHOUT = "the optional package fiasco is not installed"
#: Upper levels of each ion: wavelength (Å; negative where no level has been observed), J, A (s⁻¹), collision strength.
#: Slow decays, so that collisions empty the levels at the densities of the table, too.
LEVELS = {
    "o_6": [(1031.912, 1.5, 4.2e2, 3.4), (1037.613, 0.5, 4.1e8, 1.7)],
    "o_5": [(760.446, 2, 5.0e2, 0.6), (760.300, 1, 1.5e3, 0.9), (-760.400, 0, 9.0e2, 0.5), (759.441, 0, 8.0e2, 0.2)],
}
LOG_T = np.arange(4.0, 8.01, 0.05)
H, C, K, M = constants.h * 1e7, constants.c * 1e2, constants.k * 1e7, constants.m_e * 1e3  # cgs


def fraction(stage, number):
    """Return an invented ionisation fraction, as precise as the file has it."""
    found = 0.9 * np.exp(-0.5 * ((LOG_T - 4.2 - 0.2 * stage) / 0.3) ** 2) + 0.1 / (number + 1)
    return np.array([float(f"{value:.2E}") for value in found])


def write_ion(folder, name, levels):
    """Write levels, decays and collisions of an ion; constant collision strengths, type 2 of Burgess & Tully."""
    folder.mkdir(parents=True)
    waves = [abs(level[0]) for level in levels]
    rows = [(0.5, 0.0, 0.0), *((j, 1e8 / abs(w) if w > 0 else -1, 1e8 / abs(w)) for w, j, *_ in levels)]
    elvlc = [
        f"{i:7d}{'c':>30}{'':5}{2:5d}{'P':>5}{j:5.1f}{seen:15.3f}{theory:15.3f}" for i, (j, seen, theory) in enumerate(rows, 1)
    ]
    wgfa = [
        f"{1:5d}{i:5d}{w:15.3f}{0.1:15.3e}{a:15.3e}{'c 2P0.5 -':>30}{'c 2P':>30}" for i, (w, _, a, _) in enumerate(levels, 2)
    ]
    scups, rydberg = [], constants.physical_constants["Rydberg constant"][0]
    for i, (wave, (*_, strength)) in enumerate(zip(waves, levels, strict=True), 2):
        scups += [f"1 {i} {1e10 / wave / rydberg!r} 0.1 -1 5 2 0.5", "0 0.25 0.5 0.75 1", " ".join([f"{strength}"] * 5)]
    for ending, lines in (("elvlc", elvlc), ("wgfa", wgfa), ("scups", scups)):
        (folder / f"{name}.{ending}").write_text("\n".join([*lines, "-1", "%file: invented", "-1", ""]))


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """Build fiasco's database from files in CHIANTI's form, with hydrogen for the protons and a coronal abundance."""
    pytest.importorskip("fiasco", reason=WITHOUT)
    from fiasco.util.setup_db import build_hdf5_dbase

    root = tmp_path_factory.mktemp("chianti")
    (root / "VERSION").write_text("10.1\n")
    for name, levels in LEVELS.items():
        write_ion(root / "o" / name, name, levels)
    stages = [(number, stage) for number in (1, 8) for stage in range(1, number + 2)]
    rows = [f"{z:3d}{stage:3d}" + "".join(f"{value:10.2E}" for value in fraction(stage, z)) for z, stage in stages]
    (root / "ioneq").mkdir()
    temperatures = "".join(f"{value:6.2f}" for value in LOG_T)
    (root / "ioneq/chianti.ioneq").write_text(
        "\n".join([f"{len(LOG_T):3d}{8:3d}", temperatures, *rows, "-1", "invented", "-1", ""])
    )
    (root / "abundance").mkdir()
    abundances = f"{1:2d}{12.0:9.3f}H \n{8:2d}{8.89:9.3f}O \n-1\ninvented\n-1\n"
    (root / "abundance/sun_coronal_1992_feldman_ext.abund").write_text(abundances)
    ions = [f"{name}.{ending}" for name in LEVELS for ending in ("elvlc", "wgfa", "scups")]
    built = root / "chianti.h5"
    build_hdf5_dbase(root, built, files=["chianti.ioneq", "sun_coronal_1992_feldman_ext.abund", *ions])
    return built


def on_paper(name, *chosen):
    """Return G (n, T) of chosen upper levels of an ion, erg cm³/s, without abundance."""
    t, n = 10.0**chianti.LOG_T, 10.0 ** chianti.LOG_N[:, None]
    at = [int(np.argmin(abs(LOG_T - value))) for value in chianti.LOG_T]
    populations, photons = [], []
    for wavelength, j, decay, strength in LEVELS[name]:
        energy = H * C / (abs(wavelength) * 1e-8)
        rate = H**2 / (2 * np.pi * M) ** 1.5 * strength / np.sqrt(K * t)
        populations.append(n * rate / 2 * np.exp(-energy / (K * t)) / (decay + n * rate / (2 * j + 1)))
        photons.append(decay * energy)
    total = 1 + sum(populations)
    return sum(fraction(int(name[2:]), 8)[at] * populations[k] / total * photons[k] / n for k in chosen)


def test_the_table_is_the_solution_on_paper(database, tmp_path, capsys):
    """One transition; two that SPICE does not tell apart, without the one that is not observed. No abundance is in it."""
    path = str(tmp_path / "table.npz")
    asked = ["O VI 1031.93", "o_6 1037.61", "o_5 760.43"]
    assert command.main(["spice", "contributions", *asked, "-o", path, "--database", str(database)]) == command.DONE
    said = capsys.readouterr()
    assert "(CHIANTI 10.1, fiasco " in said.out
    assert [said.err.count(f"No proton data available for O {stage}") for stage in (5, 6)] == [1, 1]
    found = files.read_table(path)
    np.testing.assert_array_equal(found.log_t, chianti.LOG_T)
    wanted = {"o_6 1031.93": on_paper("o_6", 0), "o_6 1037.61": on_paper("o_6", 1), "o_5 760.43": on_paper("o_5", 0, 1)}
    assert list(found.functions) == list(wanted)
    for line, values in wanted.items():
        np.testing.assert_allclose(found.functions[line], values, rtol=1e-6)
    np.testing.assert_allclose(found.at("o_6 1031.91", 9.0), wanted["o_6 1031.93"][8], rtol=1e-6)
    assert describe(tmp_path / "table.npz")["origin"].startswith("CHIANTI 10.1")


def test_what_the_database_lacks_is_said(database, tmp_path):
    with pytest.raises(InputError, match=r"no line of o_5 within 0.2 Å of 758.7.*nearest lines: 759.441"):
        chianti.table([("o_5", 758.7)], database)
    for ion in ("s_4", "o_4"):
        with pytest.raises(InputError, match=f"{database.name}: has not what {ion} needs"):
            chianti.table([(ion, 750.22)], database)
    (broken := tmp_path / "broken.h5").write_text("no HDF5")
    with pytest.raises(InputError, match=r"broken.h5: has not what s_4 needs"):
        chianti.table([("s_4", 750.22)], broken)


def test_no_database_is_no_question(tmp_path, monkeypatch, capsys):
    """Fiasco would ask at the keyboard whether to fetch one."""
    fiasco = pytest.importorskip("fiasco", reason=WITHOUT)
    monkeypatch.setitem(fiasco.defaults, "hdf5_dbase_root", tmp_path / "none.h5")
    assert command.main(["spice", "contributions", "S IV 750.22", "-o", str(tmp_path / "table.npz")]) == command.FAILED
    assert "none.h5: there is no CHIANTI database. Name fiasco's HDF5 file with --database" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_without_fiasco_the_cure_is_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "fiasco", None)
    with pytest.raises(InputError, match=r"fiasco cannot be imported.*pip install fiasco"):
        chianti.table([("s_4", 750.22)])
