/** The weight of each page's first view: what a visitor has to load before anything is shown, compressed. */

import { gzipSync } from 'node:zlib'
import type { Plugin, Rollup } from 'vite'

interface Page {
  /** The name in the report. */
  name: string
  /** The document. */
  html: string
  /** The module of the view that is shown first, where the page fetches it by itself. */
  view: string
  /** In KiB with gzip. */
  limit: number
}

const PAGES: Page[] = [
  { name: 'call', html: 'index.html', view: 'src/call/CallPage.tsx', limit: 90 },
  { name: 'start', html: 'index.html', view: 'src/start/StartPage.tsx', limit: 90 },
  { name: 'console', html: 'console.html', view: 'src/console/home/HomePage.tsx', limit: 250 },
]

type Bundle = Rollup.OutputBundle

/** Adds a chunk, what it imports, and their styles. */
function collect(bundle: Bundle, fileName: string, files: Set<string>): void {
  const chunk = bundle[fileName]
  if (files.has(fileName) || chunk === undefined) return
  files.add(fileName)
  if (chunk.type !== 'chunk') return
  for (const style of chunk.viteMetadata?.importedCss ?? []) files.add(style)
  for (const imported of chunk.imports) collect(bundle, imported, files)
}

function gzipped(bundle: Bundle, fileName: string): number {
  const file = bundle[fileName]
  if (file === undefined) return 0
  return gzipSync(file.type === 'chunk' ? file.code : file.source, { level: 9 }).length
}

/** Returns the files that a page has to load. */
export function firstView(bundle: Bundle, { html, view }: Pick<Page, 'html' | 'view'>): Set<string> {
  const files = new Set<string>([html])
  for (const file of Object.values(bundle)) {
    if (file.type !== 'chunk') continue
    const module = file.facadeModuleId?.replaceAll('\\', '/') ?? ''
    if (module.endsWith(`/${html}`) || module.endsWith(`/${view}`)) collect(bundle, file.fileName, files)
  }
  return files
}

/** Prints what each first view weighs, and fails where one grew too heavy or could not be found. */
export function weight(): Plugin {
  return {
    name: 'weight',
    apply: 'build',
    writeBundle(_, bundle) {
      for (const page of PAGES) {
        const files = firstView(bundle, page)
        const bytes = [...files].reduce((sum, file) => sum + gzipped(bundle, file), 0)
        this.info(`${page.name}: ${(bytes / 1024).toFixed(1)} KiB of ${page.limit} in ${files.size} files`)
        // The document, its script and the view, at least.
        if (files.size < 3) throw new Error(`the parts of the ${page.name} page could not be found`)
        if (bytes > page.limit * 1024) {
          throw new Error(`the ${page.name} page weighs ${bytes} bytes with gzip; ${page.limit} KiB are allowed`)
        }
      }
    },
  }
}
