"""What a code holds: named by where it leads, cut, masked, and never believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.image.codes import PayloadClass, classify
from moderation.image.codes.addresses import _ADDRESSES, class_of_address
from moderation.image.codes.payload import MAX_PAYLOAD_CHARS, MAX_SHOWN_CHARS

CLASSES = [
    ("https://u.wechat.com/kLmN0p?from=poster", "messenger", "u.wechat.com"),
    ("http://weixin.qq.com/r/abc", "messenger", "weixin.qq.com"),
    ("https://weixin.qq.com/g/abc", "group", "weixin.qq.com"),
    ("https://weixin.qq.com/game", "social", "weixin.qq.com"),
    ("https://weixin.qq.com/", "social", "weixin.qq.com"),
    ("https://mp.weixin.qq.com/about", "social", "mp.weixin.qq.com"),
    ("HTTPS://QM.QQ.COM/q/abc", "messenger", "qm.qq.com"),
    ("https://t.me/someone", "messenger", "t.me"),
    ("https://t.me/+AbCdEf", "group", "t.me"),
    ("https://t.me/joinchat/AbC", "group", "t.me"),
    ("https://wa.me/861234", "messenger", "wa.me"),
    ("https://chat.whatsapp.com/AbC", "group", "chat.whatsapp.com"),
    ("https://line.me/ti/p/abc", "messenger", "line.me"),
    ("wxp://f2f0abc", "payment", ""),
    ("https://qr.alipay.com/fkx1", "payment", "qr.alipay.com"),
    ("https://www.paypal.com/paypalme/a", "payment", "www.paypal.com"),
    ("00020101021226580014", "payment", ""),
    ("BCD\n002\n1\nSCT\n\nLi\nDE02\n", "payment", ""),
    ("https://mp.weixin.qq.com/a/~abc", "mini_program", "mp.weixin.qq.com"),
    ("https://mp.weixin.qq.com/s/abc", "social", "mp.weixin.qq.com"),
    ("https://detail.tmall.com/item.htm?id=1", "shop", "detail.tmall.com"),
    ("m.tb.cn/h.abc", "shop", "m.tb.cn"),
    ("https://v.douyin.com/abc", "social", "v.douyin.com"),
    ("https://t.cn/abc", "short_link", "t.cn"),
    ("https://museum.example/room?visitor=me", "web", "museum.example"),
    ("https://192.0.2.1/x", "web", "192.0.2.1"),
    ("https://weixin.qq.com@evil.example/r/x", "web", "evil.example"),
    ("https://weixin.qq.com.evil.example/r/x", "web", "weixin.qq.com.evil.example"),
    ("https://notweixin.qq.com.example/g/", "web", "notweixin.qq.com.example"),
    ("https://evil.example\\.xiaohongshu.com/", "web", "evil.example"),
    ("https://u.wechat.com\\@xiaohongshu.com/", "messenger", "u.wechat.com"),
    ("https://xiaohongshu.com.example", "web", "xiaohongshu.com.example"),
    ("https://fakexiaohongshu.com/", "web", "fakexiaohongshu.com"),
    ("https://www.xiaohongshu.com/explore/1", "own", "www.xiaohongshu.com"),
    ("xhsdiscover://user/1", "own", ""),
    ("WIFI:T:WPA;S:home;P:secret;;", "wifi", ""),
    ("wifi:T:WPA;S:home;P:secret;;", "wifi", ""),
    ("BEGIN:VCARD\nFN:Li\nTEL:1\nEND:VCARD", "contact", ""),
    ("MECARD:N:Li;TEL:1;;", "contact", ""),
    ("tel:+861234", "contact", ""),
    ("mailto:li@visitor.example", "contact", ""),
    ("intent://scan#Intent;end", "web", ""),
    ("http://[::1", "web", ""),
    ("https://", "web", ""),
    ("https://weixin.qq.com" + ".é" * 2000, "web", ""),
    ("https://微信.example/a", "web", "xn--vuqz89a.example"),
    ("table 12", "text", ""),
    ("javascript:alert(1)", "text", ""),
    ("data:text/html,<script>alert(1)</script>", "text", ""),
    ("", "text", ""),
]


@pytest.mark.parametrize(("text", "kind", "host"), CLASSES)
def test_a_payload_is_named_by_scheme_and_host(text: str, kind: str, host: str) -> None:
    """The host is the one that would be asked, whatever stands before it; paths end at slashes."""
    payload = classify(text, symbology="QRCode")
    assert (payload.kind.value, payload.host) == (kind, host)
    for private in ("secret", "visitor", "kLmN0p", "fkx1", "f2f0abc", "Li", "1234", "home", "DE02"):
        assert private not in payload.shown + payload.words or payload.kind is PayloadClass.TEXT


@pytest.mark.parametrize("text", [t for t, kind, _ in CLASSES if kind in ("contact", "wifi")])
def test_of_somebody_s_data_only_the_class_is_kept(text: str) -> None:
    """No digest either: a telephone number could be guessed from it."""
    payload = classify(text, symbology="QRCode")
    assert payload.shown.endswith("…")
    assert len(payload.shown) <= len("bizcard:…")
    assert payload.digest == payload.words == ""


def test_a_product_s_number_is_everybody_s_and_a_parcel_s_somebody_s() -> None:
    """The one may be quoted."""
    assert classify("4006381333931", symbology="EAN13").shown == "4006381333931"
    parcel = classify("SF1234567890", symbology="Code128")
    assert (parcel.kind, parcel.shown, parcel.digest) == (PayloadClass.PRODUCT, "…", "")


LISTED = [(kind, a) for kind, addresses in _ADDRESSES for a in addresses.split()]


@pytest.mark.parametrize(("kind", "address"), LISTED)
def test_a_listed_address_is_of_its_class(kind: PayloadClass, address: str) -> None:
    """With its subdomains, in any case; a host that merely ends so is another, and no entry
    stands behind one that takes everything from it."""
    host, _, path = address.partition("/")
    assert class_of_address(host, f"/{path}") is kind
    assert class_of_address(f"a.{host}", f"/{path}/more") is not PayloadClass.WEB
    assert classify(f"HTTPS://{address.upper()}", symbology="QRCode").kind is kind
    assert class_of_address(f"not{host.replace('.', '-')}.example", f"/{path}") is PayloadClass.WEB
    if path:
        assert class_of_address(host, f"/{path}x") is not kind or kind is PayloadClass.MESSENGER


@given(st.text(max_size=5000), st.sampled_from(["QRCode", "DataMatrix", "EAN13", "Code128"]))
def test_any_payload_is_kept_short_and_printable(text: str, symbology: str) -> None:
    """Also one of control characters, of lone surrogates, of right-to-left marks."""
    payload = classify(text, symbology=symbology)
    assert len(payload.shown) <= MAX_SHOWN_CHARS
    assert len(payload.words) <= MAX_PAYLOAD_CHARS
    assert all(c.isprintable() for c in payload.shown + payload.host + payload.words)
    assert payload == classify(text, symbology=symbology)


@given(
    st.sampled_from([a for kind, a in LISTED if kind is PayloadClass.SHOP]),
    st.text("abcXYZ019-_~", min_size=1, max_size=12),
    st.text("abc019=&%?", max_size=12),
)
def test_the_query_never_changes_the_class(address: str, path: str, query: str) -> None:
    """And neither path nor query is kept."""
    secret = f"{path}#Q{query}"
    payload = classify(f"https://www.{address}/{path}?u={query}#Q", symbology="QRCode")
    assert payload.kind is PayloadClass.SHOP
    assert secret not in payload.shown
    assert payload.shown == f"https://www.{address.partition('/')[0]}/…"


@given(st.text("ab.-@/\\:?#%[]0", max_size=30))
def test_no_address_pretends_to_be_the_platform_s_own(middle: str) -> None:
    """Whatever stands between a foreign host and the platform's name."""
    payload = classify(f"https://evil.example/{middle}xiaohongshu.com", symbology="QRCode")
    assert payload.kind is PayloadClass.WEB
