#!/usr/bin/env python3
"""What mecab-ko makes of each line of a file, for mecab_agreement.rs: JSON [[start byte, end byte, tag], ...] per line.

    pip install python-mecab-ko
    python3 mecab_reference.py sentences.txt > mecab.jsonl
"""

import json
import sys

from mecab import MeCab


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    mecab = MeCab()
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            sentence = line.rstrip("\n")
            # The package's own spans are off in a sentence that starts with spaces: look the surfaces up in turn.
            tokens, at = [], 0
            for surface, tag in mecab.pos(sentence):
                at = sentence.index(surface, at)
                start = len(sentence[:at].encode("utf-8"))
                at += len(surface)
                tokens.append([start, start + len(surface.encode("utf-8")), tag])
            print(json.dumps(tokens))
    return 0


if __name__ == "__main__":
    sys.exit(main())
