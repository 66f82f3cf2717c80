"""Free ports of loopback for programs that can't be told to take one; must not promise that nobody else takes them."""

import socket


def free_ports(count: int) -> list[int]:
    """So many ports, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports
