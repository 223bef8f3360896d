"""Store what `mdsolve list` and `mdsolve show` tell: python scripts/write_catalogue.py

Needed after a change of a mechanism's, family's or protocol's words, keys or options.
"""

from __future__ import annotations

import json

from mdsolve.study.catalogue import FILE
from mdsolve.study.catalogue_entries import entries

if __name__ == "__main__":
    text = json.dumps(entries(), indent=1, ensure_ascii=False)
    FILE.write_text(text + "\n", encoding="utf-8")
