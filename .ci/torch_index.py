"""Print pip's option for an extra index if that index answers, else nothing.

An index that cannot be reached would cost pip minutes of retries, and a machine that brings its own
PyTorch does not need it.
"""

import sys
import urllib.request

for url in sys.argv[1:2]:
    try:
        with urllib.request.urlopen(f"{url}/torch/", timeout=5):
            sys.stdout.write(f"--extra-index-url {url}\n")
    except (OSError, ValueError):
        sys.stderr.write(f"{url} does not answer: taking PyTorch from the default index\n")
