"""Polynomial maps from level-3 to level-1 pixels: evaluation, exact inverse, composition, fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from helioreduce.errors import InputError
from helioreduce.esis import camera as cam

#: Exponents of (u, v) in the order of the coefficients: the first three are the affine part.
TERMS = ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2))


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """A map of the plane by two quadratic polynomials.

    (x, y) ↦ Σₖ cₖ φₖ(u, v) with φ = (1, u, v, uv, u², v²), u = (x − x₀)/h, v = (y − y₀)/h: on the grid |u|, |v| ≤ 1, so
    that each coefficient is a displacement in pixels at the edge of the grid.

    Parameters
    ----------
    coefficients
        (2, 6), pixels of the target: row 0 gives x (column), row 1 gives y (row).
    centre
        (x₀, y₀), pixels of the source.
    half
        h, pixels of the source.
    """

    coefficients: np.ndarray
    centre: tuple[float, float]
    half: float

    def __call__(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the target coordinates (x′, y′) of source coordinates (x, y), arrays of one shape."""
        u, v = self._scaled(x, y)
        (a, b) = self.coefficients
        return _polynomial(a, u, v), _polynomial(b, u, v)

    def jacobian(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return ∂(x′, y′)/∂(x, y), shape (2, 2, ...)."""
        u, v = self._scaled(x, y)
        c = self.coefficients
        du = [k[1] + k[3] * v + 2 * k[4] * u for k in c]
        dv = [k[2] + k[3] * u + 2 * k[5] * v for k in c]
        return np.array([[du[0], dv[0]], [du[1], dv[1]]]) / self.half

    def inverse(self, x: np.ndarray, y: np.ndarray, *, tolerance: float = 1e-10) -> tuple[np.ndarray, np.ndarray]:
        """Return the source coordinates that map to (x, y): Newton's method from the inverse of the affine part.

        Raises
        ------
        InputError
            If it does not converge to ``tolerance`` pixels in 50 steps: the map folds there.
        """
        x, y = np.asarray(x, float), np.asarray(y, float)
        affine = self.coefficients[:, 1:3] / self.half
        step = np.linalg.solve(affine, np.stack([(x - self.coefficients[0, 0]).ravel(), (y - self.coefficients[1, 0]).ravel()]))
        px, py = (step[i].reshape(x.shape) + self.centre[i] for i in (0, 1))
        for _ in range(50):
            tx, ty = self(px, py)
            (a, b), (c, d) = self.jacobian(px, py)
            det = a * d - b * c
            dx, dy = (d * (x - tx) - b * (y - ty)) / det, (a * (y - ty) - c * (x - tx)) / det
            px, py = px + dx, py + dy
            if max(np.abs(dx).max(initial=0), np.abs(dy).max(initial=0)) < tolerance:
                return px, py
        raise InputError("a transform cannot be inverted", cure="Align again: its quadratic terms fold the image")

    def affine(self) -> Map:
        """Return the affine part."""
        return replace(self, coefficients=self.coefficients * (np.arange(6) < 3))

    def shifted(self, dx: float, dy: float) -> Map:
        """Return the map that first moves the source by (dx, dy): (x, y) ↦ self(x + dx, y + dy), exactly."""
        moved = replace(self, centre=(self.centre[0] - dx, self.centre[1] - dy))
        return moved.about(self.centre)

    def about(self, centre: tuple[float, float]) -> Map:
        """Return the same map with its coefficients expanded about another ``centre``, exactly."""
        du, dv = ((new - old) / self.half for new, old in zip(centre, self.centre, strict=True))
        _, cu, cv, cuv, cuu, cvv = self.coefficients.T
        moved = (
            _polynomial(self.coefficients.T, du, dv),
            cu + cuv * dv + 2 * cuu * du,
            cv + cuv * du + 2 * cvv * dv,
            cuv,
            cuu,
            cvv,
        )
        return Map(np.stack(moved, axis=1), (float(centre[0]), float(centre[1])), self.half)

    def after(self, x: np.ndarray) -> Map:
        """Compose with an affine map of the source: (x, y) ↦ self(A(x, y)), exactly.

        Parameters
        ----------
        x
            A, shape (2, 3): (x, y) ↦ A[:, 0] + A[:, 1] u + A[:, 2] v in the source's own scaled coordinates (u, v).
        """
        p, q = np.asarray(x, float)
        phi = np.zeros((6, 6))  # row k: φₖ(A) in terms of φ
        phi[0, 0] = 1
        phi[1, :3], phi[2, :3] = p, q
        phi[3], phi[4], phi[5] = _product(p, q), _product(p, p), _product(q, q)
        return replace(self, coefficients=self.coefficients @ phi)

    def _scaled(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (np.asarray(x) - self.centre[0]) / self.half, (np.asarray(y) - self.centre[1]) / self.half


def on_grid(coefficients: np.ndarray, shape: tuple[int, int] = cam.GRID_SHAPE) -> Map:
    """Return a map from the pixels of a grid (ny, nx), expanded about its centre."""
    ny, nx = shape
    return Map(np.asarray(coefficients, float), ((nx - 1) / 2, (ny - 1) / 2), max(nx, ny) / 2)


def nominal(camera: int, centre: tuple[float, float], shape: tuple[int, int] = cam.GRID_SHAPE) -> Map:
    """Return the designed geometry: rotation by the angle of dispersion, plate scale and anamorphism.

    column = c₀ + r/cos 16° (cos a · x + sin a · y), row = c₁ + r (cos a · y − sin a · x), r = 0.79, a = 22.5° + 45° (j − 1).

    Parameters
    ----------
    camera
        1 to 4.
    centre
        Level-1 (column, row) of the centre of the grid.
    """
    angle = np.deg2rad(cam.dispersion_deg(camera))
    c, s = np.cos(angle), np.sin(angle)
    along = cam.PIXEL_RATIO / np.cos(np.deg2rad(cam.ANAMORPHIC_DEG))
    half = max(shape) / 2
    column = (centre[0], half * along * c, half * along * s, 0, 0, 0)
    row = (centre[1], -half * cam.PIXEL_RATIO * s, half * cam.PIXEL_RATIO * c, 0, 0, 0)
    return on_grid(np.array([column, row]), shape)


def fit(source: np.ndarray, target: np.ndarray, shape: tuple[int, int] = cam.GRID_SHAPE) -> Map:
    """Return the least-squares map of points (n, 2) in (x, y) to points (n, 2); six or more points, not on one conic."""
    empty = on_grid(np.zeros((2, 6)), shape)
    u, v = empty._scaled(source[:, 0], source[:, 1])
    design = np.stack([u**i * v**j for i, j in TERMS], axis=1)
    return replace(empty, coefficients=np.linalg.lstsq(design, target, rcond=None)[0].T)


def _polynomial(c: np.ndarray, u: np.ndarray | float, v: np.ndarray | float) -> np.ndarray:
    return c[0] + c[1] * u + c[2] * v + c[3] * u * v + c[4] * u * u + c[5] * v * v


def _product(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return the coefficients of the product of two affine polynomials."""
    return np.array(
        [
            p[0] * q[0],
            p[0] * q[1] + p[1] * q[0],
            p[0] * q[2] + p[2] * q[0],
            p[1] * q[2] + p[2] * q[1],
            p[1] * q[1],
            p[2] * q[2],
        ]
    )
