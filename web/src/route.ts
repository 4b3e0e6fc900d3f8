/** Returns the token of `/join/{token}`, or null on any other page. */
export function tokenOf(path: string): string | null {
  const match = /^\/join\/([^/]+)\/?$/.exec(path)
  if (match?.[1] === undefined) return null
  try {
    return decodeURIComponent(match[1])
  } catch {
    return match[1]
  }
}
