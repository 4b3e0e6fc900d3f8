import { expect, test } from 'vitest'
import { fragmentOf, withFragment } from './sdp'

const OFFER = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'c=IN IP4 0.0.0.0',
  'a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host generation 0',
  'a=ice-ufrag:EsAw',
  'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
  'a=ice-options:trickle',
  'a=fingerprint:sha-256 AA',
  'a=mid:0',
  'a=rtpmap:111 opus/48000/2',
  '',
].join('\r\n')

test('a restart carries credentials, candidates and the end of them, and nothing else', () => {
  expect(fragmentOf(OFFER).trim().split('\r\n')).toEqual([
    'a=group:BUNDLE 0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=mid:0',
    'a=ice-ufrag:EsAw',
    'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
    'a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host generation 0',
    'a=end-of-candidates',
  ])
})

test('late candidates go without those that were told before', () => {
  const fragment = fragmentOf(OFFER, ['candidate:2 1 udp 1 192.0.2.2 5 typ srflx', ''])
  expect(fragment).not.toContain('candidate:1 ')
  expect(fragment).toContain('a=candidate:2 1 udp 1 192.0.2.2 5 typ srflx\r\na=end-of-candidates\r\n')
})

test('the answer to a restart renews credentials and candidates and keeps the rest', () => {
  // Credentials are at session level, as in the RFC's example, and lines end in different ways.
  const answer = withFragment(OFFER, 'a=ice-lite\na=ice-ufrag:289b\na=ice-pwd:0b66\na=mid:0\na=candidate:9 1 udp 1 198.51.100.1 3 typ host\n')
  expect(answer).toContain('a=ice-ufrag:289b\r\n')
  expect(answer).toContain('a=ice-pwd:0b66\r\n')
  expect(answer.match(/a=candidate:/g)).toHaveLength(1)
  expect(answer).toContain('198.51.100.1')
  expect(answer).toContain('a=fingerprint:sha-256 AA')
  expect(answer).toContain('a=rtpmap:111 opus/48000/2')
})

test('what has no credentials is refused', () => {
  expect(() => fragmentOf('v=0\r\n')).toThrow('credentials')
  expect(() => withFragment(OFFER, 'a=mid:0\r\n')).toThrow('credentials')
})
