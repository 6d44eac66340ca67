"""A key by its name in Secret Manager: the name travels in the job's graph, the key never does."""

import re
from functools import cache

SECRET = re.compile(r"projects/[\w-]+/secrets/[\w-]+/versions/\w+")


class SecretKey(bytes):
    """The key's bytes. Pickled, it is its name: each worker asks Secret Manager itself."""

    name: str

    def __reduce__(self) -> tuple[object, ...]:
        return secret_key, (self.name,)


@cache
def secret_key(name: str) -> SecretKey:
    """projects/P/secrets/S/versions/V; a version such as `latest` would hash one player in two ways once it moves."""
    from google.api_core.exceptions import GoogleAPICallError
    from google.auth.exceptions import GoogleAuthError
    from google.cloud.secretmanager import SecretManagerServiceClient

    if name.endswith("/latest"):
        raise ValueError(f"{name}: give a version's number: a new version would hash the same player otherwise")
    try:
        key = SecretKey(SecretManagerServiceClient().access_secret_version(name=name).payload.data.strip())
    except (GoogleAPICallError, GoogleAuthError) as e:
        raise ValueError(f"{name}: the key cannot be read: {str(e).splitlines()[0]}") from None
    key.name = name
    return key
