"""Writes a bill of materials in CycloneDX JSON to standard output: scripts/release calls it.

usage: cargo metadata --format-version 1 --filter-platform TARGET | python3 scripts/sbom.py UNIX_TIME

It covers what is inside the binary: the crates that it links (with normal dependencies, as resolved for one platform),
and the npm packages that the pages contain. The crates and npm packages that only take part in the build (build scripts,
procedural macros, the bundler and its like) are listed with the scope "excluded". Crates that only tests use are not
listed. Sources in C and C++ (whisper.cpp, Opus, SQLite) are covered by the crates that carry them. Model weights and ONNX
Runtime are fetched after the installation and not covered; models/manifest.toml lists them with their hashes.
"""

import base64
import datetime
import json
import sys
import tomllib
import uuid


def purl(kind, name, version):
    return f"pkg:{kind}/{name.replace('@', '%40')}@{version}"


def component(kind, name, version, licence, hashes, required):
    group, _, short = name.rpartition("/")
    ref = purl(kind, name, version)
    entry = {"type": "library", "bom-ref": ref, "name": short, "version": version, "purl": ref}
    if group:
        entry["group"] = group
    entry["scope"] = "required" if required else "excluded"
    if hashes:
        entry["hashes"] = hashes
    entry["licenses"] = [licence]
    return entry


def licence_of(package):
    if package.get("license"):
        # Some manifests separate alternatives with a slash, which SPDX no longer permits.
        return {"expression": " ".join(package["license"].replace("/", " OR ").split())}
    return {"license": {"name": f"see {package.get('license_file') or 'the package'}"}}


def reachable(graph, root, follow):
    seen, waiting = set(), [root]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += [other for other, kinds in graph[one] if kinds & follow]
    return seen


def crates(metadata):
    """The components and dependencies of the engine's crate, and the reference of the engine itself."""
    packages = {package["id"]: package for package in metadata["packages"]}
    macros = {
        id for id, package in packages.items() if any("proc-macro" in target["kind"] for target in package["targets"])
    }
    graph = {
        node["id"]: [(d["pkg"], {kind["kind"] or "normal" for kind in d["dep_kinds"]}) for d in node["deps"]]
        for node in metadata["resolve"]["nodes"]
    }
    root = next(id for id, package in packages.items() if package["name"] == "interviewer")
    # A procedural macro runs at build time, and so do its dependencies.
    linked_graph = {id: [] if id in macros else edges for id, edges in graph.items()}
    linked = reachable(linked_graph, root, {"normal"}) - macros
    involved = reachable(graph, root, {"normal", "build"})
    with open("Cargo.lock", "rb") as file:
        sums = {(p["name"], p["version"]): p.get("checksum") for p in tomllib.load(file)["package"]}

    def ref(id):
        return purl("cargo", packages[id]["name"], packages[id]["version"])

    components = []
    for id in sorted(involved - {root}, key=ref):
        package = packages[id]
        checksum = sums.get((package["name"], package["version"]))
        hashes = [{"alg": "SHA-256", "content": checksum}] if checksum else []
        components.append(
            component("cargo", package["name"], package["version"], licence_of(package), hashes, id in linked)
        )
    edges = {
        ref(id): sorted({ref(other) for other, kinds in graph[id] if kinds & {"normal", "build"} and other in involved})
        for id in involved
    }
    return components, edges, packages[root], ref(root)


def npm_packages():
    """The components of web/package-lock.json, their dependencies, and the references of those that the pages contain."""
    with open("web/package-lock.json", encoding="utf-8") as file:
        lock = json.load(file)["packages"]

    def ref(path):
        return purl("npm", path.rpartition("node_modules/")[2], lock[path]["version"])

    def resolve(path, name):
        """The path of a dependency by Node's rule: the nearest node_modules upwards."""
        while True:
            candidate = f"{path}/node_modules/{name}".lstrip("/")
            if candidate in lock:
                return candidate
            if not path:
                return None
            path = path.rpartition("node_modules/")[0].rstrip("/")

    components, edges = {}, {}
    for path, package in lock.items():
        if not path:
            continue
        algorithm, _, digest = package["integrity"].partition("-")
        hashes = [{"alg": algorithm.upper().replace("SHA", "SHA-"), "content": base64.b64decode(digest).hex()}]
        name = path.rpartition("node_modules/")[2]
        required = not package.get("dev") and not package.get("devOptional")
        components[ref(path)] = component("npm", name, package["version"], licence_of(package), hashes, required)
        found = (resolve(path, name) for name in package.get("dependencies", {}))
        edges[ref(path)] = sorted({ref(other) for other in found if other})
    direct = [ref(resolve("", name)) for name in lock[""]["dependencies"]]
    return [components[ref] for ref in sorted(components)], edges, direct


def main():
    time = datetime.datetime.fromtimestamp(int(sys.argv[1]), datetime.timezone.utc)
    cargo, edges, engine, root = crates(json.load(sys.stdin))
    npm, npm_edges, in_the_pages = npm_packages()
    edges[root] = sorted(edges[root] + in_the_pages)
    edges.update(npm_edges)
    components = cargo + npm
    # The same content has the same serial number.
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([root, components], sort_keys=True))
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
        "metadata": {
            "timestamp": time.isoformat().replace("+00:00", "Z"),
            "tools": {"components": [{"type": "application", "name": "scripts/sbom.py", "version": engine["version"]}]},
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": engine["name"],
                "version": engine["version"],
                "description": engine["description"],
                "licenses": [licence_of(engine)],
                "purl": root,
            },
            "properties": [{"name": "coverage", "value": " ".join(__doc__.split("\n\n")[2].split())}],
        },
        "components": components,
        "dependencies": [{"ref": ref, "dependsOn": edges[ref]} for ref in sorted(edges)],
    }
    json.dump(bill, sys.stdout, indent=1)
    print()
    for kind in ("cargo", "npm"):
        mine = [c for c in components if c["purl"].startswith(f"pkg:{kind}/")]
        required = sum(c["scope"] == "required" for c in mine)
        print(f"{kind}: {required} in the binary, {len(mine) - required} at build time only", file=sys.stderr)


main()
