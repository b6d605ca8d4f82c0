"""The score of the diagnosis on published answers: ``make score`` prints it and writes the page of the reference.

Right: the first finding is the true cause, or the true cause is in the same look-alike group as the first finding and
the probe that splits them is named. Controls (``ok``) are right without any finding. Only settled cases count.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tieline.diagnosis.classify import classify
from tieline.diagnosis.finding import Confidence, Finding
from tieline.diagnosis.lookalikes import GROUPS_OF
from tieline.diagnosis.recorded import parse_recorded

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "diagnosis-score.md"
OBSERVED = Path(__file__).resolve().parents[2] / "shared" / "evidence" / "observed-responses.jsonl"

REASONS = {
    "case-210": "The words say that no such path exists on Cloud. They cannot tell whether it was doubled or is one of "
    "an app of another deployment.",
    "case-216": "The only evidence is a person's guess about ciphers and old TLS, and that is what the finding says.",
    "case-313": "Nothing is known of the answer but that it succeeded; the body with the verdict is not quoted.",
}
"""Why a case is not right, in words; a test wants one for each."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    id: str
    cause: str
    settled: bool
    findings: tuple[Finding, ...]

    @property
    def control(self) -> bool:
        return self.cause.startswith("ok")

    @property
    def family(self) -> str:
        return self.cause.split("-", maxsplit=1)[0]

    @property
    def exact(self) -> bool:
        return not self.findings if self.control else bool(self.findings) and self.findings[0].slug == self.cause

    @property
    def right(self) -> bool:
        if self.exact or self.control or not self.findings:
            return self.exact
        first = self.findings[0]
        return bool(first.probe) and any(self.cause in group.members for group in GROUPS_OF.get(first.slug, ()))

    @property
    def wrongly_certain(self) -> tuple[str, ...]:
        return tuple(f.slug for f in self.findings if f.confidence is Confidence.CERTAIN and f.slug != self.cause)


def judge(lines: Iterable[Mapping[str, Any]]) -> tuple[Verdict, ...]:
    return tuple(
        Verdict(
            id=line["id"],
            cause=line["cause_id"],
            settled=bool(line["settled"]),
            findings=classify(parse_recorded(line)),
        )
        for line in lines
    )


def read_observed(path: Path = OBSERVED) -> tuple[Verdict, ...]:
    return judge(json.loads(text) for text in path.read_text(encoding="utf-8").splitlines())


def render(verdicts: Iterable[Verdict]) -> str:
    """The tables: what is right, by family, what is not right and why, and look-alikes that came first."""
    every = tuple(verdicts)
    return "\n".join(
        [
            *_totals(every),
            "",
            "## By family",
            "",
            *_families(every),
            "",
            "## Not right, and why",
            "",
            *_misses(every),
            "",
            "## Right as a look-alike",
            "",
            "The cause is in the group of the first finding, and the question that splits them is named. "
            "A check asks that question by itself where it is harmless; a recorded answer cannot be asked again.",
            "",
            *_lookalikes(every),
        ]
    )


def _totals(every: tuple[Verdict, ...]) -> list[str]:
    settled = tuple(v for v in every if v.settled)
    controls = tuple(v for v in every if v.control)
    lines = ["| what | count | of | share |", "|---|---|---|---|"]
    for name, part, whole in (
        ("settled cases right", [v for v in settled if v.right], settled),
        ("settled cases exact (first finding is the cause)", [v for v in settled if v.exact], settled),
        ("all cases right, unsettled included", [v for v in every if v.right], every),
        ("controls without a finding", [v for v in controls if v.right], controls),
    ):
        lines.append(f"| {name} | {len(part)} | {len(whole)} | {len(part) / max(1, len(whole)):.1%} |")
    wrong = [(v.id, slug) for v in every for slug in v.wrongly_certain]
    certain = sum(f.confidence is Confidence.CERTAIN for v in every for f in v.findings)
    return [*lines, f"| wrong among *certain* | {len(wrong)} | {certain} | {len(wrong) / max(1, certain):.1%} |"]


def _families(every: tuple[Verdict, ...]) -> list[str]:
    settled = tuple(v for v in every if v.settled)
    lines = ["| family | settled | right | exact |", "|---|---|---|---|"]
    for family in sorted({v.family for v in settled}):
        own = [v for v in settled if v.family == family]
        lines.append(f"| {family} | {len(own)} | {sum(v.right for v in own)} | {sum(v.exact for v in own)} |")
    return lines


def _misses(every: tuple[Verdict, ...]) -> list[str]:
    lines = ["| case | true cause | first findings | settled | reason |", "|---|---|---|---|---|"]
    for v in every:
        if not v.right:
            shown = ", ".join(f"{f.slug} ({f.confidence.value})" for f in v.findings[:3]) or "none"
            settled = "yes" if v.settled else "no"
            lines.append(f"| {v.id} | {v.cause} | {shown} | {settled} | {REASONS.get(v.id, '')} |")
    return lines


def _lookalikes(every: tuple[Verdict, ...]) -> list[str]:
    lines = ["| first finding | true cause | times |", "|---|---|---|"]
    pairs = Counter((v.findings[0].slug, v.cause) for v in every if v.right and not v.exact)
    return lines + [f"| {first} | {cause} | {n} |" for (first, cause), n in sorted(pairs.items())]


def render_page(verdicts: Iterable[Verdict]) -> str:
    return f"""# How often the diagnosis is right

Written by `make score`. The judge is a collection of answers that real Jiras gave, quoted in public pages, each with
the cause that was found in the end. It is not part of this project, and no rule may match a whole answer of it or the
name of a site.

Right means: the first finding is the true cause, or the true cause is in the look-alike group of the first finding and
the question that splits the group is named. Controls are answers without a problem; they are right without a finding.
Only settled cases, whose source proved the cause, count for the share.

## Score

{render(verdicts)}
"""


def main() -> int:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else OBSERVED
    if not path.exists():
        print("judge absent: ../shared/evidence/observed-responses.jsonl")
        return 0
    verdicts = read_observed(path)
    print(render(verdicts))
    if path == OBSERVED:
        PAGE.write_text(render_page(verdicts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
