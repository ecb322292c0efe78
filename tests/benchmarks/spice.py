"""Line fits: spectra per CPU second of every engine, in one run on one thread; then the size and speed of a large raster.

python tests/benchmarks/spice.py [--large | --parts]
"""

from __future__ import annotations

import contextlib
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("scripts", "tests/support", "tests/peers")]

from helioreduce.io import fits  # noqa: E402
from helioreduce.runtime import process  # noqa: E402
from helioreduce.spice import fit, noise, simulate  # noqa: E402
from helioreduce.spice.model import Line, Tie, build  # noqa: E402
from helioreduce.spice.simulate import RADCAL_PER_SECOND, STEP  # noqa: E402


def rate(call: Callable[[], object], count: int) -> float:
    """Spectra per CPU second."""
    start = time.process_time()
    call()
    return count / (time.process_time() - start)


def spectra(count: int) -> tuple:
    """Three lines and background on 51 samples, 20 s exposures."""
    rng = np.random.default_rng(1)
    wavelength = 749.5 + STEP * (np.arange(51) - 25)
    model = build([wavelength], [Line(f"o_3 {w:.2f}", w) for w in (748.0, 749.5, 751.0)])
    q = np.tile([0.5, 748.0, 0.35, 0.4, 749.5, 0.35, 0.7, 751.0, 0.35, 0.02], (count, 1))
    q[:, [1, 4, 7]] += rng.normal(0, 0.05, (count, 1))
    own = noise.of({"DETECTOR": "SW", "BUNIT": "", "XPOSURE": 20.0, "RADCAL": 20 * RADCAL_PER_SECOND})
    expected = fit.evaluate(model, q)
    sigma = own.sigma(expected)
    return model, wavelength, q.mean(axis=0), rng.normal(expected, sigma), sigma, own


def engines() -> None:
    """Our kernel beside SciPy and EISPAC."""
    from scipy.optimize import curve_fit
    from test_spice_peers import gaussians, slopes

    model, wavelength, start, y, sigma, own = spectra(20_000)
    first, bounds = model.start(start), model.bounds(start)
    a, b = np.full(51, own.a), np.full(51, own.b)
    process.use_threads(1)
    fit.fit_spectra(first, y[:8], a, b)
    rates = {}
    for tolerance in (1e-8, 1e-6, 1e-4):
        rates[f"helioreduce, tolerance {tolerance:g}"] = rate(
            lambda t=tolerance: fit.fit_spectra(first, y, a, b, tolerance=t), len(y)
        )
    names = [line.name for line in model.lines]
    tied = build([wavelength], model.lines, [Tie(f"{n} s", "mul", f"{names[0]} s", 1.0) for n in names[1:]])
    rates["helioreduce, one width for three lines"] = rate(lambda: fit.fit_spectra(tied.start(start), y, a, b), len(y))
    few = 200

    def scipy_fit(**options: object) -> None:
        for i in range(few):
            curve_fit(gaussians, wavelength, y[i], start, sigma[i], bounds=bounds, absolute_sigma=True, **options)

    rates["scipy curve_fit TRF, analytic Jacobian (SAFFRON's kernel)"] = rate(lambda: scipy_fit(jac=slopes), few)
    rates["scipy curve_fit TRF, numerical Jacobian"] = rate(scipy_fit, few)
    rates["EISPAC mpfit"] = rate(lambda: mpfit(wavelength, y[:few], sigma, start, bounds), few)
    ours = rates["helioreduce, tolerance 1e-06"]
    for name, value in rates.items():
        print(f"{name:60s} {value:10.0f} spectra per CPU s   ours is {ours / value:7.1f} ×")


def parts() -> None:
    """Where the time of one fit goes: the parts of the kernel, each alone in a compiled loop, and the number of iterations."""
    import numba

    from helioreduce.spice import algebra, gaussians

    model, _, start, y, _, own = spectra(20_000)
    first, a, b = model.start(start), np.full(51, own.a), np.full(51, own.b)
    process.use_threads(1)
    fit.fit_spectra(first, y[:8], a, b)
    whole = 1e6 / rate(lambda: fit.fit_spectra(first, y, a, b), len(y))
    found = fit.fit_spectra(first, y, a, b)

    @numba.njit
    def turns(part, number, samples, arrays, bounds, p, packed):
        state, system = gaussians.state(arrays, samples.y.size), algebra.system(p.size)
        gaussians.full(p, arrays, state.q)
        gaussians.write_model(samples.wavelength, samples.edges, arrays, state)
        gaussians.weigh(samples, state)
        gaussians.write_normal_equations(samples, arrays, state, system)
        for _ in range(number):
            if part == 0:
                gaussians.write_model(samples.wavelength, samples.edges, arrays, state)
            elif part == 1:
                gaussians.write_normal_equations(samples, arrays, state, system)
            elif part == 2:
                algebra.damped_step(system, algebra.choose_movable(p, bounds, system), 1e-3)
            else:
                algebra.covariance(p, bounds, system, packed)

    samples = gaussians.Samples(y[0], a, b, model.arrays.wavelength, model.arrays.edges)
    print(f"a fit {whole:.1f} µs, {found.iterations.mean():.1f} iterations, and model and equations twice at the start; each:")
    for part, name in enumerate(("model and Jacobian", "normal equations", "step", "covariance (once)")):
        given = (samples, model.arrays, first.bounds, found.p[0], found.packed[0].copy())
        turns(part, 1, *given)
        print(f"  {name:20s} {1e6 / rate(lambda part=part, given=given: turns(part, 20_000, *given), 20_000):.2f} µs")


def mpfit(wavelength: np.ndarray, y: np.ndarray, sigma: np.ndarray, start: np.ndarray, bounds: tuple) -> None:
    """EISPAC's fitter with the same model, bounds and weights."""
    from eispac.extern.mpfit import mpfit as fitter
    from test_spice_peers import gaussians

    def residual(p, fjac=None, i=0):  # type: ignore[no-untyped-def]
        return [0, (y[i] - gaussians(wavelength, *p)) / sigma[i]]

    limits = [{"limited": [1, 1], "limits": list(pair)} for pair in zip(*bounds, strict=True)]
    for i in range(len(y)):
        fitter(residual, start.copy(), parinfo=limits, functkw={"i": i}, quiet=1, xtol=1e-6, ftol=1e-6, gtol=1e-6)


def eis() -> None:
    """Real Hinode/EIS spectra, one line, beside EISPAC's own fit of them."""
    from test_spice_peers import eis_observation

    process.use_threads(1)
    with contextlib.redirect_stdout(None):
        observed = eis_observation()
        observed.fit()
        number = len(observed.y)
        theirs = rate(observed.fit_by_eispac, number)
    ours = rate(lambda: [observed.fit() for _ in range(10)], 10 * number)
    print(f"{number:,} real EIS spectra: EISPAC {theirs:.0f}, ours {ours:,.0f} spectra per CPU s, {ours / theirs:.0f} ×")


def three_windows() -> None:
    """A level-2 file of 32 × 60 × 3 spectra to level 3, SAFFRON's files, radiances and velocities on disk, with two threads."""
    import spice_fit
    import spice_ingest
    import spice_merge
    import spice_prepare
    import spice_radiance
    import spice_velocity

    settings = yaml.safe_load((ROOT / "config.yaml").read_text())["spice"]
    options = {"joining": settings["noise"], "threshold": 4.5, "denoise": False, "model": settings["model"], "trim": {}}
    bins = {**settings["binning"], "thresholds": {"I": 0.3}}
    names = [window.name for window in simulate.WINDOWS]
    groups = {"magnesium": {"windows": names[:2], "labels": names[:2]}, "neon": {"windows": names[2:], "labels": names[2:]}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raster, level3 = folder / "raster.fits", folder / "level3.fits"
        fits.write_planes(raster, simulate.raster(simulate.Settings(rows=60, columns=32))[0])

        def path(kind: str, group: str) -> str:
            return str(folder / f"{kind}_{group}.fits")

        def prepare() -> None:
            for group, fit in groups.items():
                spice_prepare.main(str(raster), path("prepared", group), group, fit, **options)

        def fitted() -> None:
            for group in groups:
                prepared, output = path("prepared", group), path("fitted", group)
                spice_fit.main(prepared, output, group, bins, settings["model"])

        def merged() -> None:
            parts = [path("fitted", group) for group in groups]
            spice_merge.main(
                parts, raster, level3, folder / "saffron", "raster", "::SAMENAME_::PARAMPLACEHOLDER.fits", [1, 3, 5], [1]
            )

        steps = {
            "look through": lambda: spice_ingest.main(str(raster), str(folder / "checks.json")),
            "prepare (read, spikes, write)": prepare,
            "start, fit, write": fitted,
            "merge, SAFFRON's files": merged,
            "radiances": lambda: spice_radiance.main(level3, folder / "radiance.fits"),
            "velocities": lambda: spice_velocity.main(level3, folder / "velocity.fits", "median", []),
        }
        for turn in ("kernels loaded from the cache", "again"):
            total = [0.0, 0.0]
            for step, call in steps.items():
                begun = time.perf_counter(), time.process_time()
                call()
                spent = time.perf_counter() - begun[0], time.process_time() - begun[1]
                total = [a + b for a, b in zip(total, spent, strict=True)]
                print(f"  {step:32s} {spent[0]:6.2f} s wall {spent[1]:6.2f} CPU s")
            print(f"three windows, 5,760 spectra, file to files ({turn}): {total[0]:.2f} s wall, {total[1]:.2f} CPU s")


def large() -> None:
    """A million spectra with three lines."""
    model, _, start, y, _, own = spectra(20_000)
    y = np.tile(y.astype(np.float32), (50, 1))
    process.use_threads(2)
    wall, cpu = time.perf_counter(), time.process_time()
    result = fit.fit_spectra(model.start(start), y, np.full(51, own.a), np.full(51, own.b))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{len(y):,} spectra: {wall:.1f} s ({cpu:.1f} CPU s), converged {np.mean(result.status == 1):.4%}, peak {peak:.2f} GiB"
    )


def threads() -> None:
    """Gain of two threads: the best of five turns with each."""
    model, _, start, y, _, own = spectra(40_000)
    best = {1: np.inf, 2: np.inf}
    for number in [1, 2] * 5:
        process.use_threads(number)
        begun = time.perf_counter()
        fit.fit_spectra(model.start(start), y, np.full(51, own.a), np.full(51, own.b))
        best[number] = min(best[number], time.perf_counter() - begun)
    print(f"two threads: {best[1] / best[2]:.2f} × one (on an idle machine)")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if "--parts" in sys.argv:
        parts()
        sys.exit()
    engines()
    eis()
    threads()
    three_windows()
    if "--large" in sys.argv:
        large()
