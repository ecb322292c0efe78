"""From the scene to counts: PSF, photon noise, compression, read-out and cosmic-ray hits.

Each source of noise is simulated with the amplitude of AIA's published error model (Boerner et al. 2012; SolarSoft's
aia_bp_estimate_error): the pulls of the counts have standard deviation 1.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np

from helioreduce.errors import InputError
from helioreduce.numerics import fft
from helioreduce.sun.instrument import (
    COMPRESSED_FROM_DN,
    COMPRESSION_FLOOR_DN,
    DARK_NOISE_DN,
    HIGHEST_DN,
    LOWEST_DN,
    READ_NOISE_DN,
    Channel,
)

#: Rows that share a stream of random numbers: few enough to stay in the cache of a core.
_ROWS = 32
#: Cosmic-ray hits of the whole detector per second of exposure and read-out, and the time of the latter, s.
HITS_PER_S, READOUT_S = 260.0, 2.3


def blur(scene: np.ndarray, psf: np.ndarray) -> np.ndarray:
    """Return the circular convolution of ``scene`` (ny, nx) with a PSF, float32; flux is conserved.

    Parameters
    ----------
    psf
        Either the real PSF, centred on pixel (ny // 2, nx // 2), sum 1, which is cut or padded about its centre to the shape
        of the scene; or the half plane of its transform, (ny, nx // 2 + 1), with the PSF centred on pixel (0, 0).

    Raises
    ------
    InputError
        If the shape of a transform is not that of the scene's transform.
    """
    half = (scene.shape[0], scene.shape[1] // 2 + 1)
    if psf.shape != half and np.iscomplexobj(psf):
        raise InputError(f"the transform of the PSF has shape {psf.shape}, the scene's is {half}")
    otf = psf if psf.shape == half else fft.rfft2(np.fft.ifftshift(_fitted(psf, scene.shape)))
    spectrum = fft.rfft2(scene)
    spectrum *= otf
    return np.maximum(fft.irfft2(spectrum, scene.shape), 0)


def scatter(scene: np.ndarray, psf: np.ndarray) -> np.ndarray:
    """Return the convolution of ``scene`` (ny, nx) with a PSF, float32, for which the sky beyond the scene is dark.

    Light that leaves over an edge does not return at the opposite one, unlike that of :func:`blur`.

    Parameters
    ----------
    psf
        The real PSF of unit sum, centred on pixel (py // 2, px // 2); what it scatters by more than ny rows or nx columns
        leaves the scene, whatever its shape.
    """
    ny, nx = scene.shape
    grid = 2 * ny, 2 * nx
    spectrum = fft.rfft2(np.pad(scene, ((0, ny), (0, nx))))
    spectrum *= fft.rfft2(np.fft.ifftshift(_placed(psf, grid)))
    return np.maximum(fft.irfft2(spectrum, grid)[:ny, :nx], 0)


def _fitted(psf: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the PSF (float32) cut or padded about its centre to ``shape``, sum 1."""
    out = _placed(psf, shape)
    return out / out.sum(dtype=float)


def _placed(psf: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the PSF (float32) cut or padded about its centre to ``shape``."""
    out = np.zeros(shape, np.float32)
    source, target = [], []
    for have, want in zip(psf.shape, shape, strict=True):
        n = min(have, want)
        source.append(slice(have // 2 - n // 2, have // 2 - n // 2 + n))
        target.append(slice(want // 2 - n // 2, want // 2 - n // 2 + n))
    out[tuple(target)] = psf[tuple(source)]
    return out


def expose(expected: np.ndarray, channel: Channel, seeds: np.random.SeedSequence) -> np.ndarray:
    """Return one noisy exposure of ``expected`` counts (DN), before rounding; float32.

    Photons follow a Poisson distribution and count ``dn_per_photon`` each. Dark current and read-out add Gaussian noise.
    On-board compression rounds counts of 25 DN and more to steps that grow as the square root of the counts; a random
    offset at each pixel (subtractive dither) makes its error uniform over one step, whatever the signal: steps of 5 σ at
    1700 Å would otherwise show as terraces.
    """
    counts = np.empty_like(expected)
    blocks = range(0, len(expected), _ROWS)
    streams = seeds.spawn(len(blocks))

    def fill(job: tuple[int, np.random.SeedSequence]) -> None:
        """Draw the counts of some rows from a seed of their own."""
        first, seed = job
        rows = slice(first, first + _ROWS)
        counts[rows] = _noisy(expected[rows], channel, np.random.Generator(np.random.SFC64(seed)))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(fill, zip(blocks, streams, strict=True)))
    return counts


def _noisy(expected: np.ndarray, channel: Channel, rng: np.random.Generator) -> np.ndarray:
    """Return some rows with noise; see :func:`expose`."""
    weight = np.float32(channel.dn_per_photon)
    counts = rng.poisson(expected / weight).astype(np.float32) * weight
    counts += rng.standard_normal(counts.shape, np.float32) * np.float32(np.hypot(READ_NOISE_DN[channel.camera], DARK_NOISE_DN))
    dither = rng.random(counts.shape, np.float32) - np.float32(0.5)
    sigma = np.sqrt(np.maximum(counts, 0) * weight) / np.float32(channel.compress)
    step = np.float32(np.sqrt(12)) * np.maximum(sigma, np.float32(COMPRESSION_FLOOR_DN))
    return counts + np.where(counts >= COMPRESSED_FROM_DN, step * dither, np.float32(0))


def bloom(counts: np.ndarray) -> None:
    """Spread charge beyond the full well along its column of ``counts`` (ny, nx), half of it each way; in place."""
    for column in np.flatnonzero(counts.max(axis=0) > HIGHEST_DN):
        counts[:, column] = _spilled(counts[:, column].copy())


@numba.njit(cache=True)
def _spilled(column: np.ndarray) -> np.ndarray:
    """Return one column after its excess has filled the nearest pixels with room; charge that reaches the edge is lost."""
    excess = np.maximum(column - np.float32(HIGHEST_DN), np.float32(0)) / 2
    column = np.minimum(column, np.float32(HIGHEST_DN))
    for step in (1, -1):
        carried = np.float32(0)
        for j in np.arange(len(column))[::step]:
            carried += excess[j]
            taken = min(carried, np.float32(HIGHEST_DN) - column[j])
            column[j] += taken
            carried -= taken
    return column


def read_out(counts: np.ndarray) -> np.ndarray:
    """Return the counts that the camera delivers: rounded, between −8 and 16375 DN; int16."""
    return np.clip(np.rint(counts), LOWEST_DN, HIGHEST_DN).astype(np.int16)


def cosmic_rays(shape: tuple[int, int], exposure_s: float, rng: np.random.Generator) -> np.ndarray:
    """Return the charge left by energetic particles, DN (ny, nx) float32, zero elsewhere.

    Most particles cross the detector steeply and leave a dot of one or two pixels; a few graze it and leave a track. The
    number of tracks falls as the square of their length. The charge per pixel is log-normal, as in AIA's spike files: 20
    to 2000 DN.
    """
    charge = np.zeros(shape, np.float32)
    hits = rng.poisson(HITS_PER_S * (exposure_s + READOUT_S) * shape[0] * shape[1] / 4096**2)
    start = rng.uniform(0, 1, (hits, 2)) * shape
    length = np.minimum(0.8 / rng.uniform(0, 1, hits), 60)
    angle = rng.uniform(0, np.pi, hits)
    strength = rng.lognormal(np.log(90), 1.0, hits)
    steps = np.ceil(2 * length).astype(int) + 1
    hit = np.repeat(np.arange(hits), steps)
    along = (np.arange(steps.sum()) - np.repeat(np.cumsum(steps) - steps, steps)) / 2
    y = (start[hit, 0] + along * np.sin(angle[hit])).astype(int)
    x = (start[hit, 1] + along * np.cos(angle[hit])).astype(int)
    inside = (y >= 0) & (y < shape[0]) & (x >= 0) & (x < shape[1])
    deposit = strength[hit] / 2 * rng.uniform(0.5, 1.5, hit.size)
    np.add.at(charge, (y[inside], x[inside]), deposit[inside].astype(np.float32))
    return charge


def sigma(expected: np.ndarray, channel: Channel) -> np.ndarray:
    """Return the standard deviation of the counts (DN) of :func:`expose` and :func:`read_out`, before any clipping.

    σ² = shot² + dark² + read² + quantisation² + compression².
    """
    shot2 = expected * channel.dn_per_photon
    floor = np.maximum(np.sqrt(shot2) / channel.compress, COMPRESSION_FLOOR_DN)
    compression = np.where(expected >= COMPRESSED_FROM_DN, floor, 0)
    return np.sqrt(shot2 + DARK_NOISE_DN**2 + READ_NOISE_DN[channel.camera] ** 2 + 1 / 12 + compression**2)
