"""aiapy's readers of calibration tables, by the names of 0.10 and, where Python is 3.12 or later, of 0.12."""

import inspect
from typing import Any

from aiapy.calibrate import degradation

try:
    from aiapy.calibrate.utils import get_correction_table, get_error_table
except ModuleNotFoundError:
    from aiapy.calibrate.util import get_correction_table, get_error_table

__all__ = ["get_correction_table", "get_error_table", "of_version"]


def of_version(number: int) -> dict[str, Any]:
    """Return the arguments of aiapy's degradation for the version of its table: 0.10 takes the one of the table itself."""
    takes_version = "calibration_version" in inspect.signature(degradation).parameters
    return {"calibration_version": number} if takes_version else {}
