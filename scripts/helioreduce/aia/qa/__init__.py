"""Measures of quality: what a step did to an image, in numbers."""
