/**
 * Session descriptions: the fragments that carry ICE restarts and late candidates (RFC 8840). Pure.
 */

interface Ice {
  ufrag: string
  pwd: string
  candidates: string[]
}

function lines(sdp: string): string[] {
  return sdp.split(/\r?\n/).filter((line) => line !== '')
}

function first(all: string[], prefix: string): string | undefined {
  return all.find((line) => line.startsWith(prefix))
}

function iceOf(sdp: string): Ice | null {
  const all = lines(sdp)
  const ufrag = first(all, 'a=ice-ufrag:')
  const pwd = first(all, 'a=ice-pwd:')
  if (ufrag === undefined || pwd === undefined) return null
  return { ufrag, pwd, candidates: all.filter((line) => line.startsWith('a=candidate:')) }
}

/**
 * Returns the fragment for a PATCH: the description's credentials and candidates, or only the given
 * candidates.
 */
export function fragmentOf(sdp: string, only?: readonly string[]): string {
  const all = lines(sdp)
  const ice = iceOf(sdp)
  if (ice === null) throw new Error('the description has no ICE credentials')
  const parts = [
    ...all.filter((line) => line.startsWith('a=group:')),
    first(all, 'm=audio') ?? 'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    first(all, 'a=mid:') ?? 'a=mid:0',
    ice.ufrag,
    ice.pwd,
    ...(only === undefined
      ? [...ice.candidates, 'a=end-of-candidates']
      : only.map((candidate) => (candidate === '' ? 'a=end-of-candidates' : `a=${candidate}`))),
  ]
  return `${parts.join('\r\n')}\r\n`
}

/**
 * Returns the other side's description with the credentials and candidates of its fragment, which
 * answers a restart.
 */
export function withFragment(sdp: string, fragment: string): string {
  const ice = iceOf(fragment)
  if (ice === null) throw new Error('the fragment has no ICE credentials')
  const dropped = /^a=(candidate:|end-of-candidates|remote-candidates:)/
  const result: string[] = []
  let placed = false
  const place = (): void => {
    if (placed) return
    placed = true
    result.push(...ice.candidates, 'a=end-of-candidates')
  }
  let media = 0
  for (const line of lines(sdp)) {
    if (line.startsWith('m=')) {
      media += 1
      // Everything is bundled, so candidates belong to the first section.
      if (media === 2) place()
    }
    if (dropped.test(line)) continue
    if (line.startsWith('a=ice-ufrag:')) result.push(ice.ufrag)
    else if (line.startsWith('a=ice-pwd:')) result.push(ice.pwd)
    else result.push(line)
  }
  place()
  return `${result.join('\r\n')}\r\n`
}
