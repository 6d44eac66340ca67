"""What `python -m gamebeam.clients client` runs to test the reference client: 250 events, from GAMEBEAM_URL, _KEY and _FOLDER."""

import os
import sys

from gamebeam.clients.python.gamebeam_client import Client

if __name__ == "__main__":
    client = Client(os.environ["GAMEBEAM_URL"], os.environ["GAMEBEAM_KEY"], os.environ["GAMEBEAM_FOLDER"], app_version="1.4.1", every_s=0.2)
    client.player_id = "p-1"
    client.start_session()
    for n in range(250):
        client.track("level_start", level=n)
    sys.exit(0 if client.close(60) else 1)
