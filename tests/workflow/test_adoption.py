"""What others rely on: scarce things are counted, the report is one page, the graph in the README is the workflow's."""

import re
import subprocess
import sys

LIMITS = """
include: "{repository}/Snakefile"
onstart:
    print("limits:", {{name: workflow.global_resources[name].value for name in ("jsoc", "jsoc_export", "gpu")}})
rule nothing:
    output: "nothing.txt"
    localrule: True
    shell: "touch {{output}}"
"""


def said(process):
    return process.stdout + process.stderr


def counted(site, repository, *arguments):
    """What a run says of its limits."""
    (site / "limits.smk").write_text(LIMITS.format(repository=repository))
    settings = ["--config", "source=local", "local={directory: level1}", "jsoc={connections: 2}"]
    command = [sys.executable, "-m", "snakemake", "-s", "limits.smk", *arguments, "--cores", "1", "nothing.txt", *settings]
    process = subprocess.run(command, cwd=site, capture_output=True, text=True, timeout=300, check=False)
    assert process.returncode == 0, said(process)
    return re.search("limits: (.*)", said(process))[1]


def test_connections_and_gpus_are_counted_without_a_profile(site, cutout, repository):
    cutout(1)
    assert counted(site, repository) == "{'jsoc': 2, 'jsoc_export': 1, 'gpu': 1}"


def test_the_command_line_may_say_otherwise(site, cutout, repository):
    cutout(1)
    assert counted(site, repository, "--resources", "gpu=4") == "{'jsoc': 2, 'jsoc_export': 1, 'gpu': 4}"


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


def test_graph_in_the_readme_is_that_of_the_rules(tmp_path, repository):
    command = [sys.executable, "-m", "snakemake", "-s", str(repository / "Snakefile"), "--rulegraph", "mermaid-js"]
    graph = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=True).stdout
    page = (repository / "README.md").read_text()
    (tmp_path / "README.md").write_text(page)
    command = [sys.executable, str(repository / "workflow/graph.py"), str(tmp_path / "README.md")]
    subprocess.run(command, input=graph, text=True, timeout=60, check=True)
    assert rules((tmp_path / "README.md").read_text()) == rules(page)


def rules(page):
    """Rules and arrows of the graph on a page, whatever their numbers and order."""
    block = page.partition("<!-- rules: make graph -->")[2].partition("<!-- end of rules -->")[0]
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", block))
    arrows = {(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", block)}
    assert len(arrows) > 10
    return arrows
