"""Prints what schemathesis' JSON reports say, a line a run; the exit status is theirs already."""

import json
import pathlib
import sys

for path in map(pathlib.Path, sys.argv[1:]):
    report = json.loads(path.read_text())
    operations, cases = report["operations"] or {}, report["test_cases"]
    print(
        f"{path.stem}: {operations.get('tested')} of {operations.get('total')} operations, "
        f"{cases['generated']} requests, {cases['with_failures']} not as described, {cases['errored']} errors; "
        f"{report['running_time']:.0f} s, seed {report['seed']}"
    )
