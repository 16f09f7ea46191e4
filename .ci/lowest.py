"""Print the lowest versions that pyproject.toml declares, as constraints for pip."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

project = tomllib.loads(Path(__file__).parents[1].joinpath("pyproject.toml").read_text())["project"]
declared = [*project["dependencies"], *project["optional-dependencies"]["sandbox"]]
for requirement in declared:
    name, lowest = re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement).groups()
    print(f"{name}=={lowest}")
