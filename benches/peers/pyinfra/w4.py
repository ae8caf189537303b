import os
import pathlib

from pyinfra import host
from pyinfra.facts.files import File
from pyinfra.operations import files, server

site = f"{os.environ['BENCH_SITE']}/{host.name}"
template = str(pathlib.Path(__file__).resolve().parent.parent / "app.conf.j2")
for folder in ("etc", "etc/conf.d", "var", "log", "run"):
    files.directory(name=folder, path=f"{site}/{folder}", mode="755")
for number in range(1, 9):
    files.template(
        name=f"app{number}", src=template, dest=f"{site}/etc/conf.d/app{number}.conf", mode="644",
        host_name=host.name, number=number, names=["alpha", "beta", "gamma", "delta", "epsilon"],
    )
for number in range(1, 4):
    files.line(
        name=f"KEY{number}", path=f"{site}/etc/settings.env", line=f"^KEY{number}=.*$",
        replace=f"KEY{number}=value-{host.name}-{number}",
    )
server.shell(name="uname", commands=["uname -r"])
server.shell(name="cat", commands=[f"cat {site}/etc/settings.env"])
server.shell(name="getent", commands=["getent passwd root"])
host.get_fact(File, path=f"{site}/etc/conf.d/app1.conf")
