"""What all tests share: no settings from outside, and a server that speaks S3's protocol."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.worker.redis_server import RedisServer

# How long an example takes says how busy the machine is, not whether a promise holds.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: many tests wait for processes and for latencies."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)


@dataclass(frozen=True)
class Bucket:
    """A bucket of a local server, seen by another client than ours; `env` says where it is."""

    name: str
    env: dict[str, str]
    client: Any

    def url(self, key: str = "") -> str:
        """The URL of an object in it."""
        return f"s3://{self.name}/{key}"

    def put(self, key: str, content: bytes | str) -> None:
        """Put an object at this key."""
        body = content.encode() if isinstance(content, str) else content
        self.client.put_object(Bucket=self.name, Key=key, Body=body)

    def get(self, key: str) -> bytes:
        """The content of an object."""
        content: bytes = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return content

    def remove(self, key: str) -> None:
        """Remove an object."""
        self.client.delete_object(Bucket=self.name, Key=key)

    def names(self) -> list[str]:
        """The keys of all objects, in order."""
        found = self.client.list_objects_v2(Bucket=self.name).get("Contents", [])
        return sorted(each["Key"] for each in found)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("CAPTIONER_", "OPENAI_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def _s3_server() -> Iterator[Bucket]:
    """The server, started once; its client, and a bucket without a name."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    env = {
        "AWS_ENDPOINT_URL": "http://{}:{}".format(*server.get_host_and_port()),
        "AWS_ACCESS_KEY_ID": "key-id",
        "AWS_SECRET_ACCESS_KEY": "secret-key",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    client = boto3.client(
        "s3",
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name=env["AWS_DEFAULT_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )
    yield Bucket("", env, client)
    client.close()
    server.stop()


@pytest.fixture
def bucket(_s3_server: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """An empty bucket; the environment says where it is, as for every program that uses S3."""
    import s3fs

    name = f"bucket-{secrets.token_hex(4)}"
    _s3_server.client.create_bucket(Bucket=name)
    for variable, value in _s3_server.env.items():
        monkeypatch.setenv(variable, value)
    s3fs.S3FileSystem.clear_instance_cache()
    yield Bucket(name, _s3_server.env, _s3_server.client)
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis with an append-only file; the test is skipped where Debian's is not installed."""
    from tests.worker.redis_server import RedisServer, needed

    needed()
    server = RedisServer(tmp_path / "redis")
    yield server
    server.stop()
