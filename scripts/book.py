"""Checks the book in docs/: its links (on the rendered pages) and its commands (against a throw-away engine).

usage: book.py links BOOK              BOOK is the folder that mdbook wrote
       book.py commands ENGINE [PAGE…] ENGINE is the program; PAGE is a page such as topics/webhooks.md

A code block that begins with ```sh is run. The blocks of a page run one after the other in one
shell, against an engine and a data folder that only this page uses. ```sh,no-run=REASON is not run,
and ```sh,needs=weights is run only if the weights are present. A response of the engine with a status
of 400 or more fails the page, unless the block begins with ```sh,expects=error. A comment
`<!-- sh … -->` is run as well, but is invisible to readers: it prepares what a page takes for granted.
Figures are appended to the file that FIGURES names.
"""

import collections
import html.parser
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
# Pages of the repository that GitHub and editors display directly.
BESIDE = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "ARCHITECTURE.md", "models/README.md"]
FOLDERS = "|".join(sorted(entry.name for entry in ROOT.iterdir() if entry.is_dir() and not entry.name.startswith(".")))
CITED = re.compile(rf"`((?:{FOLDERS})/[\w./*-]+)`")
# Builds, fetches and runs write to these folders, which are not in the repository.
MADE = ("target/", "data/", "deploy/.env", "models/weights", "web/dist", "web/screenshots", "docs/reference/", "src/**")
PAGE_SECONDS = 300
# If this weight is present, the other weights of the set are as well.
WEIGHT = pathlib.Path(os.environ.get("MODELS_DIR", ROOT / "models/weights")) / "minilm-l6-int8.onnx"


def figure(number, text):
    line = f"{number} {text}"
    if "FIGURES" in os.environ:
        with open(os.environ["FIGURES"], "a") as figures:
            figures.write(line + "\n")
    else:
        print(line)


# --- Links --------------------------------------------------------------------------------------------------------------


class Page(html.parser.HTMLParser):
    """The anchors of a rendered page, and the targets of its links."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.targets, self.images = {""}, [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.update(attributes[name] for name in ("id", "name") if attributes.get(name))
        if tag in ("a", "link") and attributes.get("href") is not None:
            self.targets.append(attributes["href"])
        if tag in ("img", "script", "source") and attributes.get("src"):
            (self.images if tag == "img" else self.targets).append(attributes["src"])


def is_elsewhere(target):
    return bool(urllib.parse.urlsplit(target).scheme) or target.startswith("//")


def slug(heading):
    """The anchor that GitHub generates for a heading."""
    text = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def links(book):
    book = pathlib.Path(book).resolve()
    # print.html repeats the other pages, toc.html is a frame for browsers without scripts, and
    # 404.html has links from the root.
    files = [file for file in sorted(book.rglob("*.html")) if file.name not in ("print.html", "toc.html", "404.html")]
    pages = {file: Page(file.read_text()) for file in files}
    faults, inside, anchors, images, outside = [] if pages else [f"there are no pages in {book}"], 0, 0, 0, 0
    for file, page in pages.items():
        for target in page.targets + page.images:
            if is_elsewhere(target):
                outside += 1
                continue
            inside += 1
            images += target in page.images
            path, _, anchor = target.partition("#")
            path = urllib.parse.unquote(path.split("?")[0])
            at = (file.parent / path).resolve() if path else file
            if at.is_dir():
                at = at / "index.html"
            name = file.relative_to(book)
            if not at.is_file() or book not in at.parents:
                faults.append(f"{name}: {target} leads nowhere")
            elif anchor and at in pages:
                anchors += 1
                if urllib.parse.unquote(anchor) not in pages[at].anchors:
                    faults.append(f"{name}: there is no anchor {target}")
    for name in BESIDE:
        source = ROOT / name
        if not source.is_file():
            continue
        text = re.sub(r"^```.*?^```", "", source.read_text(), flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if is_elsewhere(target):
                outside += 1
                continue
            inside += 1
            path, _, anchor = target.partition("#")
            at = (source.parent / path).resolve() if path else source
            if not at.exists():
                faults.append(f"{name}: {target} leads nowhere")
            elif anchor and at.suffix == ".md":
                anchors += 1
                headings = re.findall(r"^#+ (.*)$", at.read_text(), flags=re.M)
                if anchor not in map(slug, headings):
                    faults.append(f"{name}: there is no anchor {target}")
    cited = 0
    for source in [*DOCS.rglob("*.md"), *(ROOT / name for name in BESIDE)]:
        # Paths in the repository that the text names, such as `interview/src/io/`, must exist.
        for path in CITED.findall(source.read_text()) if source.is_file() else ():
            cited += 1
            if not (any(ROOT.glob(path.rstrip("/"))) or path.startswith(MADE)):
                faults.append(f"{source.relative_to(ROOT)}: there is no {path}")
    for fault in dict.fromkeys(faults):
        print(fault, file=sys.stderr)
    figure(2, f"{len(pages)} pages, {inside} links inside, {anchors} of them to an anchor, {images} images, {outside} links to elsewhere (not followed)")
    figure(2, f"{cited} places in the repository are named; {len(faults)} faults in all")
    return not faults


# --- Commands -----------------------------------------------------------------------------------------------------------

BLOCK = re.compile(r"^( *)```sh([^\n`]*)\n(.*?)^ *```$|^<!-- sh\n(.*?)^-->$", re.M | re.S)


def order():
    """The pages of the book, as the summary lists them."""
    return re.findall(r"\]\(([^)]+\.md)\)", (DOCS / "SUMMARY.md").read_text())


def blocks(text):
    """The commands of a page: each block to run, or the reason why it is not run."""
    for indent, info, shown, hidden in BLOCK.findall(text):
        if hidden:
            yield hidden, None
        else:
            reason = re.fullmatch(r",no-run=([\w.-]+)", info)
            if info not in ("", ",needs=weights", ",expects=error") and not reason:
                sys.exit(f"```sh{info}: only ,no-run=REASON ,needs=weights or ,expects=error may follow sh")
            body = "".join(line.removeprefix(indent) for line in shown.splitlines(keepends=True))
            if info == ",expects=error":
                body = f"export EXPECTS_ERROR=1\n{body}unset EXPECTS_ERROR\n"
            absent = info == ",needs=weights" and not WEIGHT.is_file()
            yield body, "needs-the-weights" if absent else reason and reason[1]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def settings(program, folder, port):
    """The environment of the commands: the defaults, but with a port of their own and engines without weights."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TERM", "TMPDIR")}
    # A reader has `interviewer` on the PATH. Here it may be a debug build.
    (folder / "bin").mkdir()
    (folder / "bin" / "interviewer").symlink_to(program)
    # Readers see an error in what curl prints. Here, curl has to fail.
    curl = folder / "bin" / "curl"
    strict = 'if [ -z "$EXPECTS_ERROR" ]; then set -- --fail-with-body "$@"; fi'
    curl.write_text(f'#!/bin/sh\n{strict}\nexec {shutil.which("curl")} "$@"\n')
    curl.chmod(0o755)
    kept["PATH"] = f"{folder / 'bin'}:{kept.get('PATH', '')}"
    return kept | {
        "api": f"http://127.0.0.1:{port}",
        "API_PORT": str(port),
        "SPEECH_ENGINE": "scripted",
        "SCRIPTED_DELAY_MS": "5",
        "LOG_LEVEL": "warn",
        # The webhooks of the examples lead to example hosts, so nothing is sent.
        "WEBHOOKS_CONCURRENT": "0",
    }


def started(engine, url):
    """Waits until the engine answers, for as long as a debug build may need on a busy machine."""
    for _ in range(600):
        if engine.poll() is not None:
            return False
        try:
            urllib.request.urlopen(f"{url}/api/health/live", timeout=2).close()
            return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def run(program, page, script):
    """Runs a page's commands. Returns None if they worked, and otherwise their output."""
    with tempfile.TemporaryDirectory(prefix="book-") as folder:
        folder = pathlib.Path(folder)
        # The folder has links to the checkout's files, so that new files are removed with it.
        for entry in ROOT.iterdir():
            if entry.name not in ("data", "target", ".git", ".setup"):
                (folder / entry.name).symlink_to(entry)
        environment = settings(program, folder, free_port())
        with open(folder / "engine.log", "w") as log:
            engine = subprocess.Popen([program, "serve"], cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            if not started(engine, environment["api"]):
                return "the engine did not start\n" + (folder / "engine.log").read_text()
            shell = ["bash", "-euo", "pipefail", "-c", script]
            done = subprocess.run(shell, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=PAGE_SECONDS)
            (folder / "printed").write_text(done.stdout)
            if os.environ.get("SHOW"):
                print(done.stdout)
            return None if done.returncode == 0 else f"exit code {done.returncode}\n{done.stdout}"
        except subprocess.TimeoutExpired as late:
            return f"not done after {PAGE_SECONDS} s\n{late.stdout or ''}"
        finally:
            engine.terminate()
            engine.wait()


def commands(program, *named):
    program = pathlib.Path(program).resolve()
    if not program.is_file():
        sys.exit(f"{program} is not built")
    # The introduction defines what every page takes for granted.
    prelude = "".join(body for body, reason in blocks((DOCS / "introduction.md").read_text()) if not reason)
    faults, ran, pages, left = [], 0, 0, collections.Counter()
    began = time.monotonic()
    for page in named or order():
        found = list(blocks((DOCS / page).read_text())) if (DOCS / page).is_file() else []
        left.update(reason for _, reason in found if reason)
        todo = [body for body, reason in found if not reason]
        if not todo:
            continue
        pages, ran = pages + 1, ran + len(todo)
        script = ("" if page == "introduction.md" else prelude) + "set -v\n" + "".join(todo)
        fault = run(program, page, script)
        print(f"{'ok' if fault is None else 'FAILED':6} {page}", file=sys.stderr)
        if fault is not None:
            faults.append(page)
            print(fault, file=sys.stderr)
    figure(3, f"{ran} blocks of commands on {pages} pages in {time.monotonic() - began:.0f} s, {len(faults)} pages failed")
    for reason, count in sorted(left.items()):
        figure(3, f"not run here: {count} blocks ({reason.replace('-', ' ')})")
    return not faults


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("links", "commands"):
        sys.exit(__doc__)
    sys.exit(0 if {"links": links, "commands": commands}[sys.argv[1]](*sys.argv[2:]) else 1)
