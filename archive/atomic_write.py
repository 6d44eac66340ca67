"""Files that appear whole or not at all."""

import os


def write_atomically(path: str, data: bytes) -> None:
    """One atomic create: a reader sees the whole file or none. On disk by rename; an object store's create is atomic itself."""
    if "://" in path:
        from apache_beam.io.filesystems import FileSystems  # it takes seconds, and files on disk need none of it

        with FileSystems.create(path) as f:
            f.write(data)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{os.getpid()}")
    try:
        with open(temporary, "wb") as f:
            f.write(data)
        os.replace(temporary, path)
    except OSError as e:
        raise OSError(e.errno, e.strerror, path) from None
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)
