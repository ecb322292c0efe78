"""Numerical ground: array backend, Fourier transforms, interpolation."""
