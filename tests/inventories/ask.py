"""Asks ansible-core what it makes of inventories and patterns.

Reads one JSON object from standard input: `inventories`, a list of `{name, sources}`, and `patterns`, a list of
`[name, pattern]`. Prints one: `lists`, for each name what `ansible-inventory --list` prints (null where it fails), and
`patterns`, for each pattern the hosts of `ansible --list-hosts` (a text where it fails).
"""

import io
import json
import os
import sys

os.environ["ANSIBLE_DEPRECATION_WARNINGS"] = "false"

from ansible.cli.inventory import InventoryCLI  # noqa: E402
from ansible.inventory.manager import InventoryManager  # noqa: E402
from ansible.parsing.dataloader import DataLoader  # noqa: E402
from ansible.vars.manager import VariableManager  # noqa: E402


def load(cli, sources):
    cli.loader = DataLoader()
    cli.inventory = InventoryManager(cli.loader, sources)
    cli.vm = VariableManager(cli.loader, cli.inventory)
    printed = cli.dump(cli.json_inventory(cli._get_group("all")))
    return cli.inventory, json.loads(printed)


def main():
    asked = json.load(sys.stdin)
    inventories, lists = {}, {}
    stderr, sys.stderr = sys.stderr, io.StringIO()
    stdout, sys.stdout = sys.stdout, io.StringIO()
    cli = InventoryCLI(["ansible-inventory", "--list", "-i", "localhost,"])
    cli.parse()
    cli._play_prereqs()
    for one in asked["inventories"]:
        try:
            inventories[one["name"]], lists[one["name"]] = load(cli, one["sources"])
        except Exception as error:  # its text is the answer
            lists[one["name"]] = None
            print(one["name"], repr(error), file=stderr)
    answers = []
    for name, pattern in asked["patterns"]:
        try:
            hosts = inventories[name].list_hosts(pattern)
            answers.append([str(host) for host in hosts])
        except Exception as error:  # its text is the answer
            answers.append(str(error))
    sys.stdout, sys.stderr = stdout, stderr
    json.dump({"lists": lists, "patterns": answers}, sys.stdout)


main()
