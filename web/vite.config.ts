import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { weight } from './weight.ts'

/** Lays compressed forms beside every file, so that the engine compresses nothing. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    closeBundle() {
      const dist = join(import.meta.dirname, 'dist')
      for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(html|js|css|svg)$/.test(name)) continue
        const path = join(dist, name)
        const plain = readFileSync(path)
        if (plain.length < 512) continue
        writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }))
        writeFileSync(`${path}.br`, brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
      }
    },
  }
}

/** The console finds its views by their addresses itself. The engine does the same in `src/api/pages.rs`. */
function consoleAddresses(): Plugin {
  return {
    name: 'console-addresses',
    configureServer(server) {
      server.middlewares.use((request, _, next) => {
        if (/^\/console(\/|\?|$)/.test(request.url ?? '')) request.url = '/console.html'
        next()
      })
    },
  }
}

/** An engine for `npm run dev`. */
const engine = process.env['ENGINE'] ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [react(), consoleAddresses(), compressed(), weight()],
  build: {
    target: ['chrome111', 'firefox115', 'safari16.4'],
    // Nothing inline: the policy of the page forbids it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    // The editor of guides is fetched only where one is written.
    chunkSizeWarningLimit: 600,
    rollupOptions: { input: ['index.html', 'console.html'].map((page) => join(import.meta.dirname, page)) },
  },
  server: {
    // The engine refuses requests of other origins.
    proxy: { '/api': { target: engine, changeOrigin: true, ws: true, headers: { origin: engine } } },
    fs: { allow: ['..'] },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
