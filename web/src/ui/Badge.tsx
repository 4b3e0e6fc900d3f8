/** A state in a word. The colour repeats what the word says and never stands for it. */

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'live'

export function Badge({ tone = 'plain', children }: { tone?: Tone; children: string }) {
  return <span className={`badge ${tone}`}>{children}</span>
}

/** Names of the API are written with underscores. */
export function plain(name: string): string {
  const text = name.replaceAll('_', ' ').replaceAll('-', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
