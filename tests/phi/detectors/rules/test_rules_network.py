"""Addresses of mail, pages, machines and accounts."""

from __future__ import annotations

import pytest
from ruled import found


@pytest.mark.parametrize(
    ("text", "category", "address"),
    [
        ("Mail: taro.yamada@hosp.example.jpへ", "EMAIL", "taro.yamada@hosp.example.jp"),
        ("taro＠example．ne．jp", "EMAIL", "taro＠example．ne．jp"),
        ("taro(at)example.com", "EMAIL", "taro(at)example.com"),
        ("HP http://www.example.or.jp/index.html。", "URL", "http://www.example.or.jp/index.html"),
        ("(https://example.com/a)", "URL", "https://example.com/a"),
        ("www.example.comを参照", "URL", "www.example.com"),
        ("example.co.jp/patient/123", "URL", "example.co.jp/patient/123"),
        ("172.16.0.5から", "URL", "172.16.0.5"),
        ("IP 10.2.0.1", "URL", "10.2.0.1"),
        ("fe80::1ff:fe23:4567:890a", "URL", "fe80::1ff:fe23:4567:890a"),
        ("@taro_99をフォロー", "URL", "@taro_99"),
        ("LINE ID: yamada_123", "URL", "yamada_123"),
        ("Instagramはhanako.sato", "URL", "hanako.sato"),
    ],
)
def test_an_address_is_found(text: str, category: str, address: str) -> None:
    assert (category, address) in found(text)


@pytest.mark.parametrize(
    "text", ["バージョン 10.2.0.1", "1.2.3.4", "@ 5mm", "e.g. this", "LINE登録あり", "3.5.1"]
)
def test_versions_sections_and_lone_signs_stay(text: str) -> None:
    assert found(text, "EMAIL", "URL") == []
