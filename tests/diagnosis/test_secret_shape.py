from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieline.diagnosis.secret_shape import classify_secret

SHAPES = {
    "empty", "atatt", "cloud-classic", "pat", "jwt", "base64-pair", "placeholder", "padded", "password-like",
}  # fmt: skip


@pytest.mark.parametrize(
    ("secret", "shape"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("ATATT3xFfGF0abcdef", "atatt"),
        ("abcdEFGH1234ijklMNOP5678", "cloud-classic"),
        ("NjQ1MTc0MDk4NjkyOhV3Rk1Zb2x0bXlKd2FqVnNkZDRh", "pat"),
        ("eyJhbGciOiJI.eyJpc3MiOiIx.c2lnbmF0dXJl", "jwt"),
        (base64.b64encode(b"pat@acme.io:some-token").decode(), "base64-pair"),
        ("$JIRA_TOKEN", "placeholder"),
        ("${{ secrets.JIRA }}", "placeholder"),
        ("<token>", "placeholder"),
        ("your-api-token", "placeholder"),
        ('"ATATT3x"', "padded"),
        (" hunter2", "padded"),
        ("hunter2\n", "padded"),
        ("Bearer abc", "padded"),
        ("hunter2", "password-like"),
        ("correct horse", "password-like"),
    ],
)
def test_a_secret_is_known_by_its_looks(secret, shape):
    assert classify_secret(secret) == shape


@given(st.text(max_size=80))
def test_only_the_name_of_a_shape_comes_out(secret):
    assert classify_secret(secret) in SHAPES
