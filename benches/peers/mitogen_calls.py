"""The workloads with Mitogen's own API: mitogen_calls.py WORKLOAD HOSTS CALLS (W1, W2 and W3)"""
import concurrent.futures
import os
import pathlib
import sys
import time

import mitogen.utils


def read(path):
    with open(path, "rb") as file:
        return file.read()


def listing(pattern):
    import glob

    return sorted(glob.glob(pattern))


def main(router):
    workload, hosts, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    fleet = pathlib.Path(os.environ["BENCH_FLEET"])
    names = (fleet / "hosts").read_text().split()[:hosts]

    def connect(name):
        try:
            return router.ssh(
                hostname=name, ssh_args=["-F", str(fleet / "ssh_config")], python_path="/usr/bin/python3")
        except Exception as error:
            print(f"{name}: {error}")
            return None

    with concurrent.futures.ThreadPoolExecutor(max_workers=hosts) as pool:
        good = [context for context in pool.map(connect, names) if context]

    def everywhere(function, *arguments):
        pending = [context.call_async(function, *arguments) for context in good]
        return [one.get().unpickle() for one in pending]

    everywhere(read, "/etc/hostname")
    if workload == "w2":
        everywhere(listing, "/var/log/*.log")
    if workload == "w3":
        begun = time.perf_counter()
        for _ in range(count):
            good[0].call(read, "/etc/hostname")
        print("FIGURE sequential_us", (time.perf_counter() - begun) / count * 1e6)
        begun = time.perf_counter()
        pending = [good[0].call_async(read, "/etc/hostname") for _ in range(count)]
        for one in pending:
            one.get()
        print("FIGURE pipelined_us", (time.perf_counter() - begun) / count * 1e6)
    return 0 if len(good) == len(names) else 1


if __name__ == "__main__":
    sys.exit(mitogen.utils.run_with_router(main))
