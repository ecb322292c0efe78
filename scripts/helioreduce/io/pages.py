"""Pages: HTML from Jinja2 templates that lie beside a package's modules, with their pictures inside."""

from __future__ import annotations

import base64
from typing import Any

from helioreduce.io import origin


def render(package: str, template: str, **values: Any) -> str:
    """Fill a template; values are escaped, and one that the template asks for and does not get is an error.

    Parameters
    ----------
    package
        Package that holds the template.
    template
        Name of its file. The filter ``data`` turns a PNG into the address of an ``img``.
    values
        What the template shows, by name; ``said`` is what the job's files are made of (:mod:`helioreduce.io.origin`).
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader(package, ".")
    page = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page.filters["data"] = data
    return page.get_template(template).render(values, said=origin.said())


def data(png: bytes) -> str:
    """Return a PNG as a data URL."""
    return "data:image/png;base64," + base64.b64encode(png).decode()
