"""The command: help at once, exit codes, words for readers and JSON for programs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from astropy.io import fits
from level1_cases import Case

from helioreduce import aia, command
from helioreduce.command import workspace
from helioreduce.io import ecsv
from helioreduce.io import fits as products
from helioreduce.plan.paths import REPOSITORY
from helioreduce.spice import catalogue, simulate
from helioreduce.spice import files as spice_files

COMMANDS = ("reduce", "info", "quicklook", "tables", "archive", "status", "spice", "init", "run")


@pytest.fixture
def level1(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "level1"
    folder.mkdir()
    Case("plain").hdu().writeto(folder / "aia.171.image_lev1.fits")
    Case("later", {"T_OBS": "2014-01-01T00:00:12.340"}).hdu().writeto(folder / "aia.172.image_lev1.fits")
    return folder


def test_help_is_light():
    program = "import json, sys, time; start = time.process_time(); from helioreduce import command\n"
    program += "try: command.main(['--help'])\nexcept SystemExit: pass\n"
    program += "print(json.dumps([time.process_time() - start, sorted(sys.modules)]))"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=REPOSITORY / "scripts", check=True
    )
    seconds, modules = json.loads(run.stdout.splitlines()[-1])
    assert seconds < 0.3
    assert not {"numpy", "astropy", "snakemake"} & set(modules)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_a_page_with_an_example(name, capsys):
    with pytest.raises(SystemExit) as left:
        command.main([name, "--help"])
    assert left.value.code == command.DONE
    page = capsys.readouterr().out
    assert f"example:\n  helioreduce {name}" in page
    assert max(map(len, page.splitlines())) <= 100


@pytest.mark.parametrize("line", [["--help"], ["spice", "catalogue"], ["info", "small.ecsv", "--json"]], ids=" ".join)
def test_nobody_has_to_read_on(line, tmp_path):
    """As in `helioreduce status --json | head`: what is short is written at the end, what is long before."""
    ecsv.write(tmp_path / "small.ecsv", [{"a": 1}], {})
    reader, writer = os.pipe()
    os.close(reader)
    command_line = [sys.executable, "-m", "helioreduce", *line]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "scripts"), "PYTHONUNBUFFERED": ""}
    done = subprocess.run(command_line, cwd=tmp_path, env=environment, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (command.UNREAD, b"")


@pytest.mark.parametrize("line", [[], ["reducing"], ["reduce"], ["archive", "stop", "x"]])
def test_no_such_command_is_exit_code_2(line, capsys):
    with pytest.raises(SystemExit) as left:
        command.main(line)
    assert left.value.code == command.USAGE
    assert "usage: helioreduce" in capsys.readouterr().err


def test_reduce_writes_what_the_library_gives(level1, capsys, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1400000000")
    assert command.main(["reduce", str(level1), "-o", "out", "--iterations", "2"]) == command.DONE
    table = capsys.readouterr().out
    assert table.count("(respike) error deconvolve prep degradation exposure") == 2
    assert "caveat: corrected by a stand-in" in table
    Path("own").mkdir()
    name = "aia.171.image_lev1.reduced.fits"
    products.write(Path("own", name), aia.reduce(level1 / "aia.171.image_lev1.fits", iterations=2), compressed=True)
    assert Path("own", name).read_bytes() == Path("out", name).read_bytes()


def test_reduce_beside_the_file_and_again(level1, capsys):
    for _ in range(2):  # its products are not taken for level 1
        assert command.main(["reduce", str(level1), "--without", "deconvolve", "--json"]) == command.DONE
        rows = json.loads(capsys.readouterr().out)
        assert [row["channel"] for row in rows] == [171, 171]
        assert rows[0]["product"] == str(level1 / "aia.171.image_lev1.reduced.fits")
        assert (rows[0]["steps"][2]["step"], rows[0]["steps"][2]["status"]) == ("deconvolve", "SKIPPED")


def test_one_bad_file_costs_nobody_else(level1, capsys):
    (level1 / "broken.fits").write_bytes(b"no FITS")
    assert command.main(["reduce", str(level1), "-o", "out", "--without", "deconvolve"]) == command.FAILED
    said = capsys.readouterr()
    assert "broken.fits: cannot be read as FITS" in said.err
    assert len(list(Path("out").iterdir())) == 2


def test_a_frame_is_reduced_once_and_no_product_replaces_another(level1, capsys):
    other = level1.parent / "other"
    other.mkdir()
    (other / "again.fits").write_bytes((level1 / "aia.171.image_lev1.fits").read_bytes())
    Case("third", {"T_OBS": "2014-01-01T00:00:24.340"}).hdu().writeto(other / "aia.171.image_lev1.fits")
    line = ["reduce", str(level1), str(other), "-o", "out", "--without", "deconvolve"]
    assert command.main(line) == command.FAILED
    said = capsys.readouterr().err
    assert "left out: " in said and "again.fits is the frame of" in said
    assert "would replace that of" in said
    assert len(list(Path("out").iterdir())) == 2


def test_info_in_words_and_for_programs(level1, capsys):
    command.main(["reduce", str(level1), "-o", "out", "--without", "deconvolve"])
    capsys.readouterr()
    product = "out/aia.171.image_lev1.reduced.fits"
    assert command.main(["info", product]) == command.DONE
    words = capsys.readouterr().out
    for reported in (
        "SDO/AIA",
        "unit DN/s",
        "simulated: yes",
        "2. error: COMPLETE",
        "by embedded archive, error.json",
        "FLAGS",
    ):
        assert reported in words
    assert command.main(["info", "--json", product, "nothing.fits"]) == command.FAILED
    said = capsys.readouterr()
    assert json.loads(said.out)[0]["steps"][0]["step"] == "respike"
    assert "nothing.fits: there is no such file" in said.err


def test_blank_cards_are_no_facts(tmp_path, capsys):
    header = fits.Header({"TELESCOP": "SDO/AIA", "WAVELNTH": None, "T_OBS": None, "DATE-OBS": "2014-01-01", "QUALITY": 0})
    fits.PrimaryHDU(np.ones((4, 4)), header).writeto(tmp_path / "blank.fits")
    assert command.main(["info", str(tmp_path / "blank.fits")]) == command.DONE
    assert "instrument SDO/AIA, time 2014-01-01, quality 0\n" in capsys.readouterr().out


def test_a_folder_stands_for_its_files(tmp_path, capsys):
    (tmp_path / "171").mkdir()
    for name in ("a", "b"):
        ecsv.write(tmp_path / f"171/{name}.ecsv", [{"VER_NUM": 3}], {})
    (tmp_path / "171/notes.txt").write_text("no product")
    assert command.main(["info", str(tmp_path / "171")]) == command.DONE
    assert [line for line in capsys.readouterr().out.splitlines() if line.endswith("csv")] == [
        str(tmp_path / f"171/{name}.ecsv") for name in "ab"
    ]
    for name in ("info", "quicklook", "reduce"):
        assert command.main([name, str(tmp_path)]) == command.FAILED
        assert "the folder holds no file of this kind. Give files, or one of the folders in it: 171/" in capsys.readouterr().err


def test_no_archive_is_served_from_a_folder_that_is_not_there(tmp_path, capsys):
    assert command.main(["archive", "serve", str(tmp_path / "none")]) == command.FAILED
    assert "none: there is no such folder" in capsys.readouterr().err


def test_info_of_a_table(tmp_path, capsys):
    ecsv.write(tmp_path / "error.ecsv", [{"VER_NUM": 3}], {"origin": "somewhere"})
    assert command.main(["info", str(tmp_path / "error.ecsv")]) == command.DONE
    assert "origin: somewhere" in capsys.readouterr().out


def test_info_of_contribution_functions(tmp_path, capsys):
    spice_files.write_table(tmp_path / "table.npz", simulate.table())
    assert command.main(["info", str(tmp_path / "table.npz")]) == command.DONE
    assert "ne_8 770.42" in capsys.readouterr().out


def test_quicklook(level1, capsys):
    command.main(["reduce", str(level1), "-o", "out", "--without", "deconvolve"])
    assert command.main(["quicklook", "out/aia.171.image_lev1.reduced.fits", "-o", "pictures"]) == command.DONE
    (picture,) = Path("pictures").iterdir()
    assert picture.name == "aia.171.image_lev1.reduced.jpg" and picture.read_bytes().startswith(b"\xff\xd8")
    assert picture.stat().st_size <= 300_000  # as those of the workflow
    assert command.main(["quicklook", "nothing.fits"]) == command.FAILED


def test_a_warning_is_said_once_and_without_the_line_of_the_code(level1, capsys):
    command.main(["reduce", str(level1), "-o", "out", "--without", "deconvolve"])
    with fits.open("out/aia.171.image_lev1.reduced.fits") as hdus:
        fits.PrimaryHDU(2 * hdus[0].data, hdus[0].header).writeto("theirs.fits")
    capsys.readouterr()
    assert command.main(["quicklook", "theirs.fits"]) == command.DONE
    expected = "warning: theirs.fits: the checksums do not match the content, as after another program has rewritten the file"
    assert capsys.readouterr().err == f"{expected}; not verified\n"


def test_tables(tmp_path, capsys):
    assert command.main(["tables", "-o", str(tmp_path), "--pointing", "2014-01-01"]) == command.DONE
    assert "version 3" in capsys.readouterr().out
    assert {file.name for file in tmp_path.iterdir()} == {"error.ecsv", "degradation.ecsv", "pointing.ecsv"}
    command.main(["tables", "--json"])
    assert json.loads(capsys.readouterr().out)["error"]["rows"] == 10


@pytest.mark.parametrize("line", [["reduce", "{file}"], ["quicklook", "{file}"], ["tables", "--source", "simulated"]])
def test_a_file_in_the_way_of_the_output_is_said(line, level1, capsys):
    (way := Path("way")).touch()
    assert command.main([*(word.format(file=level1 / "aia.171.image_lev1.fits") for word in line), "-o", str(way)]) == 1
    assert "way: cannot be written (File exists). Name another folder: a file is in the way" in capsys.readouterr().err


def test_spice_catalogue_is_edited_and_read_again(tmp_path, capsys):
    own = tmp_path / "lines.json"
    assert command.main(["spice", "catalogue", "--add", "Si XII 520.67", "--remove", "770.42", "-o", str(own)]) == 0
    assert "set spice.catalogue to it" in capsys.readouterr().out
    assert command.main(["spice", "catalogue", "--catalogue", str(own), "--remove", "o_6 1031.93"]) == 0
    names = {(line["name"], line["wvl"]) for line in json.loads(capsys.readouterr().out)["LINES"]}
    built_in = {(line.ion, line.wavelength) for line in catalogue.built_in().lines}
    assert names == built_in - {("ne_8", 770.42), ("o_6", 1031.93)} | {("si_12", 520.67)}
    for wrong in (["--add", "Si 520.67"], ["--add", "Si XV 520.67"], ["--remove", "fe_9 171.07"], ["--add", "Ne VIII 770.42"]):
        assert command.main(["spice", "catalogue", *wrong]) == 1


def test_spice_locks_become_settings(tmp_path, capsys):
    """The windows are counted as in the file, dumbbells too."""
    planes, _ = simulate.raster(simulate.Settings(rows=8, columns=2))
    planes.insert(1, planes[0]._replace(name="DUMBBELL", header=planes[0].header.copy()))
    planes[1].header.update(EXTNAME="DUMBBELL", DUMBBELL=1)
    products.write_planes(tmp_path / "level2.fits", planes)
    script = tmp_path / "saffron.py"
    script.write_text('m.fuse_windows([0, 2])\nm.set_lock_protocol("fuse", 0, "Mg IX 706.02", "Mg IX 749.54", 43.52)\n')
    assert command.main(["spice", "locks", str(script), str(tmp_path / "level2.fits")]) == 0
    found = yaml.safe_load(capsys.readouterr().out)["spice"]
    assert found["groups"] == [["O III 703 / Mg IX 706 - Peak", "S IV 750/ Mg IX - Peak"]]
    tie = {"follower": "mg_9 749.54 x", "operation": "add", "leader": "mg_9 706.02 x", "value": 43.52}
    assert found["model"]["ties"] == [tie]
    assert command.main(["spice", "locks", str(tmp_path / "none.py"), str(tmp_path / "level2.fits")]) == 1


def test_init_makes_a_folder_once(tmp_path, capsys):
    folder = tmp_path / "my"
    assert command.main(["init", str(folder)]) == command.DONE
    assert (folder / "config.yaml").read_text() == (REPOSITORY / "config.yaml").read_text()
    (folder / "config.yaml").write_text("source: local\n")
    assert command.main(["init", str(folder)]) == command.FAILED
    assert (folder / "config.yaml").read_text() == "source: local\n"
    assert "there is one already" in capsys.readouterr().err


@pytest.mark.parametrize("given", [["--cores", "2"], ["-n", "--help-all"], ["--config", "a=b", "results/x.fits"], []])
def test_run_is_snakemake_with_all_its_options(given, monkeypatch):
    became = []
    monkeypatch.setattr(os, "execv", lambda program, arguments: became.append(arguments))
    monkeypatch.setattr(workspace.os, "execv", os.execv)
    command.main(["run", *given])
    start = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")]
    assert became == [start + given]


def test_python_m_helioreduce():
    command_line = [sys.executable, "-m", "helioreduce", "--version"]
    run = subprocess.run(command_line, capture_output=True, text=True, cwd=REPOSITORY / "scripts", check=True)
    assert run.stdout.startswith("helioreduce ")
