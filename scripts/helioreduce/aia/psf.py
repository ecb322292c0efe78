r"""Point spread function of the seven EUV channels: diffraction by the meshes that carry the filters.

Each of the two filters, at the entrance and in the focal plane, sits on a mesh of 363 µm pitch with 34 µm wires, which
passes 82 % of the light undiffracted and sends the rest into orders m = ±1 … ±100 along the directions of its wires,

.. math:: P(\mathbf r) = 0.82\,\frac{g(\mathbf r)}{\sum g}
          + 0.18\,\frac{\sum_{m,\theta} I_m\,g(\mathbf r - m\,\mathbf s_\theta)}{\sum_{\mathbf r}\sum_{m,\theta} \dots},
          \qquad g = e^{-w r^2},\quad I_m = \mathrm{sinc}^2(m\,34/363).

The PSF is the convolution of both. It is real and point-symmetric, and so is its transform, the OTF.

Source: Grigis, Su, Weber et al. 2012, "AIA PSF Characterization and Image Deconvolution", table 2 (angles, spacings) and
section 3; the core widths w are those of SolarSoft's ``aia_calc_psf``. Light scattered by the mirrors at wide angles is not
part of this model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from helioreduce.errors import InputError
from helioreduce.numerics import fft, radix8

FULL_FRAME = (4096, 4096)
ORDERS = range(1, 101)
_UNDIFFRACTED = 0.82
_WIRE_TO_PITCH = 34.0 / 363.0
_FOCAL_PLANE_DEG = (45.0, -45.0)
_DEFAULT_WIDTH = 4.5  # px⁻²
#: Distance beyond which light counts as scattered, px: outside the core, within the first diffraction order.
SCATTERED_PX = 4.0
#: How far from 1 the sum of a PSF may be.
_UNIT = 1e-3


@dataclass(frozen=True, slots=True)
class Mesh:
    """One channel's diffraction pattern: directions of the entrance filter, spacings of the orders, core width."""

    entrance_deg: tuple[float, float, float, float]
    entrance_px: float
    focal_plane_px: float
    preflight_width: float  # px⁻²


MESHES = {
    94: Mesh((49.81, 40.16, -40.28, -49.92), 8.99, 0.207, 0.951),
    131: Mesh((50.27, 40.17, -39.70, -49.95), 12.37, 0.289, 1.033),
    171: Mesh((49.81, 39.57, -40.13, -50.38), 16.26, 0.377, 0.962),
    193: Mesh((49.82, 39.57, -40.12, -50.37), 18.39, 0.425, 1.512),
    211: Mesh((49.78, 40.08, -40.34, -49.95), 19.97, 0.465, 1.199),
    304: Mesh((49.76, 40.18, -40.14, -49.90), 28.87, 0.670, 1.247),
    335: Mesh((50.40, 39.80, -39.64, -50.25), 31.83, 0.738, 0.962),
}


def otf(
    channel: int, core: str = "default", shape: tuple[int, int] = FULL_FRAME, *, orders: Iterable[int] = ORDERS
) -> np.ndarray:
    """Return the transform of the PSF on a periodic grid, centred on pixel (0, 0).

    The spots are those of the full frame, with its intensities. On a smaller grid the ones that fall beyond half of it
    are left out, and their light is spread evenly over the grid, as from a uniform surrounding: the OTF at
    zero frequency is 1 for every grid.

    Parameters
    ----------
    channel
        94, 131, 171, 193, 211, 304 or 335 Å.
    core
        ``default`` (w = 4.5 px⁻², sharp) or ``preflight`` (measured before launch, per channel).
    shape
        Grid (ny, nx).
    orders
        Orders of diffraction m > 0, which come in pairs ±m.

    Returns
    -------
    numpy.ndarray
        Real, float64, (ny, nx//2 + 1): the half-plane of :func:`helioreduce.numerics.fft.rfft2`.

    Raises
    ------
    InputError
        Unknown channel or core.
    """
    mesh, width = _mesh(channel), core_width(channel, core)
    if len(shape) != 2 or min(shape) < 2:
        raise InputError(f"a PSF has no shape {tuple(shape)}", cure="Give (ny, nx)")
    diffracted = np.array([sign * order for order in orders for sign in (-1, 1)])
    entrance = _filter(mesh.entrance_deg, mesh.entrance_px * diffracted, diffracted, width, shape)
    focal_plane = _filter(_FOCAL_PLANE_DEG, mesh.focal_plane_px * diffracted, diffracted, width, shape)
    transform = fft.rfft2(entrance).real.copy()
    transform *= fft.rfft2(focal_plane).real
    transform[0, 0] = 1.0
    return transform


def psf(
    channel: int, core: str = "default", shape: tuple[int, int] = FULL_FRAME, *, orders: Iterable[int] = ORDERS
) -> np.ndarray:
    """Return the PSF, float64 (ny, nx), of unit sum, its peak at pixel (ny//2, nx//2). Arguments as for :func:`otf`."""
    kernel = fft.irfft2(otf(channel, core, shape, orders=orders).astype(complex), shape)
    return np.roll(kernel, (shape[0] // 2, shape[1] // 2), axis=(0, 1))


def transform(kernel: np.ndarray, shape: tuple[int, int] | None = None) -> np.ndarray:
    """Return the OTF of a PSF that is given as pixels.

    Parameters
    ----------
    kernel
        PSF (ky, kx), not negative, of unit sum, its peak at pixel (ky//2, kx//2) or (0, 0), the same seen from either side.
    shape
        Grid (ny, nx) of the OTF; by default the kernel's. Beyond a smaller grid the light is spread evenly, as :func:`otf` has
        it; on a larger one the PSF is zero.

    Returns
    -------
    numpy.ndarray
        Real, in the kernel's precision, (ny, nx//2 + 1).

    Raises
    ------
    InputError
        If the kernel is no such PSF.
    """
    shape, peak = shape or kernel.shape, np.unravel_index(int(np.nan_to_num(kernel).argmax()), kernel.shape)
    centre = kernel.shape[0] // 2, kernel.shape[1] // 2
    if peak not in (centre, (0, 0)):
        raise InputError(f"the PSF has its peak at pixel {tuple(map(int, peak))}", cure=f"Centre it on {centre}")
    centred = kernel if peak == centre else np.fft.fftshift(kernel)
    total = float(centred.sum(dtype=float))
    if not np.isfinite(total):
        raise InputError("the PSF has pixels that are not finite", cure="Give every pixel a value, 0 where nothing is known")
    if abs(total - 1) > _UNIT or float(centred.min()) < -_UNIT * float(centred.max()):
        raise InputError(f"the PSF has the sum {total:.4g}, or negative pixels", cure="Divide it by its sum")
    plane = np.zeros(shape, kernel.dtype)
    pairs = [_overlap(given, wanted) for given, wanted in zip(centred.shape, shape, strict=True)]
    plane[tuple(wanted for _, wanted in pairs)] = centred[tuple(given for given, _ in pairs)]
    plane += (1 - plane.sum(dtype=float)) / plane.size
    spectrum = fft.rfft2(np.fft.ifftshift(plane))
    if float(abs(spectrum.imag).max()) > 10 * _UNIT:
        raise InputError(
            "the PSF is not point-symmetric: its transform is not real", cure="Give a PSF like those of AIA's meshes"
        )
    return spectrum.real.astype(kernel.dtype)


def as_otf(given: np.ndarray, data_shape: tuple[int, int], channel: int, *, linear: bool = False) -> np.ndarray:
    """Return the OTF of what may be a PSF or its transform already.

    The value of a transform at zero frequency is the sum of the PSF, 1; of a PSF all pixels together are 1.

    Parameters
    ----------
    given
        :func:`psf`, or one like it (see :func:`transform`), of any shape; or :func:`otf` on a grid of at least ``data_shape``.
    data_shape
        (ny, nx) of the image.
    channel
        Channel, Å: decides on the grid of a cut-out.
    linear
        Whether the grid is to be :func:`linear_grid`.

    Raises
    ------
    InputError
        If it is neither.
    """
    if given is None:
        raise InputError("there is no PSF", cure="Give psf.psf(channel) or psf.otf(channel)")
    if given.ndim == 2 and given.dtype.kind == "f":
        given = given.astype(given.dtype.newbyteorder("="), copy=False)  # FITS has the other order
        if abs(float(given.sum(dtype=float)) - 1) < _UNIT:
            if linear:
                return transform(given, linear_grid(data_shape, min(given.shape) // 2))
            is_own = given.shape == tuple(data_shape) and given.shape[1] % 2 == 0  # a half-plane stands for an even number
            return transform(given, data_shape if is_own else grid(data_shape, channel))
        if abs(float(given[0, 0]) - 1) < _UNIT and float(given.max()) < 1 + _UNIT:
            return given
    problem = f"an array {given.shape} of {given.dtype} is neither a PSF of unit sum nor its real transform"
    raise InputError(problem, cure="Give psf.psf(channel) or psf.otf(channel)")


def _overlap(given: int, wanted: int) -> tuple[slice, slice]:
    """Return the pixels of an axis of two lengths that lie on each other with their centres, n // 2, in one place."""
    n = min(given, wanted)
    return tuple(slice(length // 2 - n // 2, length // 2 - n // 2 + n) for length in (given, wanted))  # type: ignore[return-value]


def core_width(channel: int, core: str) -> float:
    """Return w of the core exp(−w r²), in px⁻²."""
    widths = {"default": _DEFAULT_WIDTH, "preflight": _mesh(channel).preflight_width}
    if core not in widths:
        raise InputError(f"there is no PSF core {core!r}", cure=f"Choose one of {', '.join(widths)}")
    return widths[core]


def reach(channel: int, fraction: float) -> int:
    """Return the distance in px within which the entrance filter keeps ``fraction`` of a point's light (rounded up).

    The focal-plane filter spreads light over at most a tenth of that and is left out.
    """
    mesh = _mesh(channel)
    diffracted = np.cumsum(_intensity(np.array(ORDERS)))
    enclosed = _UNDIFFRACTED + (1 - _UNDIFFRACTED) * diffracted / diffracted[-1]
    return int(np.ceil(mesh.entrance_px * (np.searchsorted(enclosed, fraction) + 1)))


def from_outside(otf: np.ndarray, data_shape: tuple[int, int]) -> float:
    """Return what part of the light that is scattered into an image comes from beyond its edges, if the Sun were uniform.

    Scattered is what arrives more than :data:`SCATTERED_PX` from where it belongs. A distance d lies within the image for a
    share (1 − |dy|/ny)(1 − |dx|/nx) of its pixels.

    Parameters
    ----------
    otf
        Transform (gy, gx//2+1) of the PSF on the :func:`grid` of the image, which holds nearly all of its light.
    data_shape
        Of the image, (ny, nx).
    """
    shape = (otf.shape[0], 2 * (otf.shape[1] - 1))
    light = np.abs(np.fft.irfft2(otf, shape))
    y, x = (np.abs(np.fft.fftfreq(n, 1 / n)) for n in shape)
    within = np.multiply.outer(*((1 - d / n).clip(0) for d, n in zip((y, x), data_shape, strict=True)))
    scattered = light * (np.hypot(y[:, None], x) > SCATTERED_PX)
    return float(1 - (scattered * within).sum() / scattered.sum())


def grid(data_shape: tuple[int, int], channel: int, fraction: float = 0.99) -> tuple[int, int]:
    """Return the periodic grid on which to deconvolve an image of ``data_shape``.

    A full frame is its own grid, as in every published AIA deconvolution. A cut-out gets a margin of
    :func:`reach` pixels, so that light which leaves one edge cannot return at the opposite one.
    """
    if tuple(data_shape) == FULL_FRAME:
        return FULL_FRAME
    margin = reach(channel, fraction)
    return fft.fast_shape((data_shape[0] + margin, data_shape[1] + margin))


def linear_grid(data_shape: tuple[int, int], reach_px: int) -> tuple[int, int]:
    """Return the grid on which light that leaves one edge of an image cannot return at the opposite one, nor fall short of it.

    Its sides are at least n + min(reach, n − 1), and of the lengths that transform fastest.
    """
    ny, nx = (radix8.length(n + min(reach_px, n - 1)) for n in data_shape)
    return ny, nx


def _mesh(channel: int) -> Mesh:
    if channel not in MESHES:
        raise InputError(f"there is no PSF for channel {channel}", cure=f"Choose one of {', '.join(map(str, MESHES))}")
    return MESHES[channel]


def _intensity(orders: np.ndarray) -> np.ndarray:
    """Return the relative intensity of each order."""
    return np.sinc(orders * _WIRE_TO_PITCH) ** 2


def _filter(
    angles_deg: tuple[float, ...], distances: np.ndarray, orders: np.ndarray, width: float, shape: tuple[int, int]
) -> np.ndarray:
    """Return the PSF (ny, nx) of one filter, centred on pixel (0, 0); ``distances`` (px) are those of the orders."""
    angles = np.deg2rad(angles_deg)
    y, x = np.outer(distances, np.sin(angles)).ravel(), np.outer(distances, np.cos(angles)).ravel()
    diffracted = _stamps(y, x, width) * np.repeat(_intensity(orders), angles.size)[:, None, None]
    iy, ix = _pixels(y, width)[:, :, None], _pixels(x, width)[:, None, :]
    total = diffracted[_inside(iy, FULL_FRAME[0]) & _inside(ix, FULL_FRAME[1])].sum()
    seen = _inside(iy, shape[0]) & _inside(ix, shape[1])
    flat = (iy % shape[0] * shape[1] + ix % shape[1])[seen]
    plane = np.zeros(shape)
    np.add.at(plane.ravel(), flat, diffracted[seen] * ((1 - _UNDIFFRACTED) / total))
    core, pixels = _stamps(np.zeros(1), np.zeros(1), width)[0], _pixels(np.zeros(1), width)[0]
    np.add.at(plane, (pixels[:, None] % shape[0], pixels % shape[1]), core * (_UNDIFFRACTED / core.sum()))
    return plane


def _pixels(positions: np.ndarray, width: float) -> np.ndarray:
    """Return the pixels (spots, n) around each position at which exp(−w r²) exceeds 1e-26."""
    half = int(np.ceil(np.sqrt(60.0 / width)))
    return np.rint(positions).astype(int)[:, None] + np.arange(-half, half + 1)


def _stamps(y: np.ndarray, x: np.ndarray, width: float) -> np.ndarray:
    """Return exp(−w r²) sampled at the pixels around each spot: (spots, n, n)."""
    along_y = np.exp(-width * (_pixels(y, width) - y[:, None]) ** 2)
    along_x = np.exp(-width * (_pixels(x, width) - x[:, None]) ** 2)
    return along_y[:, :, None] * along_x[:, None, :]


def _inside(pixels: np.ndarray, size: int) -> np.ndarray:
    """Return whether offsets from the centre lie on a grid of ``size`` pixels with its centre at size//2."""
    return (pixels >= -(size // 2)) & (pixels < size - size // 2)
