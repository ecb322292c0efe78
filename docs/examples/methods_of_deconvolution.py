"""
Methods of deconvolution
========================

Richardson–Lucy and the linear methods on a made-up Sun of known truth: a coronal hole, the moon, and a flare behind stray
light, whose numbers are made up as well.
"""

import matplotlib.pyplot as plt
import numpy as np
from astropy.io.fits import Header

from helioreduce import Image
from helioreduce.aia import deconvolution, psf, stray_light
from helioreduce.aia.qa.psf import encircled

N, rng = 512, np.random.default_rng(0)
y, x = (np.indices((2 * N, 2 * N)) - N) / N  # a sky twice as wide as the detector; the Sun's centre is the middle
r = np.hypot(y, x)
sky = np.where(r < 0.4, 250 + 40 * np.sin(40 * x) * np.cos(31 * y), 3 + 200 * np.exp(-(r - 0.4) / 0.05))
sky[np.hypot(y, x + 0.15) < 0.07] = 3  # coronal hole
sky[np.hypot(y, x - 0.12) < 0.008] = 9000  # flare
sky[np.hypot(y, x + 0.62) < 0.3] = 0  # moon
terms = [{"kind": "power", "exponent": 2, "weight": 0.2}, {"kind": "power", "exponent": 3, "weight": 0.8}]
kernel = stray_light.parametric(171, "default", sky.shape, 0.2, terms)
otf = np.fft.rfft2(np.fft.ifftshift(kernel)).real
detector = np.s_[N // 2 : N // 2 + N, N // 2 : N // 2 + N]
seen = np.fft.irfft2(np.fft.rfft2(sky) * otf, s=sky.shape)[detector]
counts, truth = rng.poisson(seen) + 1.15 * rng.standard_normal(seen.shape), sky[detector]
image = Image(counts.astype("f4"), Header({"WAVELNTH": 171, "BUNIT": "DN"}), np.sqrt(seen + 1.15**2).astype("f4"))
otf = otf.astype("f4")
found = {"rl": deconvolution.deconvolve(image, otf)}
for method in ("inverse", "cg", "bid", "wiener"):
    found[method] = deconvolution.deconvolve(image, otf, method=method, beyond="dark")
colours = dict(zip(found, ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00"), strict=True))

# %%
# A slit through the moon's limb, the coronal hole and the flare, nine rows in the mean. The linear methods lie on each other.
rows = slice(N // 2 - 4, N // 2 + 5)
figure, axes = plt.subplots(2, 1, sharex=True, layout="constrained", figsize=(7, 5))
pixel = np.arange(N)
for axis in axes:
    axis.plot(pixel, seen[rows].mean(axis=0), color="grey", lw=1, label="seen")
    axis.plot(pixel, truth[rows].mean(axis=0), color="black", lw=1, label="truth")
    for name, result in found.items():
        axis.plot(pixel, result.data[rows].mean(axis=0), color=colours[name], lw=0.7, label=name)
axes[0].set(yscale="symlog", ylabel="DN", title="moon, limb, hole and flare")
axes[1].set(ylim=(-8, 60), xlabel="pixel", ylabel="DN", title="the same near zero")
axes[0].legend(ncols=4, fontsize=7)

# %%
# Mean error of the hole, the moon and the flare, and the noise of quiet Sun in units of that of the counts.
yy, xx = y[detector], x[detector]
regions = {
    "hole": np.hypot(yy, xx + 0.15) < 0.055,
    "moon": (np.hypot(yy, xx + 0.62) < 0.28) & (xx > -0.45),
    "quiet": (np.hypot(yy, xx) < 0.35) & (abs(yy) > 0.1),
}
figure, axes = plt.subplots(1, 2, layout="constrained", figsize=(7, 3))
for k, (name, result) in enumerate(found.items()):
    wrong = [(result.data - truth)[regions[part]].mean() for part in ("hole", "moon", "quiet")]
    axes[0].bar(np.arange(3) + 0.16 * (k - 2), wrong, 0.15, color=colours[name], label=name)
    factor = np.median((result.sigma / image.sigma)[regions["quiet"]])
    axes[1].bar(k, factor, color=colours[name])
    axes[1].text(k, factor, f"{factor:.2f}", ha="center", va="bottom")
axes[0].axhline(0, color="black", lw=0.6)
axes[0].set(xticks=range(3), xticklabels=["hole", "moon", "quiet Sun"], ylabel="mean error [DN]")
axes[1].set(xticks=range(5), xticklabels=list(found), ylim=(0, 2.3), ylabel="σ relative to the counts'")
axes[0].legend(fontsize=7)

# %%
# Pulls, (scene − truth)/σ, in the hole and on the moon: the black line is the normal distribution.
figure, axes = plt.subplots(1, 2, sharey=True, layout="constrained", figsize=(7, 3))
edges = np.linspace(-5, 5, 51)
middle = (edges[1:] + edges[:-1]) / 2
for axis, part in zip(axes, ("hole", "moon"), strict=True):
    axis.plot(middle, np.exp(-(middle**2) / 2) / np.sqrt(2 * np.pi), color="black", lw=1)
    for name, result in found.items():
        pull = ((result.data - truth) / result.sigma)[regions[part]]
        label = f"{name}: {pull.mean():+.2f} ± {pull.std():.2f}"
        axis.hist(pull, edges, density=True, histtype="step", color=colours[name], label=label)
    axis.set(title=part, xlabel="pull")
    axis.legend(fontsize=6)

# %%
# The PSF with and without diffuse light: rings around its centre, and the light within them.
figure, axes = plt.subplots(1, 2, layout="constrained", figsize=(7, 3))
for label, plane in (("meshes", psf.psf(171, shape=sky.shape)), ("meshes and wings", kernel)):
    energy = encircled(plane)
    axes[0].loglog(energy.radius, energy.profile.clip(1e-12), label=label)
    axes[1].semilogx(energy.radius, energy.energy)
axes[0].set(xlabel="radius [px]", ylabel="share of the light per pixel")
axes[1].set(xlabel="radius [px]", ylabel="share of the light within", ylim=(0.4, 1.01))
axes[0].legend()

# %%
# Convergence: the largest error of a noise-free scene on the detector, by the number of transforms.
dark = np.where(r < 0.45, sky, 0)
exact = np.fft.irfft2(np.fft.rfft2(dark) * otf.astype(float), s=sky.shape)[detector]
plt.figure(figsize=(4.5, 3), layout="constrained")
for method, per_iteration, before in (("cg", 2, 4), ("bid", 2, 2), ("rl", 4, 0)):
    numbers, errors = (1, 2, 3, 4, 6, 8, 12, 16, 20), []
    for number in numbers:
        options = {"method": method, "largest_change": 0} | ({"beyond": "dark"} if method != "rl" else {})
        result = deconvolution.deconvolve(Image(exact, image.header), otf.astype(float), number, **options)
        errors.append(abs(result.data - dark[detector]).max() / dark.max())
    plt.loglog([before + per_iteration * n for n in numbers], errors, ".-", color=colours[method], label=method)
plt.gca().xaxis.set_minor_formatter("")
plt.xlabel("transforms")
plt.ylabel("largest error / largest value")
plt.legend()
plt.show()
