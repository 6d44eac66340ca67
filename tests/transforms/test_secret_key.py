"""The key of the players' hash, by name: from Secret Manager's own protocol, on a server of the test's."""

import hmac
import pickle
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from apache_beam.internal import pickler
from google.cloud import secretmanager
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import SecretManagerServiceGrpcTransport
from google.cloud.secretmanager_v1.types import AccessSecretVersionRequest, AccessSecretVersionResponse

from gamebeam.pipeline.options import Config, pii_key
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.transforms.decode.secret_key import secret_key
from gamebeam.transforms.decode.transform import DecodeMessages

NAME, KEY = "projects/some-project/secrets/player-hash/versions/1", b"0123456789abcdef"


@pytest.fixture
def asked(monkeypatch):
    """Names that were asked for."""
    names = []

    def access(request, context):
        names.append(request.name)
        if request.name != NAME:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Secret Version [{request.name}] not found.")
        return AccessSecretVersionResponse(payload={"data": KEY + b"\n"})

    handler = grpc.unary_unary_rpc_method_handler(access, AccessSecretVersionRequest.deserialize, AccessSecretVersionResponse.serialize)
    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(
        "google.cloud.secretmanager.v1.SecretManagerService", {"AccessSecretVersion": handler})])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    client = secretmanager.SecretManagerServiceClient
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        transport = SecretManagerServiceGrpcTransport(channel=channel)
        monkeypatch.setattr(secretmanager, "SecretManagerServiceClient", lambda: client(transport=transport))
        secret_key.cache_clear()
        yield names
    server.stop(None)


def test_the_key_is_what_the_secret_holds_without_a_last_line_end(asked):
    key = pii_key(Config(pii_key_file=NAME))
    assert key == KEY and hmac.digest(key, b"player-1", "sha256") == hmac.digest(KEY, b"player-1", "sha256")
    assert pii_key(Config(pii_key_file=NAME)) is key and asked == [NAME]


def test_the_name_travels_in_the_jobs_graph_and_the_key_does_not(asked):
    key = secret_key(NAME)
    step = pickler.dumps(DecodeMessages(load_contract("starter"), True, key, 0), enable_trace=False)
    assert KEY not in pickle.dumps(key) and NAME.encode() in pickle.dumps(key)
    secret_key.cache_clear()  # as on another machine
    assert pickler.loads(step).pii_key == KEY and asked == [NAME, NAME]


@pytest.mark.parametrize("name, said", [
    ("projects/some-project/secrets/player-hash/versions/7", "versions/7: the key cannot be read"),
    ("projects/some-project/secrets/player-hash/versions/latest", "give a version's number")])
def test_a_key_that_cannot_be_had_is_one_line(asked, name, said):
    with pytest.raises(ValueError, match=said) as e:
        pii_key(Config(pii_key_file=name))
    assert "\n" not in str(e.value)


def test_a_key_in_a_file_is_not_handed_to_dataflow(tmp_path):
    (tmp_path / "key").write_bytes(KEY)
    config = Config(pii_key_file=str(tmp_path / "key"))
    assert pii_key(config) == KEY
    with pytest.raises(ValueError, match="would travel in the job's graph"):
        pii_key(config, travels=True)
