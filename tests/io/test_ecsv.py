"""Calibration tables on disk."""

import numpy as np
import pytest
from astropy.table import QTable

from helioreduce.errors import InputError
from helioreduce.io import ecsv

META = {"origin": "a table of the test", "version": "3", "sha256": "0" * 64}


def test_rows_and_meta_data_come_back_as_plain_values(tmp_path):
    rows = [
        {"WAVELNTH": 171, "EFF_AREA": 1.5, "T_START": "2010-01-01"},
        {"WAVELNTH": 94, "EFF_AREA": 0.3, "T_START": "2011-01-01"},
    ]
    ecsv.write(tmp_path / "t.ecsv", rows, META)
    found, meta = ecsv.read(tmp_path / "t.ecsv")
    assert found == rows and meta == META
    assert [type(value) for value in found[0].values()] == [int, float, str]
    assert ecsv.reference(meta) == f"a table of the test; version 3; sha256 {'0' * 64}"
    assert ecsv.reference({}) == "unknown; version unknown; sha256 unknown"


def test_an_empty_cell_is_an_empty_text_or_no_number(tmp_path):
    """Astropy masks both when it reads; a mask read as a number would be 0."""
    ecsv.write(tmp_path / "t.ecsv", [{"left_out": "", "n": 1.5}, {"left_out": "clouds", "n": float("nan")}], META)
    found, _ = ecsv.read(tmp_path / "t.ecsv")
    assert [row["left_out"] for row in found] == ["", "clouds"]
    assert found[0]["n"] == 1.5 and np.isnan(found[1]["n"])
    (tmp_path / "t.ecsv").write_text((tmp_path / "t.ecsv").read_text().replace("1.5", '""'))
    assert np.isnan(ecsv.read(tmp_path / "t.ecsv")[0][0]["n"])


def test_a_table_without_rows_keeps_its_columns_and_meta_data(tmp_path):
    ecsv.write(tmp_path / "t.ecsv", [], META, ["T_START", "T_STOP"])
    assert ecsv.read(tmp_path / "t.ecsv") == ([], META)
    assert ecsv.read_table(tmp_path / "t.ecsv").colnames == ["T_START", "T_STOP"]


def test_units_and_vectors_survive(tmp_path):
    from astropy import units as u

    table = QTable({"wavelength": [171.0, 94.0] * u.AA, "vector": [[1.0, 2.0], [3.0, 4.0]]})
    ecsv.write_table(tmp_path / "t.ecsv", table)
    back = ecsv.read_table(tmp_path / "t.ecsv")
    assert back["wavelength"].unit == u.AA and back["vector"].tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(("content", "says"), [(None, "there is no such file"), ("a,b\n1", "is not an ECSV table")])
def test_faults_name_the_file(tmp_path, content, says):
    if content:
        (tmp_path / "t.ecsv").write_text(content)
    with pytest.raises(InputError, match=f"t.ecsv: {says}"):
        ecsv.read(tmp_path / "t.ecsv")


LEVELS = "".join(
    f"# - {{{b}: &{b} [*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a}]}}\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
BOMB = f"""# %ECSV 1.0
# ---
# datatype:
# - {{name: x, datatype: float64}}
# meta: !!omap
# - {{a: &a [1, 1, 1]}}
{LEVELS}# schema: astropy-2.0
x
1.0
"""


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "content",
    [
        BOMB,
        "# %ECSV 1.0\n# ---\n# meta: {a: &a [*a]}\n# datatype:\n# - {name: x, datatype: int64}\nx\n1\n",
        "# %ECSV 1.0\n# ---\n# meta: " + "[" * 5000 + "\nx\n1\n",
        "# %ECSV 1.0\n# ---\n# meta: {a: !!python/object/apply:os.getcwd []}\nx\n1\n",
        "x\n1\n",
        "",
        "\x00\x01",
    ],
)
def test_what_is_no_table_is_refused_by_name(tmp_path, content) -> None:
    (tmp_path / "table.ecsv").write_text(content)
    with pytest.raises(InputError, match=r"table\.ecsv.*not an ECSV table"):
        ecsv.read(tmp_path / "table.ecsv")


@pytest.mark.parametrize(("meta", "nested"), [("a: &x [1, 2], b: *x", False), ("a: &x [1, 2], b: &y [*x, *x], c: [*y]", True)])
def test_plain_aliases_are_read_and_nested_ones_refused(tmp_path, meta, nested):
    """Nested aliases unfold without bound; plain ones are what Astropy itself writes for equal units."""
    path = tmp_path / "table.ecsv"
    lines = ["# %ECSV 1.0", "# ---", "# datatype:", "# - {name: t, datatype: float64}", f"# meta: {{{meta}}}", "t", "1.0"]
    path.write_text("\n".join(lines) + "\n")
    if nested:
        with pytest.raises(InputError, match="nests YAML aliases"):
            ecsv.read_table(path)
    else:
        assert ecsv.read_table(path)["t"][0] == 1.0
