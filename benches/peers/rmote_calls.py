"""The workloads with rmote's asyncio API: rmote_calls.py WORKLOAD HOSTS CALLS"""
import asyncio
import os
import pathlib
import sys
import time

from rmote.protocol import Protocol
from rmote.templates import Template
from rmote.tools import Exec, FileSync, FileSystem

FLEET = pathlib.Path(os.environ["BENCH_FLEET"])
TEMPLATE = Template((pathlib.Path(__file__).parent / "app.conf.j2").read_text())
NAMES = ["alpha", "beta", "gamma", "delta", "epsilon"]


async def connect(name):
    options = ["-F", str(FLEET / "ssh_config")]
    connection = await Protocol.from_ssh(name, ssh_options=options, python="/usr/bin/python3")
    await connection.__aenter__()
    return connection


async def site(call, name):
    folder = f"{os.environ['BENCH_SITE']}/{name}"
    for part in ("etc", "etc/conf.d", "var", "log", "run"):
        await call(FileSystem.directory, f"{folder}/{part}", mode=0o755)
    for number in range(1, 9):
        text = TEMPLATE.render(host_name=name, number=number, names=NAMES)
        await call(FileSystem.write, f"{folder}/etc/conf.d/app{number}.conf", text, mode=0o644)
    settings = f"{folder}/etc/settings.env"
    for number in range(1, 4):
        line = f"KEY{number}=value-{name}-{number}"
        await call(FileSystem.line_in_file, settings, line=line, regexp=f"^KEY{number}=", create=True)
    for argv in (["uname", "-r"], ["cat", settings], ["getent", "passwd", "root"]):
        await call(Exec.command, *argv, capture_output=True)
    await call(FileSystem.stat, f"{folder}/etc/conf.d/app1.conf")


async def calls(call, count):
    await call(FileSystem.read_str, "/etc/hostname")
    begun = time.perf_counter()
    for _ in range(count):
        await call(FileSystem.read_str, "/etc/hostname")
    print("FIGURE sequential_us", (time.perf_counter() - begun) / count * 1e6)
    begun = time.perf_counter()
    await asyncio.gather(*[call(FileSystem.read_str, "/etc/hostname") for _ in range(count)])
    print("FIGURE pipelined_us", (time.perf_counter() - begun) / count * 1e6)


async def main(workload, hosts, count):
    names = (FLEET / "hosts").read_text().split()[:hosts]
    found = await asyncio.gather(*[connect(name) for name in names], return_exceptions=True)
    good = [(name, it) for name, it in zip(names, found) if not isinstance(it, BaseException)]
    for name, it in zip(names, found):
        if isinstance(it, BaseException):
            print(f"{name}: {it}")

    async def everywhere(work):
        await asyncio.gather(*[work(call, name) for name, call in good])

    try:
        if workload in ("w1", "w2"):
            await everywhere(lambda call, _: call(FileSystem.read_str, "/etc/hostname"))
        if workload == "w2":
            await everywhere(lambda call, _: call(FileSystem.glob, "/var/log", "*.log"))
        if workload == "w3":
            await calls(good[0][1], count)
        if workload == "w4":
            await everywhere(site)
        if workload == "w5":
            blob, folder = os.environ["BENCH_BLOB"], os.environ["BENCH_SITE"]
            await everywhere(lambda call, name: FileSync.upload(call, blob, f"{folder}/{name}/blob"))
    finally:
        for _, call in good:
            await call.__aexit__(None, None, None)
    return 0 if len(good) == len(names) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
