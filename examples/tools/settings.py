#!/usr/bin/env python3
"""Keeps settings in a file of JSON."""
import json
import os
import sys


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        return ""


def write(path, text):
    with open(path + ".new", "w") as file:
        file.write(text)
    os.replace(path + ".new", path)


method, args = sys.argv[1], json.load(sys.stdin)
assert method == "set"
before = read(args["path"])
settings = json.loads(before or "{}")
settings.update(args["values"])
after = json.dumps(settings, indent=2, sort_keys=True) + "\n"
if after != before and "RMOTE_CHECK" not in os.environ:
    # Each line of standard error is a record of the run.
    print("writing", args["path"], file=sys.stderr)
    write(args["path"], after)
json.dump(
    {"changed": after != before, "count": len(settings), "diff": {"before": before, "after": after}},
    sys.stdout,
)
