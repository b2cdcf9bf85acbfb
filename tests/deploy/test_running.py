"""What compose and Kubernetes are told of the image agrees with the image and with captioner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from captioner.settings import Settings, load_options, load_profiles, load_settings

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
KUBERNETES = DEPLOY / "kubernetes"
DRAIN_TIMEOUT_S = Settings().drain_timeout_s


def _manifest(path: str, kind: str) -> dict[str, Any]:
    (found,) = (
        manifest
        for manifest in yaml.safe_load_all((KUBERNETES / path).read_text("utf-8"))
        if manifest["kind"] == kind
    )
    assert isinstance(found, dict)
    return found


JOB = _manifest("job/job.yaml", "Job")["spec"]
WORKERS = _manifest("worker/workers.yaml", "StatefulSet")["spec"]
PODS = {"job": JOB["template"]["spec"], "worker": WORKERS["template"]["spec"]}
CONTAINERS = {name: pod["containers"][0] for name, pod in PODS.items()}


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_services_are_confined(name: str) -> None:
    """None can write outside of its volumes, has a capability, or gains one."""
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("name", [n for n in COMPOSE["services"] if n != "tool"])
def test_services_that_stay_tell_of_their_health(name: str) -> None:
    """By a command of their own, in words and without a shell."""
    assert COMPOSE["services"][name]["healthcheck"]["test"][0] == "CMD"


def test_each_worker_has_its_own_ledger() -> None:
    """Two workers that are alike but for the volume of their state, on one queue."""
    workers = [s for n, s in COMPOSE["services"].items() if n.startswith("worker-")]
    assert len(workers) == 2
    states = {
        volume.partition(":")[0]
        for worker in workers
        for volume in worker["volumes"]
        if volume.endswith(":/data")
    }
    assert len(states) == 2
    assert all("--state-dir=/data" in worker["command"] for worker in workers)
    assert len({worker["environment"]["CAPTIONER_WORKER_QUEUE"] for worker in workers}) == 1


def test_variables_are_options_that_there_are() -> None:
    """A worker takes each CAPTIONER_* that it is given here, and nothing stands in flags that
    `captioner ctl` beside it must know."""
    given = [s["environment"] for n, s in COMPOSE["services"].items() if n.startswith("worker-")]
    given.append({variable["name"]: variable["value"] for variable in CONTAINERS["worker"]["env"]})
    for variables in given:
        options = load_options({}, variables)
        assert options.http.endswith(":8080")
        files = options.http_token_file, options.control_token_file
        assert [file and file.name for file in files] == ["http_token", "control_token"]
        load_settings({}, env_file=None, environ=variables)
    tool = load_options({}, COMPOSE["services"]["tool"]["environment"])
    assert {load_options({}, variables).queue for variables in given} == {tool.queue}


def test_secrets_are_files() -> None:
    """No key stands in an environment or a command, where it could be read by others."""
    for service in COMPOSE["services"].values():
        words = " ".join([*service.get("environment", {}), *service.get("command", [])])
        assert not re.search(r"API_KEY(?!_FILE)|TOKEN(?!_FILE)|PASSWORD(?!__FILE)", words)
    assert all(set(secret) == {"file"} for secret in COMPOSE["secrets"].values())
    for container in CONTAINERS.values():
        assert all("secretKeyRef" not in str(variable) for variable in container["env"])


def test_redis_keeps_what_is_queued() -> None:
    """Across restarts, and when its memory is full."""
    command = " ".join(COMPOSE["services"]["redis"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_prometheus_asks_every_worker() -> None:
    """By the names that they have."""
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yaml").read_text("utf-8"))
    (job,) = config["scrape_configs"]
    targets = {target.partition(":")[0] for target in job["static_configs"][0]["targets"]}
    assert targets == {name for name in COMPOSE["services"] if name.startswith("worker-")}


def _grace_periods() -> Iterator[tuple[str, float]]:
    for name, service in COMPOSE["services"].items():
        if name.startswith("worker-"):
            yield name, float(service["stop_grace_period"].removesuffix("s"))
    for name, pod in PODS.items():
        yield name, pod["terminationGracePeriodSeconds"]


@pytest.mark.parametrize(("name", "grace_s"), list(_grace_periods()))
def test_there_is_time_to_drain(name: str, grace_s: float) -> None:
    """The grace period is longer than a drain may take, by enough to close the ledger."""
    assert grace_s >= DRAIN_TIMEOUT_S + 10


@pytest.mark.parametrize("name", PODS)
def test_pods_are_confined(name: str) -> None:
    """As the restricted standard asks, with a root file system that is read-only, too."""
    pod, container = PODS[name], CONTAINERS[name]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    dockerfile = (DEPLOY / "Dockerfile").read_text("utf-8")
    user, group = pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]
    assert f"\nUSER {user}:{group}\n" in dockerfile


def test_the_job_has_as_many_parts_as_it_says() -> None:
    """N of --shard is the number of completions, and the index is known to the words of the command
    and not to a shell."""
    args = CONTAINERS["job"]["args"]
    assert f"--shard=$(JOB_COMPLETION_INDEX)/{JOB['completions']}" in args
    assert "/data/part-$(JOB_COMPLETION_INDEX).jsonl" in args
    assert JOB["completionMode"] == "Indexed"
    assert "JOB_COMPLETION_INDEX" in {variable["name"] for variable in CONTAINERS["job"]["env"]}


def test_the_job_tells_the_exit_statuses_apart() -> None:
    """1: this part is done and not tried again; 2: none has a chance; 3: later it may go on. A pod
    that was only moved counts for nothing, so it is asked about first."""
    rules = JOB["podFailurePolicy"]["rules"]
    assert rules[0] == {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}
    actions = {
        status: rule["action"]
        for rule in rules[1:]
        for status in rule["onExitCodes"]["values"]
        if rule["onExitCodes"]["operator"] == "In"
    }
    assert actions == {1: "FailIndex", 2: "FailJob", 3: "Count"}
    assert {rule["onExitCodes"]["containerName"] for rule in rules[1:]} == {
        CONTAINERS["job"]["name"]
    }
    assert PODS["job"]["restartPolicy"] == "Never"
    assert JOB["podReplacementPolicy"] == "Failed"
    assert JOB["backoffLimitPerIndex"] > 0


def test_the_workers_probes_ask_what_they_mean() -> None:
    """A worker that is not ready is not restarted; one whose loop stands still is."""
    worker = CONTAINERS["worker"]
    assert worker["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert worker["startupProbe"]["httpGet"]["path"] == "/healthz"
    assert worker["readinessProbe"]["httpGet"]["path"] == "/readyz"
    (port,) = worker["ports"]
    (http,) = (v["value"] for v in worker["env"] if v["name"] == "CAPTIONER_WORKER_HTTP")
    assert http.endswith(f":{port['containerPort']}")


def test_a_workers_ledger_outlives_it() -> None:
    """It is on a volume of this one worker, which is kept when the pod and the set go."""
    (claim,) = WORKERS["volumeClaimTemplates"]
    mounts = {m["name"]: m["mountPath"] for m in CONTAINERS["worker"]["volumeMounts"]}
    assert f"--state-dir={mounts[claim['metadata']['name']]}" in CONTAINERS["worker"]["args"]
    assert set(WORKERS["persistentVolumeClaimRetentionPolicy"].values()) == {"Retain"}


@pytest.mark.parametrize("name", PODS)
def test_pods_reach_no_more_than_they_need(name: str) -> None:
    """DNS, Redis for a worker, and HTTPS to public addresses; in comes Prometheus, or nobody."""
    policy = _manifest(f"{name}/network.yaml", "NetworkPolicy")["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    ports = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
    assert ports == ({53, 443, 6379} if name == "worker" else {53, 443})
    assert all(rule["to"] for rule in policy["egress"])
    assert all(rule["from"] for rule in policy["ingress"])
    assert len(policy["ingress"]) == (1 if name == "worker" else 0)


def test_what_scales_is_the_workers_queue() -> None:
    """KEDA looks at the stream and the group that the workers read."""
    scaled = _manifest("scaling/scaledobject.yaml", "ScaledObject")["spec"]
    target = _manifest("worker/workers.yaml", "StatefulSet")
    assert scaled["scaleTargetRef"]["name"] == target["metadata"]["name"]
    (trigger,) = scaled["triggers"]
    (queue,) = (
        v["value"] for v in CONTAINERS["worker"]["env"] if v["name"] == "CAPTIONER_WORKER_QUEUE"
    )
    told = trigger["metadata"]
    words = f"/{told['databaseIndex']}?stream={told['stream']}&group={told['consumerGroup']}"
    assert queue.endswith(words)
    assert 0 < scaled["minReplicaCount"] <= WORKERS["replicas"] <= scaled["maxReplicaCount"]


def test_both_have_the_same_settings() -> None:
    """kustomize takes no file from outside of its folder, so there are two of them."""
    settings = (DEPLOY / "worker.toml").read_text("utf-8")
    assert (KUBERNETES / "worker" / "worker.toml").read_text("utf-8") == settings


def test_the_settings_are_settings_that_there_are() -> None:
    """All that stand in the file, in each of its profiles."""
    profiles = load_profiles({}, config=DEPLOY / "worker.toml", env_file=None, environ={})
    assert set(profiles) == {"", "alt-text"}
    assert profiles["alt-text"].mode == "custom"
