import { expect, test } from 'vitest'
import { Problem, Unreachable } from '../engine/http'
import { faultOf } from './microphone'
import { troubleOf } from './trouble'

test.each([
  [404, 'unknown'],
  [409, 'elsewhere'],
  [410, 'expired'],
  [406, 'browser'],
  [502, 'offline'],
  [500, 'engine'],
])('an answer of %d is trouble of the kind %s', (status, kind) => {
  expect(troubleOf(new Problem(status, 'because')).kind).toBe(kind)
})

test('a full engine says when to come back', () => {
  expect(troubleOf(new Problem(503, 'full', [], 30))).toEqual({ kind: 'full', retryAfter: 30 })
  expect(troubleOf(new Problem(503, 'full'))).toMatchObject({ kind: 'full', retryAfter: 15 })
})

test('no answer at all is no network, and anything else is the browser', () => {
  expect(troubleOf(new Unreachable(new TypeError('failed')))).toEqual({ kind: 'offline' })
  expect(troubleOf(new Error('no RTCPeerConnection'))).toEqual({ kind: 'browser', detail: 'no RTCPeerConnection' })
})

test('what a browser calls a missing microphone has a name of ours', () => {
  expect(['NotAllowedError', 'NotFoundError', 'NotReadableError', 'Odd'].map(faultOf)).toEqual([
    'blocked',
    'none',
    'busy',
    'unknown',
  ])
})
