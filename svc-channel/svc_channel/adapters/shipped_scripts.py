"""Reads the scripts that the product ships from their YAML files; changes none."""

from importlib import resources

import yaml

from svc_channel.domain.scripts.script import Script, read_saying, read_script


def read_shipped_scripts() -> list[Script]:
    """All of them. Raises InvalidInput when one does not stand, which the tests would have seen."""
    files = sorted(
        (file for file in (resources.files("svc_channel") / "scripts").iterdir() if file.name.endswith(".yaml")),
        key=lambda file: file.name,
    )
    scripts = [read_script(entry) for file in files for entry in yaml.safe_load(file.read_text("utf-8"))["scripts"]]
    for script in scripts:
        read_saying(script.text)
    return scripts
