"""What `base_url` may be, and how addresses are made from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.errors import ConfigError
from captioner.settings import EMBEDDED, is_official, join_url, normalise_base_url
from captioner.settings.endpoint_url import mask_query

AZURE = "https://r.openai.azure.com/openai/deployments/d"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        (" https://api.openai.com/v1// ", "https://api.openai.com/v1"),
        ("https://api.openai.com", "https://api.openai.com/v1"),
        ("HTTPS://API.OpenAI.com./v1", "https://api.openai.com/v1"),
        ("https:///api.openai.com//v1", "https://api.openai.com/v1"),
        ("https://api.openai.com:443/v1", "https://api.openai.com/v1"),
        ("http://h.example:080/V1", "http://h.example/V1"),
        ("api.openai.com", "https://api.openai.com/v1"),
        ("//gateway.example/openai/", "https://gateway.example/openai"),
        ("localhost:8000", "http://localhost:8000/v1"),
        ("localhost", "http://localhost/v1"),
        ("127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("10.1.2.3", "http://10.1.2.3/v1"),
        ("8.8.8.8", "https://8.8.8.8/v1"),
        ("[::1]:8000", "http://[::1]:8000/v1"),
        ("vllm:8000", "http://vllm:8000/v1"),
        ("host.docker.internal:11434", "http://host.docker.internal:11434/v1"),
        ("http://h.example/v1/chat/completions", "http://h.example/v1"),
        ("http://h.example/chat/completions/", "http://h.example/v1"),
        ("https://h.example/v1#models", "https://h.example/v1"),
        ("https://h.example/v1?", "https://h.example/v1"),
        (f"{AZURE}/chat/completions?api-version=2024-10-21", f"{AZURE}?api-version=2024-10-21"),
        ("embedded", EMBEDDED),
        (" Embedded ", EMBEDDED),
    ],
)
def test_what_can_only_be_meant_one_way_is_mended(written: str, meant: str) -> None:
    """Stray slashes and blanks, a missing scheme or /v1, and a pasted full address are mended."""
    assert normalise_base_url(written) == meant


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "no host"),
        ("http://", "no host"),
        ("https:///", "no host"),
        ("embeded", "'embedded'"),
        ("ftp://h.example/v1", "neither http nor https"),
        ("https//h.example/v1", "broken scheme"),
        ("http:h.example", "no valid host"),
        ("https://h .example", "blank"),
        ("https://{resource}.openai.azure.com", "character"),
        ("https://h.example\\@api.openai.com/v1", "character"),
        ("https://me:pass-word@h.example/v1", "user or password"),
        ("https://h.example:99999/v1", "port"),
        ("https://h.example:0/v1", "port"),
        ("https://999.1.1.1/v1", "IP address"),
        ("http://::1/v1", "no valid host"),
        ("https://h..example/v1", "no valid host"),
        ("https://h.example/../v1", "'..'"),
        ("http://api.openai.com/v1", "https only"),
    ],
)
def test_nonsense_is_refused_with_what_is_expected(written: str, said: str) -> None:
    """The error says what is wrong and what is expected, and never shows a password."""
    with pytest.raises(ConfigError) as caught:
        normalise_base_url(written)
    assert said in str(caught.value)
    assert "https://" in str(caught.value)
    assert "pass-word" not in str(caught.value)


def test_a_query_is_not_in_an_error() -> None:
    """A query may hold a key."""
    with pytest.raises(ConfigError) as caught:
        normalise_base_url("ftp://h.example/v1?key=hush-hush")
    assert "hush" not in str(caught.value)


labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z])?", fullmatch=True)
hosts = st.one_of(
    st.lists(labels, min_size=2, max_size=4).map(".".join).filter(lambda h: h[-1].isalpha()),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda ip: f"[{ip}]"),
    st.just("localhost"),
)
urls = st.builds(
    lambda scheme, host, port, path, query: scheme + host + port + path + query,
    st.sampled_from(["", "http://", "https://", "HTTP:///", "//"]),
    hosts.filter(lambda host: host != "api.openai.com"),
    st.one_of(st.just(""), st.integers(1, 65535).map(lambda port: f":{port}")),
    st.lists(st.sampled_from(["/", "v1", "openai", "chat", "completions", "a%20b"])).map(
        lambda parts: "/" + "/".join(parts)
    ),
    st.one_of(st.just(""), st.from_regex(r"\?[a-z-]{1,9}=[A-Za-z0-9.%:/-]{0,9}", fullmatch=True)),
)


@given(urls)
def test_normalising_twice_is_normalising_once(url: str) -> None:
    """The result is a fixed point: settings can be stored and read again."""
    once = normalise_base_url(url)
    assert normalise_base_url(once) == once


@given(urls)
def test_the_query_is_kept_at_the_end(url: str) -> None:
    """Azure's api-version survives normalising and joining, exactly as written."""
    base = normalise_base_url(url)
    address = join_url(base, "chat/completions")
    assert address.partition("?")[2] == base.partition("?")[2] == url.partition("?")[2]
    assert address.partition("?")[0].endswith("/chat/completions")
    assert "//" not in address.partition("?")[0].partition("://")[2]


@given(st.text(max_size=40))
def test_any_text_is_mended_or_refused(text: str) -> None:
    """No text crashes the rules, and what comes out is stable."""
    try:
        base = normalise_base_url(text)
    except ConfigError:
        return
    assert normalise_base_url(base) == base


@pytest.mark.parametrize(
    ("url", "official"),
    [
        ("https://api.openai.com/v1", True),
        ("https://api.openai.com/v2?x=1", True),
        ("https://api.openai.com.evil.example/v1", False),
        ("https://evil.example/api.openai.com/v1", False),
        ("https://api.openai.com:8443/v1", False),
        ("http://localhost/v1", False),
        (EMBEDDED, False),
    ],
)
def test_only_openais_own_host_is_official(url: str, official: bool) -> None:
    """A look-alike is not the official host."""
    assert is_official(normalise_base_url(url)) is official


def test_a_masked_query_keeps_its_names_only() -> None:
    """The names help to recognise the endpoint; the values may be keys."""
    assert mask_query("https://h/v1?a=1&key=hush&bare") == "https://h/v1?a=***&key=***&***"
    assert mask_query("https://h/v1") == "https://h/v1"
