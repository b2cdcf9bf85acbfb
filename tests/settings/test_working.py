"""Options of the worker: where they come from, and what is said about mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from captioner.errors import ConfigError
from captioner.settings import WorkerOptions, load_settings
from captioner.settings.working import load_options


def test_flags_win_over_the_environment_and_that_over_defaults() -> None:
    """None is a flag that was not given; an empty variable is one that is not set."""
    environ = {
        "CAPTIONER_WORKER_QUEUE": "spool:env",
        "CAPTIONER_WORKER_JOBS": "7",
        "CAPTIONER_WORKER_HTTP": " ",
        "CAPTIONER_WORKER_BURST": "true",
        "captioner_worker_poll_s": "0.25",
        "CAPTIONER_WORKER_STATE_DIR": "/state",
        "CAPTIONER_MAX_TOKEN": "3",
        "PATH": "/bin",
    }
    options = load_options({"queue": "spool:flag", "jobs": None, "log_level": "debug"}, environ)
    assert options.queue == "spool:flag"
    assert (options.jobs, options.burst, options.poll_s) == (7, True, 0.25)
    assert (options.http, options.log_level, options.heartbeat_s) == ("", "debug", 5.0)
    assert options.state_dir == Path("/state")


def test_every_option_has_its_name_in_the_environment() -> None:
    """CAPTIONER_WORKER_ and the name of the field, for each there is; nothing is read elsewhere."""
    given = {
        "queue": "spool:x",
        "http": "127.0.0.1:0",
        "http_token_file": "t",
        "control_token_file": "c",
        "jobs": "2",
        "burst": "1",
        "max_wait_s": "3",
        "state_dir": "s",
        "ledger_days": "7",
        "heartbeat_s": "4",
        "takeover_s": "9",
        "settle_s": "0",
        "poll_s": "1",
        "max_deliveries": "6",
        "max_body_bytes": "7",
        "log_format": "json",
        "log_level": "error",
    }
    assert set(given) == set(WorkerOptions.model_fields)
    environ = {f"CAPTIONER_WORKER_{name.upper()}": value for name, value in given.items()}
    options = load_options({}, environ)
    assert options == WorkerOptions(**given)
    assert options.model_fields_set == set(given)


def test_options_that_lie_in_the_environment_are_not_read_by_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`load_options` alone reads it, so that it can say which name was wrong."""
    monkeypatch.setenv("JOBS", "99")
    monkeypatch.setenv("CAPTIONER_WORKER_JOBS", "9")
    assert WorkerOptions(queue="spool:x").jobs == 4
    assert load_options({"queue": "spool:x"}).jobs == 9


def test_all_mistakes_are_said_at_once_and_named_as_they_were_written() -> None:
    """Flag or variable; what is missing by its flag; what is unknown; values are not repeated."""
    environ = {
        "CAPTIONER_WORKER_JOBS": "sk-secret",
        "CAPTIONER_WORKER_JOB": "4",
        "CAPTIONER_WORKER_LOG_FORMAT": "xml",
    }
    with pytest.raises(ConfigError) as raised:
        load_options({"max_wait_s": 0}, environ)
    said = str(raised.value)
    for told in (
        "CAPTIONER_WORKER_JOB: there is no such option of the worker",
        "--queue: must be given",
        "CAPTIONER_WORKER_JOBS: Input should be a valid integer",
        "--max-wait-s: Input should be greater than 0",
        "CAPTIONER_WORKER_LOG_FORMAT: Input should be 'auto', 'console' or 'json'",
    ):
        assert told in said
    assert "secret" not in said
    assert raised.value.__context__ is None


@pytest.mark.parametrize(("days", "said"), [("0.5", "or 0 to keep all"), ("inf", "finite number")])
def test_a_reply_is_kept_for_a_day_at_least(days: str, said: str) -> None:
    """It is needed until its result was told; with 0 it is kept for ever."""
    with pytest.raises(ConfigError, match=f"^--ledger-days: Input should be .*{said}"):
        load_options({"queue": "spool:x", "ledger_days": days}, {})
    for good in (0, 1, 30.5):
        options = load_options({"queue": "spool:x", "ledger_days": str(good)}, {})
        assert options.ledger_days == good


def test_an_unknown_name_alone_is_refused() -> None:
    """A misspelt option would be missed in silence."""
    environ = {"CAPTIONER_WORKER_QUEUE": "spool:x", "CAPTIONER_WORKER_HTPP": "x"}
    with pytest.raises(ConfigError, match=r"^CAPTIONER_WORKER_HTPP: there is no such option"):
        load_options({}, environ)


def test_what_kubernetes_sets_beside_a_service_is_no_option() -> None:
    """Pods beside a Service that is named captioner-worker have such variables."""
    environ = {
        "CAPTIONER_WORKER_QUEUE": "spool:x",
        "CAPTIONER_WORKER_SERVICE_HOST": "10.0.0.1",
        "CAPTIONER_WORKER_SERVICE_PORT_HTTP": "80",
        "CAPTIONER_WORKER_PORT": "tcp://10.0.0.1:80",
        "CAPTIONER_WORKER_PORT_80_TCP_ADDR": "10.0.0.1",
    }
    assert load_options({}, environ) == WorkerOptions(queue="spool:x")


def test_a_run_takes_no_notice_of_the_workers_options() -> None:
    """One environment serves both."""
    environ = {"CAPTIONER_WORKER_QUEUE": "spool:x", "CAPTIONER_WORKER_NOSUCH": "1"}
    assert load_settings({}, env_file=None, environ=environ) == load_settings(
        {}, env_file=None, environ={}
    )
