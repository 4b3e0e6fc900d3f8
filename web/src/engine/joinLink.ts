/** The links that let respondents in. */

/** Returns whether a link leads to this machine and nowhere else. */
export function isLocal(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}
