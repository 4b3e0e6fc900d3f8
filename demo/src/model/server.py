"""An OpenAI-compatible server on loopback for one GGUF file: server.py FILE ALIAS THREADS

Prints its address on one line, and ends when its standard input is closed, so that it never
outlives the process that started it.
"""
import os
import sys

import xllamacpp

# Speech recognition on the same cores has priority.
os.nice(10)
path, alias, threads = sys.argv[1:4]
params = xllamacpp.CommonParams()
params.model.path = path
params.model_alias = {alias}
params.hostnames = ["127.0.0.1"]
params.port = 0
params.n_ctx = 4096
params.n_parallel = 1
params.cpuparams.n_threads = int(threads)
params.cpuparams_batch.n_threads = int(threads)
params.ui = False
params.offline = True
params.verbosity = 0
server = xllamacpp.Server(params)
print(f"listening {server.listening_address}", flush=True)
sys.stdin.read()
