"""How the time to read a text grows with the text: hostile wiki markup, and texts that go through redaction."""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.stage import Bench
from tieline.jira.redaction import Redactor
from tieline.jira.secret import Secret
from tieline.richtext.wiki_read import parse_wiki

WIKI = ("[", "{{ ", "*a ", "{color:red}", "{quote}\n", "|a\n", "* a\n", "[a|b ", "_*-+", "a\n")
LOGS = ("token=", "token: ", "http://", "token+", "<input name='token ")
SMALL, LARGE = 25_000, 200_000


def _growth(call: Callable[[str], object], parts: tuple[str, ...]) -> tuple[float, str]:
    """The worst ratio of the time for the large text to that for the small one, and the part it is made of."""

    def seconds(text: str) -> float:
        times = []
        for _ in range(3):
            began = time.process_time()
            call(text)
            times.append(time.process_time() - began)
        return min(times)

    worst = (0.0, "")
    for part in parts:
        small, large = (seconds(part * (size // len(part))) for size in (SMALL, LARGE))
        worst = max(worst, (large / max(small, 0.001), part))
    return worst


def measure_text(bench: Bench) -> None:
    redactor = Redactor([Secret("a-secret-of-the-benchmark")])
    for what, call, parts in (("wiki markup read", parse_wiki, WIKI), ("text redacted", redactor.scrub, LOGS)):
        ratio, part = _growth(call, parts)
        bench.note(
            f"hostile {what}: time for {LARGE // SMALL} times the text",
            f"{ratio:.1f} ×",
            f"the worst of {len(parts)} kinds, `{part.strip()}` repeated",
        )
