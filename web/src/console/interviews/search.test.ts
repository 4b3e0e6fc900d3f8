import { expect, test } from 'vitest'
import { asQuery, interviewsSearch } from './search'

test('an address is read, and what makes no sense in it is left out', () => {
  const search = { status: 'completed', guide: 'g', tag: ' ', q: 'Dana', review: 'yes', from: '2030-01-31', to: 'soon' }
  expect(interviewsSearch(search)).toEqual({
    status: 'completed',
    guide: 'g',
    q: 'Dana',
    review: 'yes',
    from: '2030-01-31',
  })
  expect(interviewsSearch({ status: 'gone', review: 'maybe', sort: 'name' })).toEqual({})
})

test('days are whole days of the reader, the last one included', () => {
  const query = asQuery({ from: '2030-01-31', to: '2030-01-31', review: 'no', sort: '-scheduled_at' })
  expect(query).toMatchObject({ requires_human_review: false, sort: '-scheduled_at' })
  const [from, to] = [query.created_from, query.created_to].map((time) => new Date(String(time)))
  expect(from?.getHours()).toBe(0)
  expect(Number(to) - Number(from)).toBe(24 * 60 * 60 * 1000)
  expect(asQuery({})).toEqual({})
})
