"""The point-spread function that a configuration asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Optics:
    """The PSF of a run; ``settings`` are those of the section ``aia``."""

    settings: Mapping[str, Any]

    @property
    def pattern(self) -> str:
        """Pattern of the file of a channel's PSF."""
        model = self.settings["psf"]["model"]
        return f"results/aia/psf/{self.settings['deconvolve']['core'] if model == 'grigis' else model}/{{channel}}.fits"

    @property
    def memory_mb(self) -> int:
        """Memory that making a PSF takes, MB."""
        model, side = (self.settings["psf"][name] for name in ("model", "side"))
        return 1200 if model == "grigis" else 5000 if model == "parametric" and side > 4096 else 1800

    def source(self, wildcards: Any) -> list[str]:
        """Return the user's file of a PSF; empty where it is computed."""
        return [self.settings["psf"]["file"].format(channel=wildcards.channel)] if wildcards.core == "file" else []

    def parameters(self, wildcards: Any) -> dict[str, Any]:
        """Return what a PSF with diffuse wings is made from; empty for others."""
        if wildcards.core != "parametric":
            return {}
        wings = {name: self.settings["psf"][name] for name in ("diffuse", "wings", "side")}
        return {"core": self.settings["deconvolve"]["core"], **wings}
