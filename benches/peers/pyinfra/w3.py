import os

from pyinfra.operations import server

for number in range(int(os.environ["BENCH_CALLS"])):
    server.shell(name=f"read {number}", commands=["cat /etc/hostname"])
