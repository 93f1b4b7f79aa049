"""What a page may load: the policy that is made from what the renderer wrote."""

import base64
import hashlib
from pathlib import Path

from generator.policy import find_sources, policy, protect_site
from generator.sanitise import sanitise


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_inline_scripts_and_styles_are_allowed_by_their_hash_and_data_is_not() -> None:
    html = (
        b'<script>go("<script>")</script><script type="module">import "x"</script><style>p{}</style>'
        b'<script id="c" type="application/json">{}</script><script type=application/ld+json>{}</script>'
    )
    assert find_sources(html) == {
        "script-src": {digest('go("<script>")'), digest('import "x"')},
        "style-src": {digest("p{}")},
    }


def test_line_ends_are_hashed_as_browsers_read_them() -> None:
    assert find_sources(b"<script>a\r\nb\rc</script>") == {"script-src": {digest("a\nb\nc")}}


def test_hosts_that_the_settings_name_are_allowed_what_they_need() -> None:
    html = (
        b'<script src="https://count.example/count.js" async></script><script src="a/b.js"></script>'
        b'<link rel="stylesheet" href="//type.example:8443/css?family=A"><link href=https://files.example rel=preconnect>'
        b'<link rel="canonical" href="https://example.org/"><link rel="stylesheet" href="/a.css">'
        b"<img alt='>' src='https://logos.example/logo.png'>"
    )
    assert find_sources(html) == {
        "script-src": {"https://count.example"},
        "connect-src": {"https://count.example"},
        "style-src": {"type.example:8443"},
        "font-src": {"type.example:8443", "https://files.example"},
        "img-src": {"https://count.example", "type.example:8443", "https://logos.example"},
    }


def test_what_people_write_cannot_pass_for_a_tag() -> None:
    hostile = "<script src=https://evil.example/x.js></script><style>p{}</style>"
    for written in (f"<p title='{hostile}'>x</p>", hostile, f"<code>{hostile}</code>", f"<!--{hostile}-->"):
        assert find_sources(sanitise(written).encode()) == {}


def test_nothing_inline_is_allowed_at_large() -> None:
    text = policy(find_sources(b"<script>a</script>"))
    assert "unsafe-inline" not in text
    assert "'unsafe-eval'" not in text
    assert f"script-src 'self' 'wasm-unsafe-eval' {digest('a')};" in text


def test_each_page_has_its_own_policy_and_the_headers_have_all(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "index.html").write_text('<html><head>\n<meta charset="utf-8"><script>one</script></head></html>')
    (tmp_path / "a" / "index.html").write_text("<html><head><script>two</script></head></html>")
    (tmp_path / "piece.html").write_text("<p>no page</p>")
    protect_site(tmp_path)
    one = (tmp_path / "index.html").read_text()
    assert one.startswith('<html><head>\n<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="')
    assert digest("one") in one
    assert digest("two") not in one
    assert digest("two") in (tmp_path / "a" / "index.html").read_text()
    assert (tmp_path / "piece.html").read_text() == "<p>no page</p>"
    first, header, *others = (tmp_path / "_headers").read_text().splitlines()
    assert first == "/*"
    assert header.startswith("  Content-Security-Policy: default-src 'none'; ")
    assert digest("one") in header
    assert digest("two") in header
    assert header.endswith("; frame-ancestors 'none'")
    assert "  X-Content-Type-Options: nosniff" in others


def test_headers_that_somebody_brings_stay(tmp_path: Path) -> None:
    (tmp_path / "_headers").write_text("/*\n  X-Own: yes\n")
    protect_site(tmp_path)
    assert (tmp_path / "_headers").read_text() == "/*\n  X-Own: yes\n"


def test_a_picture_keeps_its_style_when_it_is_opened_by_itself(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    picture = b"<svg xmlns='http://www.w3.org/2000/svg'><style>svg{--a:b}</style></svg>"
    (tmp_path / "pictures/network.svg").write_bytes(picture)
    protect_site(tmp_path)
    assert f"style-src 'self' {digest('svg{--a:b}')}" in (tmp_path / "_headers").read_text()
    assert (tmp_path / "pictures/network.svg").read_bytes() == picture
