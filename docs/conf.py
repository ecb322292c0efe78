"""Settings of the site: ``make docs``."""

import re
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
sys.path[:0] = [str(REPOSITORY / "scripts"), str(REPOSITORY / "docs/_ext")]

import helioreduce  # noqa: E402

project = "helioreduce"
author = "The helioreduce developers"
release = helioreduce.__version__
extensions = [
    "facts",
    "flowchart",
    "mathml",
    "myst_parser",
    "numpydoc",
    "pictures",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": ".",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_memory": False,
    "matplotlib_animations": True,
    "remove_config_comments": True,
    "abort_on_example_error": True,
}
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]
html_math_renderer = "mathml"
exclude_patterns = ["_build", "examples", "**sg_execution_times.rst"]  # tables with scripts of another host

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autosummary_generate = True
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "helioreduce"
html_favicon = "_static/favicon.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_theme_options = {
    "show_prev_next": True,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "pygments_light_style": "tango",
    "pygments_dark_style": "monokai",
}
html_context = {"default_mode": "auto"}


def own_icons(_app, _page, _template, context, _doctree):
    """Take out the style sheet of another host that matplotlib's movies ask for: the theme has the icons."""
    context["body"] = re.sub(r'<link rel="stylesheet"\s+href="https://[^>]*font-awesome[^>]*>', "", context.get("body", ""))


def setup(app):
    """Have every page written without requests to other hosts."""
    app.connect("html-page-context", own_icons)
