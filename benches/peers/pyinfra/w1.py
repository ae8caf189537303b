from pyinfra.operations import server

server.shell(name="read", commands=["cat /etc/hostname"])
