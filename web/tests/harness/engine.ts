/** An engine of the test's own: the real binary on a free port, its data in a temporary folder. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../../..')

function binary(): string {
  const path = process.env['INTERVIEWER']
  if (path === undefined) throw new Error('INTERVIEWER names no engine: run scripts/check browser')
  return path
}

export interface EngineOptions {
  /** Stand-ins instead of models: for everything that is not about speech. */
  scripted?: boolean
  env?: Record<string, string>
}

async function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer()
    server.on('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (address !== null && typeof address === 'object' ? done(address.port) : failed(address)))
    })
  })
}

export class Engine {
  private process: ChildProcess | null = null
  /** What an engine that others can reach asks this machine for as well. */
  private key: string | null = null

  private constructor(
    readonly url: string,
    readonly data: string,
    private readonly options: EngineOptions,
  ) {}

  static async start(options: EngineOptions = {}): Promise<Engine> {
    const data = mkdtempSync(join(tmpdir(), 'interviewer-browser-'))
    const engine = new Engine(`http://127.0.0.1:${await freePort()}`, data, options)
    await engine.run()
    if (options.env?.['PUBLIC_URL'] !== undefined) engine.key = engine.makeKey()
    return engine
  }

  /** Runs a command of the engine's on its data, and returns what it prints. */
  command(words: string[], input = ''): string {
    const env = { ...process.env, DATA_DIR: this.data, LOG_LEVEL: 'error' }
    return execFileSync(binary(), words, { cwd: root, env, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] })
  }

  private makeKey(): string {
    const said = this.command(['key', 'create', '--role', 'admin'])
    const [key] = /ei_[A-Za-z0-9_-]+/.exec(said) ?? []
    if (key === undefined) throw new Error('no key was made')
    return key
  }

  private headers(more: Record<string, string> = {}): Record<string, string> {
    return this.key === null ? more : { ...more, authorization: `Bearer ${this.key}` }
  }

  /** Starts the process: again after [`Engine.kill`], on the same data. */
  async run(): Promise<void> {
    const child = spawn(binary(), ['serve'], {
      cwd: root,
      env: {
        ...process.env,
        API_PORT: new URL(this.url).port,
        DATA_DIR: this.data,
        LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'info',
        ...(this.options.scripted === true ? { SPEECH_ENGINE: 'scripted' } : {}),
        ...this.options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.process = child
    const log = createWriteStream(join(this.data, 'engine.log'), { flags: 'a' })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        log.write(chunk)
        said = (said + chunk.toString()).slice(-2_000)
      })
    }
    const deadline = Date.now() + 90_000
    while (Date.now() < deadline) {
      if (child.exitCode !== null) throw new Error(`the engine stopped:\n${said}`)
      const ready = await fetch(`${this.url}/api/health/live`).catch(() => null)
      if (ready?.ok === true) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error(`the engine did not start:\n${said}`)
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.process
    this.process = null
    if (child === null || child.exitCode !== null) return
    const gone = new Promise((done) => child.once('exit', done))
    child.kill(signal)
    // Live calls may end first; twice means at once.
    const impatient = setTimeout(() => child.kill(signal), 2_000)
    await gone
    clearTimeout(impatient)
  }

  async stop(): Promise<void> {
    await this.kill('SIGTERM')
    if (process.env['KEEP'] === undefined) rmSync(this.data, { recursive: true, force: true })
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(this.url + path, { headers: this.headers() })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  async post<T>(path: string, body: string, type = 'application/json', method = 'POST'): Promise<T> {
    const headers = this.headers({ 'content-type': type })
    const response = await fetch(this.url + path, { method, headers, body })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  async addGuide(yaml: string): Promise<string> {
    return (await this.post<{ id: string }>('/api/call-guides/', yaml, 'application/yaml')).id
  }

  async schedule(guide: string, name?: string): Promise<Scheduled> {
    const respondent = name === undefined ? {} : { respondent_name: name }
    const body = JSON.stringify({ call_guide_id: guide, ...respondent })
    return this.post<Scheduled>('/api/interviews/schedule', body)
  }

  /** Lets the time of an interview's links run out: waiting thirty days would take too long. */
  expire(interview: string): void {
    const script = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10)
hexed = sys.argv[2].replace('-', '')
changed = db.execute("UPDATE join_tokens SET expires_at = '2020-01-01T00:00:00+00:00' "
    "WHERE lower(hex(interview_id)) = ? OR interview_id = ?", (hexed, sys.argv[2])).rowcount
db.commit()
sys.exit(0 if changed else 1)`
    execFileSync('python3', ['-c', script, join(this.data, 'interviews.db'), interview])
  }
}

export interface Scheduled {
  id: string
  join_url: string
  join_token: string
}

/** Speaks texts into WAV files with the engine's own voices; returns the folder. */
export function speak(lines: Record<string, string>, voice: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'interviewer-lines-'))
  const pairs = Object.entries(lines).map(([name, text]) => `${name}=${text}`)
  execFileSync(binary(), ['say', '--voice', voice, '--folder', folder, ...pairs], { cwd: root })
  return folder
}
