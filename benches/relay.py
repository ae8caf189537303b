"""A relay in front of a port of this machine that holds back what it carries, as a long line does."""
import heapq
import selectors
import socket
import threading
import time


class Relay:
    """Each byte is half of `round_trip` seconds under way, in either direction; the line carries any amount at once."""

    def __init__(self, port, round_trip):
        self.target, self.delay = port, round_trip / 2
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.target))
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.carry, args=(near, far), daemon=True).start()

    def carry(self, near, far):
        ready, under_way, number = selectors.DefaultSelector(), [], 0
        for one, other in ((near, far), (far, near)):
            ready.register(one, selectors.EVENT_READ, other)
        while ready.get_map() or under_way:
            left = max(0, under_way[0][0] - time.monotonic()) if under_way else None
            for key, _ in ready.select(left):
                try:
                    piece = key.fileobj.recv(1 << 16)
                except OSError:
                    piece = b""
                if not piece:
                    ready.unregister(key.fileobj)
                number += 1
                heapq.heappush(under_way, (time.monotonic() + self.delay, number, key.data, piece))
            while under_way and under_way[0][0] <= time.monotonic():
                _, _, to, piece = heapq.heappop(under_way)
                try:
                    to.sendall(piece) if piece else to.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
        near.close()
        far.close()

    def close(self):
        self.listener.close()
