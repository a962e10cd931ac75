"""Print a code block of the README, as it is written: `python .ci/readme_block.py 1`."""

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
blocks = re.findall(r"^```[a-z]*\n(.*?)^```$", README.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
print(blocks[int(sys.argv[1]) - 1].strip())
