#!/usr/bin/env python3
"""A fleet of private OpenSSH servers on the loopback interface, one for each host.

    fleet.py up DIR N [--refuse R] [--hang H] [--kex ALGORITHM]
    fleet.py down DIR

The hosts are h001, h002, ...; of the N the last H accept connections and never answer, the R before them point to ports
on which nobody listens. DIR gets `ssh_config` (for `ssh -F`), `hosts`, `known_hosts`, the login key and each server's
log and home. As root it logs in as root, else as the user who runs it. `down` ends only what `up` started.
"""
import argparse
import getpass
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

SILENT = """
import socket, sys, time
kept = []
for port in sys.argv[1:]:
    listener = socket.create_server(("127.0.0.1", int(port)), backlog=256)
    kept.append(listener)
print("ready", flush=True)
while True:
    time.sleep(3600)
"""


def free_ports(count):
    """Ports that the kernel says are free; all are held until the last one is known, so that they differ."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def started_at(pid):
    """When a process started, in ticks: with the pid it names a process for good."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        return int(stat.rpartition(")")[2].split()[19])
    except (OSError, ValueError):
        return None


def answers(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Fleet:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()

    def path(self, *parts):
        return self.folder.joinpath(*parts)

    def names(self, count=None):
        return self.path("hosts").read_text().split()[:count]

    def up(self, count, refuse=0, hang=0, kex=None):
        sshd = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        if not sshd:
            sys.exit("no sshd: install openssh-server")
        if not 0 <= refuse + hang < count <= 999:
            sys.exit("the fleet needs 1 to 999 hosts, some of them healthy")
        if self.path("state.json").exists():
            sys.exit(f"{self.folder} has a fleet already")
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        for key in ("host_key", "login_key"):
            if not self.path(key).exists():
                subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.path(key)], check=True)
        shutil.copy(self.path("login_key.pub"), self.path("authorized_keys"))
        names = [f"h{number:03}" for number in range(1, count + 1)]
        ports = free_ports(count)
        healthy = count - refuse - hang
        self.describe(names, ports, kex)
        processes = []
        try:
            for name, port in zip(names[:healthy], ports):
                processes.append(self.server(sshd, name, port))
            if hang:
                silent = subprocess.Popen(
                    [sys.executable, "-c", SILENT, *map(str, ports[count - hang:])],
                    stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True)
                processes.append(silent)
                if not silent.stdout.readline():
                    sys.exit("the silent hosts do not listen")
            deadline = time.monotonic() + 60
            for port in ports[:healthy]:
                while not answers(port):
                    if time.monotonic() > deadline:
                        sys.exit(f"a server does not listen; see {self.path('log')}")
                    time.sleep(0.02)
        finally:
            state = [[process.pid, started_at(process.pid)] for process in processes]
            self.path("state.json").write_text(json.dumps(state))
        return self

    def describe(self, names, ports, kex):
        self.path("hosts").write_text("\n".join(names) + "\n")
        public = " ".join(self.path("host_key.pub").read_text().split()[:2])
        self.path("known_hosts").write_text("".join(f"[127.0.0.1]:{port} {public}\n" for port in ports))
        blocks = [f"Host {name}\n  HostName 127.0.0.1\n  Port {port}\n" for name, port in zip(names, ports)]
        blocks.append(
            f"Host h*\n  User {getpass.getuser()}\n  IdentityFile {self.path('login_key')}\n  IdentitiesOnly yes\n"
            f"  UserKnownHostsFile {self.path('known_hosts')}\n  GlobalKnownHostsFile /dev/null\n"
            "  StrictHostKeyChecking yes\n  UpdateHostKeys no\n  BatchMode yes\n  LogLevel ERROR\n")
        if kex:
            blocks.append(f"  KexAlgorithms {kex}\n")
        self.path("ssh_config").write_text("".join(blocks))
        self.path("inventory.ini").write_text("[fleet]\n" + "\n".join(names) + "\n")

    def server(self, sshd, name, port):
        for part in ("home", "log", "etc"):
            os.makedirs(self.path(part), mode=0o700, exist_ok=True)
        os.makedirs(self.path("home", name), mode=0o700, exist_ok=True)
        config = self.path("etc", name)
        config.write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {self.path('host_key')}\nPidFile none\n"
            f"AuthorizedKeysFile {self.path('authorized_keys')}\nStrictModes no\nUsePAM no\nUseDNS no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n"
            "MaxStartups 1000:100:1000\nMaxSessions 1000\nPrintMotd no\nPrintLastLog no\n"
            f"Subsystem sftp internal-sftp\nSetEnv HOME={self.path('home', name)}\n")
        return subprocess.Popen(
            [sshd, "-D", "-f", config, "-E", self.path("log", name)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def logins(self):
        """How many logins every server has accepted so far."""
        logs = self.path("log").glob("h*")
        return {log.name: log.read_text(errors="replace").count("Accepted publickey") for log in logs}

    def down(self):
        try:
            state = json.loads(self.path("state.json").read_text())
        except OSError:
            sys.exit(f"{self.folder} has no fleet")
        for pid, start in state:
            if start is not None and started_at(pid) == start:
                # Each server is the head of a session of its own, in which its connections are, too.
                for number in (signal.SIGTERM, signal.SIGKILL):
                    try:
                        os.killpg(pid, number)
                    except ProcessLookupError:
                        break
        self.path("state.json").unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up")
    up.add_argument("dir")
    up.add_argument("count", type=int)
    up.add_argument("--refuse", type=int, default=0)
    up.add_argument("--hang", type=int, default=0)
    up.add_argument("--kex")
    commands.add_parser("down").add_argument("dir")
    args = parser.parse_args()
    fleet = Fleet(args.dir)
    if args.command == "up":
        fleet.up(args.count, args.refuse, args.hang, args.kex)
        print(f"up: ssh -F {fleet.path('ssh_config')} h001")
    else:
        fleet.down()


if __name__ == "__main__":
    main()
