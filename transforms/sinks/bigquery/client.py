"""Clients of BigQuery, and of its emulator where the environment names one."""

import os

import grpc
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import bigquery
from google.cloud.bigquery_storage_v1 import BigQueryWriteClient
from google.cloud.bigquery_storage_v1.services.big_query_write.transports import BigQueryWriteGrpcTransport

REST_EMULATOR, STORAGE_EMULATOR = "BIGQUERY_EMULATOR_HOST", "BIGQUERY_STORAGE_EMULATOR_HOST"
CHANNEL = [("grpc.max_send_message_length", 20 << 20), ("grpc.max_reconnect_backoff_ms", 2_000)]


class NoCredentials(ValueError):
    """This machine has no credentials for Google Cloud."""


def rest_client(project: str) -> bigquery.Client:
    if os.environ.get(REST_EMULATOR):  # the client itself reads where it is
        return bigquery.Client(project, AnonymousCredentials())
    try:
        return bigquery.Client(project)
    except DefaultCredentialsError as e:
        raise NoCredentials(f"bq://{project}: no Google credentials on this machine: {e}") from None


def write_client() -> BigQueryWriteClient:
    if address := os.environ.get(STORAGE_EMULATOR):
        return BigQueryWriteClient(transport=BigQueryWriteGrpcTransport(channel=grpc.insecure_channel(address, CHANNEL)))
    return BigQueryWriteClient()
