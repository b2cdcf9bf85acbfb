"""What is on the public internet, and which spellings of a URL are plain enough to follow."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from captioner.errors import PlaceholderError
from captioner.vision.addresses import address_to_hand_on, kind_if_not_public, web_address

NOT_PUBLIC = {
    "0.0.0.0": "an unspecified",
    "10.255.0.1": "a private",
    "100.100.100.200": "a cloud's internal",
    "127.0.0.1": "a loopback",
    "127.255.255.254": "a loopback",
    "168.63.129.16": "a cloud's internal",
    "169.254.170.2": "a cloud's internal",
    "fd20:ce::254": "a cloud's internal",
    "169.254.169.254": "a cloud's internal",
    "172.31.255.255": "a private",
    "192.0.0.192": "a cloud's internal",
    "192.168.0.1": "a private",
    "198.19.0.1": "a private",
    "224.0.0.251": "a multicast",
    "255.255.255.255": "a reserved",
    "::": "an unspecified",
    "::1": "a loopback",
    "::127.0.0.1": "a reserved",
    "::ffff:10.0.0.1": "a private",
    "::ffff:7f00:1": "a loopback",
    "64:ff9b::169.254.169.254": "a cloud's internal",
    "64:ff9b:1::10.0.0.1": "a reserved",
    "2002:c0a8:1::1": "a private",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": "a reserved",
    "2001:db8::1": "a documentation",
    "fd00:ec2::254": "a cloud's internal",
    "fe80::1%eth0": "a link-local",
    "fec0::1": "a reserved",
    "ff02::1": "a multicast",
    "4000::1": "a reserved",
    "127.1": "an unknown",
    "0177.0.0.1": "an unknown",
    "example.org": "an unknown",
    "": "an unknown",
}
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
    "2606:4700::1111",
]


@pytest.mark.parametrize(("address", "kind"), NOT_PUBLIC.items())
def test_addresses_that_are_not_public(address: str, kind: str) -> None:
    """Each is known for what it is, and what is no address is never taken for a public one."""
    assert kind_if_not_public(address) == kind


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_that_are_public(address: str) -> None:
    """The neighbours of private networks, and public ones inside IPv6."""
    assert kind_if_not_public(address) is None


@given(st.ip_addresses(v=4))
def test_no_address_that_python_calls_special_is_public(ip: IPv4Address) -> None:
    """The table leaves nothing out that the standard library knows of, however it is embedded."""
    special = (
        ip.is_private or ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_reserved
    )
    kind = kind_if_not_public(str(ip))
    assert not special or kind is not None
    number = int(ip)
    for embedded in (
        0xFFFF << 32 | number,
        0x64FF9B << 96 | number,
        0x2002 << 112 | number << 80 | 1,
    ):
        assert kind_if_not_public(str(IPv6Address(embedded))) == kind


@given(st.ip_addresses(v=6))
def test_no_ipv6_address_that_python_calls_special_is_public(ip: IPv6Address) -> None:
    """The same for IPv6, but for what holds an IPv4 address."""
    special = ip.is_private or ip.is_link_local or ip.is_multicast or ip.is_reserved
    if special and ip.sixtofour is None and ip.ipv4_mapped is None:
        assert kind_if_not_public(str(ip)) is not None or str(ip).startswith("64:ff9b::")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/a.png",
        "https://example.org:8443/a%2Fb%20c.png?sig=a%2Bb%2F%3d&x=%7e#top",
        "http://me:p%40ss@example.org/%2e%2e/a",
        "http://[2606:4700::1111]/a.png",
    ],
)
def test_plain_urls_stay_as_they_are_written(url: str) -> None:
    """Signatures are made of these very characters."""
    assert str(web_address(url)) == url


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://bücher.example/ü b.png", "xn--bcher-kva.example"),
        ("HTTP://EXAMPLE.ORG./", "example.org."),
        ("http://public.example@127.0.0.1/", "127.0.0.1"),
        ("http://a@b@c.example/", "c.example"),
        ("http://c.example#@d.example/", "c.example"),
        ("http://c.example?@d.example/", "c.example"),
        ("http://\uff11\uff12\uff17.0.0.1/", "127.0.0.1"),
        ("http://127\u30020\u30020\u30021/", "127.0.0.1"),
        ("http://\u24dbocalhost/", "localhost"),
    ],
)
def test_the_host_is_the_one_that_is_connected_to(url: str, host: str) -> None:
    """Names of other scripts and tricks with @ are read once, and that reading is what is used."""
    assert (web_address(url).raw_host or "").lower() == host


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://2130706433/", "odd way"),
        ("http://0x7f.0.0.1/", "odd way"),
        ("http://0x7f000001/", "odd way"),
        ("http://0177.0.0.1/", "odd way"),
        ("http://127.1/", "odd way"),
        ("http://127.0.0.1./", "odd way"),
        ("http://1.2.3.4.5/", "odd way"),
        ("http://a.example\\@b.example/", "backslash"),
        ("http://a.example/\\..\\b", "backslash"),
        ("http://a.example/\r\nHost: b", "control"),
        ("http://a.exam\tple/", "control"),
        ("http://a.example/\0", "control"),
        ("ftp://a.example/", "no http"),
    ],
)
def test_spellings_that_programs_read_differently(url: str, words: str) -> None:
    """They are refused, and shown without what could upset a terminal."""
    with pytest.raises(PlaceholderError, match=words) as caught:
        web_address(url)
    assert caught.value.reason == "image_refused"
    assert caught.value.detail.isprintable()


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http:///a.png",
        "http://[::1",
        "http://a b/",
        "http://x:99999/",
        "http://x:0x50/",
        "http://%31%32%37.0.0.1/",
        "http://\ud800/",
        "http://x.example/" + "a" * 10_000,
    ],
)
def test_what_is_no_address(url: str) -> None:
    """A typing mistake in a sample costs that sample only."""
    with pytest.raises(PlaceholderError) as caught:
        web_address(url)
    assert caught.value.reason == "image_unfetchable"


@given(st.text())
@example("[v1.::]")
@example("\u2100")
def test_no_text_raises_anything_else(text: str) -> None:
    """Whatever stands behind http://, it is an address or a reason."""
    failure = None
    try:
        assert web_address(f"http://{text}").raw_host
    except PlaceholderError as error:
        failure = error
    if failure is not None:
        assert failure.reason in ("image_refused", "image_unfetchable")
        assert failure.detail.isprintable()


def test_addresses_for_the_endpoint_to_fetch() -> None:
    """They are handed on as they are, but for those whose text tells that they are private."""
    url = "https://example.org/a%2F.png?x=%7e"
    assert address_to_hand_on(url, allow_private_urls=False) == url
    for private in (
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://localhost:80/",
        "http://a.LOCAL./",
    ):
        assert address_to_hand_on(private, allow_private_urls=True) == private
        with pytest.raises(PlaceholderError, match="--allow-private-urls") as caught:
            address_to_hand_on(private, allow_private_urls=False)
        assert caught.value.reason == "image_refused"
    with pytest.raises(PlaceholderError, match="odd way"):
        address_to_hand_on("http://127.1/", allow_private_urls=True)
    for internal in (
        "http://169.254.169.254/",
        "http://[fd00:ec2::254]/",
        "http://metadata.google.internal./",
    ):
        for allowed in (True, False):
            with pytest.raises(PlaceholderError, match="never fetched"):
                address_to_hand_on(internal, allow_private_urls=allowed)
