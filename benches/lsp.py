#!/usr/bin/env python3
"""How soon the language server answers, on a site that is made here: lsp.py PROGRAM [PLAYBOOKS] [HOSTS].

Each playbook has a unit, two rounds and forty calls, and all of them read one inventory. Each of 300 turns changes a playbook by a letter, and
measures until its mistakes are told (the pause of 30 ms after the last letter is in it) and until each sort of question is answered."""
import json
import os
import random
import subprocess
import sys
import tempfile
import time


def site(folder, playbooks, hosts):
    groups = "\n".join(f"[g{g}]\n" + "\n".join(f"h{h} port={h}" for h in range(g, hosts, 10)) for g in range(10))
    with open(f"{folder}/hosts.ini", "w") as file:
        file.write(groups + "\n")
    for number in range(playbooks):
        with open(f"{folder}/unit{number}.yml", "w") as file:
            file.write("inputs: { where: { type: string } }\ncalls:\n  - id: dir\n    fs.directory: '{{ where }}'\n")
        calls = "".join(
            f"      - id: c{n}\n        fs.write: {{ path: '/srv/{n}', content: '{{{{ port }}}} {{{{ place }}}}' }}\n"
            f"      - on_change: c{n}\n        log.log: '{{{{ results.c{n}.changed }}}}'\n"
            for n in range(20)
        )
        text = "inventory: [hosts.ini]\nvars: { place: /srv }\nrounds:\n" + "".join(
            f"  - name: r{r}\n    hosts: g{number % 10}\n    calls:\n      - import: unit{number}.yml\n        vars: {{ where: /srv }}\n"
            + (calls if r == 0 else "      - log.log: done\n")
            for r in range(2)
        )
        with open(f"{folder}/play{number}.yml", "w") as file:
            file.write(text)


class Server:
    def __init__(self, program, folder):
        self.child = subprocess.Popen([program, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
        self.number = 0
        self.ask("initialize", {"rootUri": f"file://{folder}", "capabilities": {"general": {"positionEncodings": ["utf-8"]}}})
        self.tell("initialized", {})

    def send(self, message):
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.child.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.child.stdin.flush()

    def next(self):
        length = 0
        while (line := self.child.stdout.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return json.loads(self.child.stdout.read(length))

    def tell(self, method, params):
        self.send({"method": method, "params": params})

    def ask(self, method, params):
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        while (message := self.next()).get("id") != self.number:
            pass
        assert "error" not in message, message
        return message["result"]

    def wait(self, uri, version):
        while not ((message := self.next()).get("params", {}).get("uri") == uri and message["params"].get("version") == version):
            pass


def main():
    program = os.path.abspath(sys.argv[1])
    playbooks, hosts = (int(it) for it in (sys.argv[2:] + ["100", "1000"][len(sys.argv) - 2:])[:2])
    random.seed(1)
    with tempfile.TemporaryDirectory() as folder:
        folder = os.path.realpath(folder)
        site(folder, playbooks, hosts)
        server = Server(program, folder)
        texts = {}
        for number in range(playbooks):
            uri = f"file://{folder}/play{number}.yml"
            with open(f"{folder}/play{number}.yml") as file:
                texts[uri] = file.read()
            server.tell("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "yaml", "version": 0, "text": texts[uri]}})
        server.wait(uri, 0)
        times = {}
        for turn in range(1, 301):
            uri = random.choice(list(texts))
            line = 14
            text = texts[uri] + "      - log.log: '{{ pl"
            document = {"uri": uri, "version": turn}
            start = time.monotonic()
            server.tell("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
            server.wait(uri, turn)
            times.setdefault("mistakes", []).append(time.monotonic() - start)
            end = {"line": text.count("\n"), "character": len(text) - text.rfind("\n") - 1}
            inner = {"line": line, "character": 15}
            for method, place in [("completion", end), ("hover", inner), ("definition", inner), ("documentSymbol", None), ("foldingRange", None)]:
                params = {"textDocument": {"uri": uri}, **({"position": place} if place else {})}
                start = time.monotonic()
                server.ask(f"textDocument/{method}", params)
                times.setdefault(method, []).append(time.monotonic() - start)
        with open(f"/proc/{server.child.pid}/status") as file:
            memory = next(line.split()[1] for line in file if line.startswith("VmRSS"))
        print(f"{playbooks} playbooks, {hosts} hosts; memory {int(memory) // 1024} MiB")
        for name, all_times in times.items():
            all_times.sort()
            print(f"{name:15} median {all_times[len(all_times) // 2] * 1000:6.1f} ms   p95 {all_times[int(len(all_times) * .95)] * 1000:6.1f} ms")
        server.child.stdin.close()
        server.child.wait()


main()
