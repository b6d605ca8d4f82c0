"""The score of the diagnosis on published answers: ``make score``.

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

OBSERVED = Path(__file__).resolve().parents[2] / "shared" / "evidence" / "observed-responses.jsonl"


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
    every = tuple(verdicts)
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
    lines.append(f"| wrong among *certain* | {len(wrong)} | {certain} | {len(wrong) / max(1, certain):.1%} |")
    families = Counter(v.cause.split("-")[0] for v in settled)
    lines += ["", "| family | right | of |", "|---|---|---|"]
    lines += [
        f"| {f} | {sum(v.right for v in settled if v.cause.split('-')[0] == f)} | {n} |"
        for f, n in sorted(families.items())
    ]
    lines += ["", "| not right | true cause | first findings | settled |", "|---|---|---|---|"]
    for v in every:
        if not v.right:
            shown = ", ".join(f"{f.slug} ({f.confidence.value})" for f in v.findings[:3]) or "none"
            lines.append(f"| {v.id} | {v.cause} | {shown} | {'yes' if v.settled else 'no'} |")
    lines += ["", "| look-alike first | true cause | times |", "|---|---|---|"]
    pairs = Counter((v.findings[0].slug, v.cause) for v in every if v.right and not v.exact)
    lines += [f"| {first} | {cause} | {n} |" for (first, cause), n in pairs.most_common()]
    return "\n".join(lines)


def main() -> int:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else OBSERVED
    if not path.exists():
        print("judge absent: ../shared/evidence/observed-responses.jsonl")
        return 0
    print(render(read_observed(path)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
