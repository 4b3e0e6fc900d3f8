"""Times each dashboard over one keep-alive connection, prints a table, and fails if one exceeds its limit.

Usage: measure_dashboards.py URL REQUESTS
"""

import http.client
import json
import sys
import time
from urllib.parse import urlsplit

YEAR = 8760
# Each dashboard's route, with its default window in hours.
DASHBOARDS = [
    ("overview", 24),
    ("call-guides/performance", 168),
    ("sentiment-trends", 168),
    ("quality-alerts", 24),
    ("themes", 168),
    ("response-quality", 168),
]
DEFAULT_LIMIT_MS, YEAR_LIMIT_MS = 200, 2_000


def percentile(sorted_times, share):
    """The percentile by the nearest-rank method."""
    return sorted_times[max(0, -(-len(sorted_times) * share // 100) - 1)]


def measure(connection, path, requests):
    times, body = [], b""
    for _ in range(requests):
        began = time.perf_counter()
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        times.append((time.perf_counter() - began) * 1_000)
        if response.status != 200:
            sys.exit(f"{path}: {response.status} {body[:500]!r}")
    json.loads(body)
    times.sort()
    return percentile(times, 50), percentile(times, 95), len(body)


def main():
    address, requests = urlsplit(sys.argv[1]), int(sys.argv[2])
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    slow = False
    rows = []
    for name, default in DASHBOARDS:
        for hours, limit in [(default, DEFAULT_LIMIT_MS), (YEAR, YEAR_LIMIT_MS)]:
            p50, p95, size = measure(connection, f"/api/dashboard/{name}?hours={hours}", requests)
            verdict = "ok" if p95 <= limit else "TOO SLOW"
            slow = slow or p95 > limit
            rows.append(f"| {name} | {hours} | {p50:.1f} | {p95:.1f} | {limit} | {size / 1024:.1f} | {verdict} |")
    print("| dashboard | hours | p50 ms | p95 ms | limit, ms | answer, KiB | |")
    print("|---|---|---|---|---|---|---|")
    print("\n".join(rows))
    sys.exit(1 if slow else 0)


main()
