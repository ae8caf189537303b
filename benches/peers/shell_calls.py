"""The workloads as shell commands over SSH libraries: shell_calls.py LIBRARY WORKLOAD HOSTS CALLS (W1, W2 and W3)

LIBRARY: asyncssh, fabric, pssh. Each of W3's calls waits for the one before.
"""
import asyncio
import concurrent.futures
import os
import pathlib
import sys

FLEET = pathlib.Path(os.environ["BENCH_FLEET"])
READ, LIST = "cat /etc/hostname", "ls /var/log/*.log"


def rounds(workload, calls):
    return {"w1": [READ], "w2": [READ, LIST], "w3": [READ] * (1 + calls)}[workload]


async def by_asyncssh(names, commands):
    import asyncssh

    config, known = [str(FLEET / "ssh_config")], str(FLEET / "known_hosts")
    connections = await asyncio.gather(*[asyncssh.connect(name, config=config, known_hosts=known) for name in names])
    for command in commands:
        await asyncio.gather(*[connection.run(command, check=True) for connection in connections])
    for connection in connections:
        connection.close()
    await asyncio.gather(*[connection.wait_closed() for connection in connections])


def by_fabric(names, commands):
    import fabric
    import paramiko

    config = fabric.Config(runtime_ssh_path=str(FLEET / "ssh_config"))
    config.load_ssh_config()
    connections = [fabric.Connection(name, config=config) for name in names]
    for connection in connections:
        connection.client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(names)) as pool:
        for command in commands:
            for result in pool.map(lambda connection: connection.run(command, hide=True), connections):
                assert result.ok
        list(pool.map(lambda connection: connection.close(), connections))


def by_pssh(names, commands):
    import paramiko.config
    from pssh.clients import ParallelSSHClient
    from pssh.config import HostConfig

    known = paramiko.config.SSHConfig.from_path(FLEET / "ssh_config")
    found = [known.lookup(name) for name in names]
    settings = [HostConfig(port=int(one["port"]), user=one["user"], private_key=one["identityfile"][0]) for one in found]
    client = ParallelSSHClient([one["hostname"] for one in found], host_config=settings, pool_size=len(names))
    for command in commands:
        outputs = client.run_command(command)
        client.join(outputs, consume_output=True)
        assert all(output.exit_code == 0 for output in outputs)


def main():
    library, workload, hosts, calls = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    names = (FLEET / "hosts").read_text().split()[:hosts]
    commands = rounds(workload, calls)
    if library == "asyncssh":
        asyncio.run(by_asyncssh(names, commands))
    else:
        {"fabric": by_fabric, "pssh": by_pssh}[library](names, commands)


if __name__ == "__main__":
    main()
