import { expect, test } from 'vitest'
import { asCsv, fieldOf, peopleOf, timeOf } from './people'

const NOW = new Date('2030-01-01T00:00:00Z')
const read = (text: string) => peopleOf(text, NOW)

test('a list of people is read, whatever separates its values', () => {
  const list = 'Name,E-mail,Phone,Time\nDana,dana@example.org,+49 30 123456,2030-02-01T09:00:00Z\n'
  for (const text of [
    list,
    list.replaceAll(',', ';'),
    list.replaceAll(',', '\t'),
    `\uFEFF${list}`,
    list.replaceAll('\n', '\r\n'),
  ]) {
    const { rows, faults } = read(text)
    expect(faults).toEqual([])
    expect(rows).toEqual([
      {
        line: 2,
        person: { name: 'Dana', email: 'dana@example.org', phone: '+49 30 123456', at: '2030-02-01T09:00:00.000Z' },
        faults: [],
      },
    ])
  }
})

test('each row says what is at fault with it, and where it is', () => {
  const { rows } = read(
    [
      'name,email,phone,time',
      'Dana,dana@,,',
      '',
      ',,,',
      ',,,2030-02-01 09:00',
      'Ann,,12,2030-02-31 09:00',
      'Bob,,,2029-12-01 09:00',
      'Smith, John,,,x',
    ].join('\n'),
  )
  expect(rows.map((row) => [row.line, row.faults.length])).toEqual([
    [2, 1],
    [5, 1],
    [6, 2],
    [7, 1],
    [8, 2],
  ])
  expect(rows[0]?.faults[0]).toBe('“dana@” is not an e-mail address.')
  expect(rows[1]?.faults[0]).toMatch(/^A name, an e-mail address or a phone number is required/)
  expect(rows[2]?.faults).toEqual([
    '“12” is not a phone number.',
    '“2030-02-31 09:00” is not a time such as 2030-01-31 09:00.',
  ])
  expect(rows[3]?.faults).toEqual(['The time is past.'])
})

test('nobody is invited twice by accident', () => {
  const { rows } = read('name,email,phone\nDana,dana@example.org,\nD.,DANA@example.org,\nAnn,,+49 30 1\nA.,,+49301')
  expect(rows.map((row) => row.faults)).toEqual([
    [],
    ['The same person is in line 2.'],
    [],
    ['The same person is in line 4.'],
  ])
})

test('a list without the names of its columns is refused as a whole', () => {
  expect(read('').faults).toEqual(['The list is empty.'])
  expect(read('Dana,dana@example.org').faults[0]).toMatch(/^The first line must name the columns/)
  expect(read('name\n').faults).toEqual(['There is nobody in the list.'])
  expect(read('name,full name\nDana,Dana').faults).toEqual(['Two columns are named name.'])
  expect(read(`name\n${'Dana\n'.repeat(1001)}`).faults[0]).toMatch(/1000 can be invited/)
  expect(read('name,shoe size\nDana,38').ignored).toEqual(['shoe size'])
})

test('columns are known by their usual names', () => {
  expect(['E-Mail', 'Phone number', 'Scheduled at', 'Full name', 'Shoe'].map(fieldOf)).toEqual([
    'email',
    'phone',
    'at',
    'name',
    undefined,
  ])
})

test('a time without a zone is the reader’s own', () => {
  expect(timeOf('2030-01-31 09:30')).toEqual(new Date(2030, 0, 31, 9, 30))
  expect(timeOf('31.1.2030 09:30')).toEqual(new Date(2030, 0, 31, 9, 30))
  expect(timeOf('2030-01-31T09:30:00+02:00')).toEqual(new Date('2030-01-31T07:30:00Z'))
  for (const none of ['soon', '2030-13-01 09:00', '2030-01-31 25:00', '01/31/2030']) expect(timeOf(none)).toBeNull()
})

test('what is taken away holds no formula', () => {
  const file = asCsv([{ name: '=HYPERLINK("https://example.org")', link: 'https://example.org/join/a' }])
  expect(file).toBe('name,link\r\n"\'=HYPERLINK(""https://example.org"")",https://example.org/join/a')
})
