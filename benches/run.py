#!/usr/bin/env python3
"""Measures rmote-play beside plain OpenSSH and whichever peers are installed, in one run.

    python3 benches/run.py                                   the small set: w1:10 w3:100 w4:5 latency
    python3 benches/run.py --venv VENV --reps 5 w1:50 w1:100 w2:20 w3:1000 w4:20 w5:1:100 w6:20 latency startup

Workloads: w1:N (a read on N hosts), w2:N (two rounds on N), w3:CALLS (many small reads on one host), w4:N (twenty calls
on N), w5:N:MB (a file to N hosts), w5tree:FILES (a folder of small files to one host, and again), w6:N (of N hosts three
refuse and two hang), far:MS (twenty calls in their order over a line with such a round trip), latency (the time of one call, and of one among many), memory:N (what each of N connected hosts costs
the controller), startup. `--kex curve25519-sha256` changes the key exchange of every tool that runs OpenSSH.

Peers are taken from the virtual environment of --venv: ansible, ansible with mitogen, asyncssh, fabric, mitogen, pssh,
pyinfra, rmote (`pip install ansible-core asyncssh fabric mitogen parallel-ssh pyinfra rmote`). The tools take turns within each repetition, after one turn that does not
count; the figures are medians. Every turn ends with all its connections closed, but for `rmote-play again`, which is
measured within --persist of a run before. Wall time is that of the whole process; CPU is that of the tool and the
children it waited for. Sockets lie in memory, as they do below the XDG_RUNTIME_DIR of a login.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from fleet import Fleet
from relay import Relay

HERE = pathlib.Path(__file__).resolve().parent
LIMIT = 240
# How many connections are under way at once: rmote-play's own default, so that plain ssh has the same.
FORKS = 64


ORDINARY = """name: SITE
hosts:
  web[1:20]: { user: deploy }
  db1:
groups:
  web: { hosts: ["web*"], vars: { port: 8080 } }
vars: { app: shop, base: "/srv/{{ app }}" }
rounds:
  - name: base
    hosts: web
    calls:
      - assert.that: facts.os.family == 'debian'
      - id: config
        template.file: { src: SITE.j2, dest: "{{ base }}/conf", mode: 0644 }
      - on_change: [config]
        exec.command: [systemctl, restart, "{{ app }}"]
      - loop: [{ name: a, port: 1 }, { name: b, port: 2 }]
        fs.line_in_file: { path: /etc/services.d, line: "{{ item.name }} {{ item.port }}" }
""" + "".join(f"""      - id: look{n}
        fs.stat: "{{{{ base }}}}/{n}"
      - when: not results.look{n}.exists and facts.user.uid == 0
        fs.directory: {{ path: "{{{{ base }}}}/{n}", parents: true }}
""" for n in range(8))


class Tool:
    """A command for a workload; `before` prepares each turn, `check` looks at what it left."""

    def __init__(self, name, argv, env=None, before=None, check=None, codes=(0,)):
        self.name, self.argv, self.env = name, [str(word) for word in argv], env or {}
        self.before, self.check, self.codes = before, check, codes


class Bench:
    def __init__(self, args):
        self.args = args
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="bench"))
        self.run = pathlib.Path(tempfile.mkdtemp(prefix="bench", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
        self.site = self.work / "site"
        self.bin = pathlib.Path(args.venv).resolve() / "bin" if args.venv else None
        self.ours = pathlib.Path(args.binary).resolve()
        if not self.ours.exists():
            sys.exit(f"{self.ours} is not there: cargo build --release")
        self.fleet = self.relay = None
        self.rows = []

    # What runs, and in which environment.

    def environment(self, more):
        kept = {name: os.environ[name] for name in ("USER", "LOGNAME", "TERM") if name in os.environ}
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        (self.work / "home").mkdir(mode=0o700, exist_ok=True)
        return {
            **kept, "PATH": f"{self.bin}:{path}" if self.bin else path, "LC_ALL": "C.UTF-8",
            "HOME": str(self.work / "home"), "XDG_RUNTIME_DIR": str(self.run),
            "BENCH_FLEET": str(self.fleet.folder), "BENCH_SITE": str(self.site),
            **{name: str(value) for name, value in more.items()},
        }

    def turn(self, tool):
        if tool.before:
            tool.before()
        output = tempfile.TemporaryFile()
        begun = time.perf_counter()
        process = subprocess.Popen(
            tool.argv, env=self.environment(tool.env), stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True, cwd=self.work)
        killer = threading.Timer(LIMIT, lambda: os.killpg(process.pid, 9))
        killer.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        killer.cancel()
        output.seek(0)
        text = output.read().decode(errors="replace")
        figures = dict(line.split()[1:] for line in text.splitlines() if line.startswith("FIGURE "))
        wrong = process.returncode not in tool.codes or (tool.check and not tool.check())
        if wrong:
            print(f"{tool.name} ended with {process.returncode}:\n{text[-2000:]}", file=sys.stderr)
        return {
            "wall": wall, "cpu": usage.ru_utime + usage.ru_stime,
            "code": process.returncode, "wrong": bool(wrong),
            "figures": {name: float(value) for name, value in figures.items()},
        }

    def measure(self, workload, tools):
        for repetition in range(-1, self.args.reps):
            for tool in tools:
                row = self.turn(tool)
                if repetition >= 0:
                    self.rows.append({"workload": workload, "tool": tool.name, **row})
                    with open(self.args.out, "a") as out:
                        out.write(json.dumps(self.rows[-1]) + "\n")
        self.show(workload, tools)

    def show(self, workload, tools):
        print(f"\n{workload}\n\n| tool | median s | min .. max | x first | CPU s | exit |\n|---|---|---|---|---|---|")
        first = None
        for tool in tools:
            rows = [row for row in self.rows if (row["workload"], row["tool"]) == (workload, tool.name)]
            walls = [row["wall"] for row in rows]
            median = statistics.median(walls)
            first = first or median
            cpu = statistics.median(row["cpu"] for row in rows)
            wrong = " WRONG" if any(row["wrong"] for row in rows) else ""
            print(f"| {tool.name} | {median:.3f} | {min(walls):.3f} .. {max(walls):.3f} | {median / first:.2f} "
                  f"| {cpu:.2f} | {rows[-1]['code']}{wrong} |")
            for name in rows[0]["figures"]:
                print(f"|   {name} | {statistics.median(row['figures'][name] for row in rows):.1f} | | | | |")
        sys.stdout.flush()

    # The tools.

    def play(self, name, playbook, hosts, persist="0s", **more):
        argv = [self.ours, "--ssh-config", self.fleet.path("ssh_config"), "--persist", persist]
        argv += ["-q", "--limit", f"all[0:{hosts - 1}]", playbook]
        return Tool(name, argv, **more)

    def ours_twice(self, playbook, hosts, **more):
        """Cold (the agent is cached, the connections are not) and again within --persist."""
        yield self.play("rmote-play", playbook, hosts, **more)
        before = more.pop("before", None)

        def opened():
            if before:
                before()
            self.turn(self.play("rmote-play", playbook, hosts, persist="60s", codes=more.get("codes", (0,))))

        yield self.play("rmote-play again", playbook, hosts, persist="60s", before=opened, **more)

    def ssh(self, name, hosts, script, config=None, **more):
        config = config or self.fleet.path("ssh_config")
        line = f"head -n {hosts} {self.fleet.path('hosts')} | xargs -P {FORKS} -I% {script.replace('SSH', f'ssh -F {config}')}"
        return Tool(name, ["sh", "-c", line], **more)

    def has(self, name):
        return self.bin and (self.bin / name).exists()

    def ansible(self, workload, hosts, with_mitogen=False, extra=(), **more):
        controls = self.work / f"controls-{time.monotonic_ns()}"
        inventory = self.work / f"inventory-{hosts}"
        inventory.write_text("[fleet]\n" + "\n".join(self.fleet.names(hosts)) + "\n")
        arguments = f"-F {self.fleet.path('ssh_config')}"
        env = {
            "ANSIBLE_CONFIG": HERE / "peers/ansible/ansible.cfg", "ANSIBLE_FORKS": hosts,
            "ANSIBLE_SSH_CONTROL_PATH_DIR": controls, "ANSIBLE_LOCAL_TEMP": self.work / "ansible",
            "ANSIBLE_SSH_ARGS": arguments if with_mitogen else f"{arguments} -o ControlMaster=auto -o ControlPersist=2s",
        }
        if with_mitogen:
            script = "import ansible_mitogen; print(ansible_mitogen.__path__[0])"
            found = subprocess.run([self.bin / "python", "-c", script], capture_output=True, text=True).stdout
            env |= {"ANSIBLE_STRATEGY_PLUGINS": f"{found.strip()}/plugins/strategy", "ANSIBLE_STRATEGY": "mitogen_linear"}
        argv = [self.bin / "ansible-playbook", "-i", inventory, HERE / f"peers/ansible/{workload}.yml",
                "-e", f"site_root={self.site}", *extra]
        return Tool("ansible + mitogen" if with_mitogen else "ansible", argv, env, **more)

    def peers(self, workload, hosts, calls=0, extra=(), blob="", **more):
        """The same workload with every peer that is there."""
        env = {"BENCH_COUNT": hosts, "BENCH_CALLS": calls, "BENCH_BLOB": blob}
        for package, names in (("rmote", ("w1", "w2", "w3", "w4", "w5")), ("mitogen", ("w1", "w2", "w3"))):
            found = self.bin and list(self.bin.parent.glob(f"lib/python3*/site-packages/{package}"))
            if found and workload in names:
                argv = [self.bin / "python", HERE / f"peers/{package}_calls.py", workload, hosts, calls]
                yield Tool(package, argv, env, **more)
        for library in ("asyncssh", "fabric", "pssh"):
            found = self.bin and list(self.bin.parent.glob(f"lib/python3*/site-packages/{library}"))
            if found and workload in ("w1", "w2", "w3") and (calls <= 100 or library == "asyncssh"):
                argv = [self.bin / "python", HERE / "peers/shell_calls.py", library, workload, hosts, calls]
                yield Tool(library, argv, env, **more)
        if self.has("pyinfra") and calls <= 100:
            argv = [self.bin / "pyinfra", "-y", HERE / "peers/pyinfra/inventory.py", HERE / f"peers/pyinfra/{workload}.py"]
            yield Tool("pyinfra", argv, env, **more)
        if self.has("ansible-playbook") and calls <= 100:
            yield self.ansible(workload, hosts, extra=extra, **more)
            if list(self.bin.parent.glob("lib/python3*/site-packages/ansible_mitogen")):
                yield self.ansible(workload, hosts, True, extra=extra, **more)

    # The workloads.

    def playbook(self, name):
        return HERE / f"playbooks/{name}.yml"

    def written(self, name, calls):
        path = self.work / f"{name}.yml"
        path.write_text("hosts: [h001]\nrounds:\n  - name: calls\n    hosts: all\n    calls:\n" + "".join(calls))
        return path

    def w1(self, hosts):
        return [self.ssh("ssh", hosts, "SSH % true"), self.ssh("ssh, reading", hosts, "SSH % cat /etc/hostname"),
                *self.ours_twice(self.playbook("w1"), hosts), *self.peers("w1", hosts)]

    def w2(self, hosts):
        return [self.ssh("ssh", hosts, "SSH % 'cat /etc/hostname; ls /var/log'"),
                *self.ours_twice(self.playbook("w2"), hosts), *self.peers("w2", hosts)]

    def w3(self, calls):
        many = self.written(f"w3-{calls}", ["      - fs.read_str: /etc/hostname\n"] * calls)
        return [self.ssh("ssh, one cat", 1, "SSH % cat /etc/hostname"),
                *self.ours_twice(many, 1), *self.peers("w3", 1, calls, ("-e", f"count={calls}"))]

    def w4(self, hosts):
        def emptied():
            shutil.rmtree(self.site, ignore_errors=True)
            for name in self.fleet.names(hosts):
                (self.site / name).mkdir(parents=True)

        def complete():
            files = [self.site / name / f"etc/conf.d/app{n}.conf" for name in self.fleet.names(hosts) for n in range(1, 9)]
            return all(file.exists() and "timeout = 30" in file.read_text() for file in files)

        script = f"sh -c 'sh {HERE}/peers/site.sh % {self.site} | SSH % sh -s'"
        floor = [self.ssh("shell script, first", hosts, script, before=emptied, check=complete),
                 self.ssh("shell script, second", hosts, script, check=complete)]
        ours = [self.play("rmote-play, first", self.playbook("w4"), hosts, before=emptied, check=complete),
                self.play("rmote-play, second", self.playbook("w4"), hosts, check=complete)]
        peers = []
        for first, second in zip(self.peers("w4", hosts, before=emptied, check=complete), self.peers("w4", hosts, check=complete)):
            first.name, second.name = f"{first.name}, first", f"{second.name}, second"
            peers += [first, second]
        return floor + ours + peers

    def w5(self, hosts, megabytes):
        blob = self.work / f"blob{megabytes}"
        with open(blob, "wb") as file:
            for _ in range(megabytes):
                file.write(os.urandom(1 << 20))

        def emptied():
            shutil.rmtree(self.site, ignore_errors=True)
            for name in self.fleet.names(hosts):
                (self.site / name).mkdir(parents=True)

        def same():
            compare = ["cmp", "-s", blob]
            return all(not subprocess.call([*compare, self.site / name / "blob"]) for name in self.fleet.names(hosts))

        both = {"before": emptied, "check": same}
        config = self.fleet.path("ssh_config")
        env = {"BENCH_BLOB": blob}
        return [self.ssh("scp", hosts, f"scp -q -F {config} {blob} %:{self.site}/%/blob", **both),
                self.ssh("ssh cat", hosts, f"sh -c 'SSH % \"cat > {self.site}/%/blob\" < {blob}'", **both),
                self.play("rmote-play", self.playbook("w5"), hosts, env=env, **both),
                *self.peers("w5", hosts, blob=blob, extra=("-e", f"blob={blob}"), **both)]

    def w5tree(self, count):
        """A folder of so many small files to one host, and again when nothing has changed."""
        source = self.work / f"tree{count}"
        for number in range(count):
            folder = source / f"d{number % 100:02}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"f{number}").write_text(f"file {number}\n" * 10)

        def emptied():
            # Not deleted: ext4 searches long for free inodes where many were deleted within the last seconds.
            if self.site.exists():
                self.site.rename(self.work / f"site-{time.monotonic_ns()}")
            (self.site / "h001").mkdir(parents=True)

        def same():
            return not subprocess.call(["diff", "-rq", source, self.site / "h001/tree"], stdout=subprocess.DEVNULL)

        config = self.fleet.path("ssh_config")
        env = {"BENCH_TREE": source}
        both = {"before": emptied, "check": same}
        scp = f"scp -q -r -F {config} {source} %:{self.site}/%/tree"
        return [self.ssh("scp -r", 1, scp, **both),
                self.play("rmote-play, first", self.playbook("w5tree"), 1, env=env, **both),
                self.play("rmote-play, second", self.playbook("w5tree"), 1, env=env, check=same)]

    def w6(self, hosts):
        return [self.play("rmote-play", self.playbook("w2"), hosts, codes=(4,)),
                *self.peers("w2", hosts, codes=(1, 4))]

    def latency(self):
        """Calls of which each waits for the answer of the one before, and calls that do not, over an open connection."""
        count = 1000
        chain = ["      - { id: c0, fs.read_str: /etc/hostname }\n"]
        chain += [f"      - {{ id: c{n}, when: results.c{n - 1}.content != '', fs.read_str: /etc/hostname }}\n" for n in range(1, count)]
        one = self.written("one", chain[:1])
        dependent = self.written("dependent", chain)
        independent = self.written("independent", ["      - fs.read_str: /etc/hostname\n"] * count)

        def opened():
            self.turn(self.play("opened", one, 1, persist="60s"))

        ours = [self.play(name, playbook, 1, persist="60s", before=opened)
                for name, playbook in (("one call", one), ("1000 in turn", dependent), ("1000 pipelined", independent))]
        # What a run does before its first call, to be taken off its time.
        reading = [Tool(f"reading {name}", [self.ours, "validate", playbook])
                   for name, playbook in (("1000 in turn", dependent), ("1000 pipelined", independent))]
        echo = Tool("echo over ssh cat", [sys.executable, HERE / "peers/echo.py", count, "ssh", "-F",
                                          self.fleet.path("ssh_config"), "h001", "cat"])
        return [echo, *ours, *reading, self.play("three sleeps of 1 s", self.playbook("sleeps"), 1, persist="60s", before=opened)]

    def far(self, milliseconds):
        """Twenty calls in their order on an open connection over a long line; peers wait for each before the next."""
        config = pathlib.Path(self.fleet.path("ssh_config"))
        port = int(re.search(r"Port (\d+)", config.read_text())[1])
        self.relay = Relay(port, milliseconds / 1000)
        config.write_text(config.read_text().replace(f"Port {port}", f"Port {self.relay.port}"))
        known = pathlib.Path(self.fleet.path("known_hosts"))
        known.write_text(known.read_text() + known.read_text().replace(f":{port} ", f":{self.relay.port} "))
        line = "      - exec.command: ['true']\n"
        one, twenty = self.written("far-one", [line]), self.written("far", [line] * 20)

        def opened():
            self.turn(self.play("opened", one, 1, persist="60s"))

        ours = [self.play(name, playbook, 1, persist="60s", before=opened)
                for name, playbook in (("rmote-play, 1 call", one), ("rmote-play, 20 calls", twenty))]
        return ours + [peer for peer in self.peers("w3", 1, 20) if peer.name in ("rmote", "mitogen")]

    def memory(self, hosts):
        """The peak of the controller with N hosts connected at once, over that with one."""
        held = self.work / "held.yml"
        held.write_text(f'hosts: {{ "h[001:{hosts:03}]": {{}} }}\nrounds:\n  - name: one\n    hosts: all\n    calls:\n'
                        "      - fs.read_str: /etc/hostname\n      - exec.command: [sleep, '3']\n")

        def peak(count):
            tool = self.play("held", held, count)
            process = subprocess.Popen(tool.argv, env=self.environment({}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            most = 0
            while process.poll() is None:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                most = max([most, *(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))])
                time.sleep(0.02)
            if process.returncode:
                sys.exit(f"{count} hosts were not reached")
            return most

        peak(1)
        one, many = (statistics.median(peak(count) for _ in range(self.args.reps)) for count in (1, hosts))
        print(f"\nmemory: {one} KB with 1 host, {many} KB with {hosts}: {(many - one) / (hosts - 1):.0f} KB for each host")
        return []

    def startup(self):
        hosts = "".join(f"  x{n}:\n" for n in range(10_000))
        calls = "".join(f"      - fs.write: {{ path: '/srv/{{{{ host.name }}}}/{n}', content: x }}\n" for n in range(1000))
        big = self.work / "big.yml"
        big.write_text(f"hosts:\n{hosts}rounds:\n  - name: one\n    hosts: all\n    calls:\n{calls}")
        many = self.work / "many"
        many.mkdir(exist_ok=True)
        for n in range(100):
            (many / f"site{n}.yml").write_text(ORDINARY.replace("SITE", f"site{n}"))
            (many / f"site{n}.j2").write_text("port {{ port }}\n{% for it in groups.web %}server {{ it }}\n{% endfor %}")
        return [Tool("--help", [self.ours, "--help"]),
                Tool("validate, 1000 calls and 10000 hosts", [self.ours, "validate", big]),
                Tool("validate, 100 playbooks of 20 calls", [self.ours, "validate", "--strict", many])]

    def go(self):
        for spec in self.args.workloads:
            name, *numbers = spec.split(":")
            counts = [int(number) for number in numbers]
            hosts = counts[0] if name in ("w1", "w2", "w4", "w5", "w6", "memory") else 1
            broken = {"refuse": 3, "hang": 2} if name == "w6" else {}
            self.fleet = Fleet(self.work / f"fleet-{spec.replace(':', '-')}").up(hosts, kex=self.args.kex, **broken)
            try:
                title = f"{spec}, key exchange {self.args.kex or 'default'}"
                tools = getattr(self, name)(*counts)
                if tools:
                    self.measure(title, tools)
            finally:
                if self.relay:
                    self.relay.close()
                    self.relay = None
                self.fleet.down()
        for folder in (self.work, self.run):
            shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    host = subprocess.run(["rustc", "-vV"], capture_output=True, text=True).stdout
    triple = next((line.split()[1] for line in host.splitlines() if line.startswith("host:")), "")
    parser.add_argument("--binary", default=HERE.parent / "target" / triple / "release/rmote-play")
    parser.add_argument("--venv", help="a virtual environment with peers")
    parser.add_argument("--reps", type=int, default=5)
    parser.add_argument("--kex", help="such as curve25519-sha256")
    parser.add_argument("--out", default="bench.jsonl", help="every single turn, as JSON Lines")
    parser.add_argument("workloads", nargs="*", default=["w1:10", "w3:100", "w4:5", "latency"])
    args = parser.parse_args()
    args.out = os.path.abspath(args.out)
    Bench(args).go()


if __name__ == "__main__":
    main()
