"""The rule graph between its marks in a Markdown file: snakemake --rulegraph mermaid-js | python workflow/graph.py FILE."""

import re
import sys
from pathlib import Path

BEGIN, END = "<!-- rules: make graph -->", "<!-- end of rules -->"


def drawn(graph: str, page: str) -> str:
    """Return the page with this graph; Snakemake's title and colours, and arrows beside a longer way, are left out."""
    lines = [line for line in graph.partition("flowchart")[2].splitlines()[1:] if line.strip() and "style " not in line]
    beside = shortcuts({line: tuple(line.split(" --> ")) for line in map(str.strip, lines) if "-->" in line})
    lines = [line for line in lines if line.strip() not in beside]
    block = "\n".join([BEGIN, "```mermaid", "flowchart LR", *(line.replace("\t", "  ") for line in lines), "```", END])
    text, found = re.subn(f"{BEGIN}.*?{END}", lambda _: block, page, flags=re.DOTALL)
    if found != 1 or not lines:
        raise SystemExit(f"graph: {found} places between {BEGIN} and {END}, {len(lines)} lines to draw")
    return text


def shortcuts(arrows: dict[str, tuple[str, ...]]) -> set[str]:
    """Return the arrows between two rules that other arrows lead between too."""
    after: dict[str, set[str]] = {}
    for start, end in arrows.values():
        after.setdefault(start, set()).add(end)

    def reached(start: str) -> set[str]:
        """Return the rules that follow a rule, directly or not."""
        return after.get(start, set()).union(*map(reached, after.get(start, ())))

    return {line for line, (start, end) in arrows.items() if any(end in reached(other) for other in after[start])}


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(drawn(sys.stdin.read(), file.read_text()))
