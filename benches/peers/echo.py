"""Sends lines of 100 bytes through a command that gives them back: echo.py COUNT COMMAND..."""
import subprocess
import sys
import threading
import time

count = int(sys.argv[1])
echo = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
line = b"x" * 99 + b"\n"


def receive(size):
    while size:
        piece = echo.stdout.read(size)
        if not piece:
            sys.exit("the echo ended")
        size -= len(piece)


def send(times):
    for _ in range(times):
        echo.stdin.write(line)


for _ in range(20):
    send(1)
    receive(len(line))
begun = time.perf_counter()
for _ in range(count):
    send(1)
    receive(len(line))
print("FIGURE sequential_us", (time.perf_counter() - begun) / count * 1e6)
begun = time.perf_counter()
writer = threading.Thread(target=send, args=(count,))
writer.start()
receive(count * len(line))
print("FIGURE pipelined_us", (time.perf_counter() - begun) / count * 1e6)
echo.stdin.close()
echo.wait()
