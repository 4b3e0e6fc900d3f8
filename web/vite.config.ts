import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

/** What a visitor may have to fetch in all, compressed. */
const BUDGET = 150 * 1024

/** Lays compressed forms beside every file, so that the engine compresses nothing; fails when the page grew too heavy. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    closeBundle() {
      const dist = join(import.meta.dirname, 'dist')
      let gzipped = 0
      for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(html|js|css|svg)$/.test(name)) continue
        const path = join(dist, name)
        const plain = readFileSync(path)
        const gzip = gzipSync(plain, { level: 9 })
        gzipped += gzip.length
        if (plain.length < 512) continue
        writeFileSync(`${path}.gz`, gzip)
        writeFileSync(`${path}.br`, brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
      }
      if (gzipped > BUDGET) throw new Error(`the pages weigh ${gzipped} bytes with gzip; ${BUDGET} are allowed`)
    },
  }
}

/** An engine for `npm run dev`. */
const engine = process.env['ENGINE'] ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [react(), compressed()],
  build: {
    target: ['chrome111', 'firefox115', 'safari16.4'],
    // Nothing inline: the policy of the page forbids it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    // The engine refuses requests of other origins.
    proxy: { '/api': { target: engine, changeOrigin: true, ws: true, headers: { origin: engine } } },
    fs: { allow: ['..'] },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
