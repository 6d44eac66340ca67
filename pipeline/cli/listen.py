"""A listening socket, made before the server: the address is printed once connections are taken, and a busy port is one line."""

import errno
import socket


def listen(host: str, port: int, remedy: str) -> socket.socket:
    """Listen on an address, and print its URL.

    Args:
        host: a name or address; an IPv6 address without brackets.
        remedy: what to do where the address is taken.

    Raises:
        OSError: The address cannot be listened on.
    """
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048)
    except OSError as e:
        why = "another process listens there already" if e.errno == errno.EADDRINUSE else e.strerror or str(e)
        raise OSError(f"{shown}: {why}; {remedy}") from None
    print(f"http://{shown}/", flush=True)
    return listening
