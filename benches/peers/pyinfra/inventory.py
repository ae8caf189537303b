import os
import pathlib

_fleet = pathlib.Path(os.environ["BENCH_FLEET"])
_names = (_fleet / "hosts").read_text().split()[: int(os.environ["BENCH_COUNT"])]
_settings = {
    "ssh_config_file": str(_fleet / "ssh_config"),
    "ssh_known_hosts_file": str(_fleet / "known_hosts"),
    "ssh_strict_host_key_checking": "yes",
    "_shell_executable": "sh",
}
fleet = [(name, dict(_settings)) for name in _names]
