from pyinfra.operations import server

server.shell(name="read", commands=["cat /etc/hostname"])
server.shell(name="list", commands=["ls /var/log/*.log"])
