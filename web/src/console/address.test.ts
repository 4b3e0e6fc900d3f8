import { expect, test } from 'vitest'
import { day, oneOf, parseSearch, set, stringifySearch, text } from './address'

test('an address says plainly what is shown, and is read again as it was written', () => {
  const search = { status: 'completed', q: 'Dana & <b>', from: '2030-01-31' }
  const written = stringifySearch({ ...search, tag: undefined, guide: '' })
  expect(written).toBe('?status=completed&q=Dana+%26+%3Cb%3E&from=2030-01-31')
  expect(parseSearch(written)).toEqual(search)
  expect(stringifySearch({})).toBe('')
})

test('what somebody typed into an address is taken only where it makes sense', () => {
  expect(oneOf(['a', 'b'], 'b')).toBe('b')
  expect(oneOf(['a', 'b'], 'c')).toBeUndefined()
  expect(text('  ')).toBeUndefined()
  expect(day('2030-02-31')).toBeUndefined()
  expect(day('2030-01-31')).toBe('2030-01-31')
  expect(day('yesterday')).toBeUndefined()
  expect(set({ a: 1, b: undefined })).toEqual({ a: 1 })
})
