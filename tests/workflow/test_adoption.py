"""What others rely on: scarce things are counted, the report is one page, the graph in the docs is the workflow's."""

import re
import subprocess
import sys

import pytest
import yaml


def said(process):
    return process.stdout + process.stderr


def counted(process):
    """The resources that a run counts."""
    assert process.returncode == 0, said(process)
    return {name: int(number) for name, number in re.findall(r'Resource\("(\w+)", (\d+)\)', said(process))}


@pytest.mark.parametrize("directory", [[], ["--directory", "elsewhere"]], ids=["here", "elsewhere"])
def test_a_plain_run_has_the_defaults_of_the_profile(site, cutout, snakemake, directory):
    """Found beside the Snakefile by Snakemake itself."""
    cutout(1)
    process = snakemake(*directory, "results/aia/tables/error.ecsv")
    assert counted(process) == {"jsoc": 12, "jsoc_export": 1, "gpu": 1}


def test_the_command_line_may_say_otherwise(site, cutout, snakemake):
    cutout(1)
    assert counted(snakemake("results/aia/tables/error.ecsv", "--resources", "gpu=4"))["gpu"] == 4


def test_profiles_agree(repository):
    """What SLURM's profile does not change is that of the default one, which it replaces."""
    files = (repository / f"profiles/{name}/config.yaml" for name in ("default", "slurm"))
    default, slurm = (yaml.safe_load(file.read_text()) for file in files)
    here, there = (dict(entry.split("=") for entry in profile.pop("resources")) for profile in (default, slurm))
    assert default.items() <= slurm.items()
    assert here.keys() <= there.keys()
    assert all(here[name] == there[name] for name in ("jsoc", "jsoc_export"))


def test_the_package_beside_the_rules_is_used_not_an_installed_one(site, cutout, snakemake, tmp_path):
    cutout(1)
    (tmp_path / "helioreduce").mkdir()
    (tmp_path / "helioreduce/__init__.py").write_text("raise ImportError('an older version')")
    process = snakemake("results/aia/tables/error.ecsv", pythonpath=str(tmp_path))
    assert process.returncode == 0, said(process)


def test_report_is_one_page(site, cutout, snakemake):
    cutout(1)
    target = "results/aia/error/171/20140101T000001.fits"
    assert snakemake(target).returncode == 0
    process = snakemake("--report", "report.html", target)
    assert process.returncode == 0, said(process)
    page = (site / "report.html").read_text()
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert "aia_error" in page
    assert not re.search(r"""<(script|link|img)[^>]+(src|href)=["']https?://""", page), "opens without a network"


def test_graph_in_the_docs_is_that_of_the_rules(tmp_path, repository):
    command = [sys.executable, "-m", "snakemake", "-s", str(repository / "Snakefile"), "--rulegraph", "mermaid-js"]
    graph = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=True).stdout
    page = (repository / "docs/steps/rules.md").read_text()
    (tmp_path / "rules.md").write_text(page)
    command = [sys.executable, str(repository / "workflow/graph.py"), str(tmp_path / "rules.md")]
    subprocess.run(command, input=graph, text=True, timeout=60, check=True)
    assert rules((tmp_path / "rules.md").read_text()) == rules(page)


def rules(page):
    """Rules and arrows of the graph on a page, whatever their numbers and order."""
    block = page.partition("<!-- rules: make graph -->")[2].partition("<!-- end of rules -->")[0]
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", block))
    arrows = {(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", block)}
    assert len(arrows) > 10
    return arrows
