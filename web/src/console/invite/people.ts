/**
 * A list of people, as spreadsheets write it: read, and checked row by row before anything is sent.
 *
 * Never does: schedule anybody.
 */

import Papa from 'papaparse'

export interface Person {
  name?: string
  email?: string
  phone?: string
  /** In RFC 3339 form, in UTC. */
  at?: string
}

export interface Row {
  /** The line in the file, counted from 1. */
  line: number
  person: Person
  faults: string[]
}

export interface People {
  rows: Row[]
  /** What is at fault with the list as a whole. */
  faults: string[]
  /** Columns that mean nothing here. */
  ignored: string[]
}

/** What columns are called, in small letters without spaces and signs. */
const NAMES: Record<keyof Person, string[]> = {
  name: ['name', 'fullname', 'respondent', 'respondentname', 'participant'],
  email: ['email', 'mail', 'emailaddress', 'respondentemail'],
  phone: ['phone', 'telephone', 'phonenumber', 'mobile', 'tel', 'respondentphone'],
  at: ['time', 'at', 'when', 'date', 'datetime', 'appointment', 'scheduledat', 'scheduled'],
}
const FIELDS = Object.keys(NAMES) as (keyof Person)[]

/** As many as one can wait for. */
export const MOST = 1_000
const LONGEST = { name: 200, email: 254, phone: 50 } as const

export function fieldOf(header: string): keyof Person | undefined {
  const name = header.toLowerCase().replace(/[^a-z]/g, '')
  return FIELDS.find((field) => NAMES[field].includes(name))
}

/** Reads a list with a head line, separated by commas, semicolons or tabs. */
export function peopleOf(text: string, now: Date): People {
  const parsed = Papa.parse<string[]>(text.replace(/^\uFEFF/, '').trimEnd(), { skipEmptyLines: false })
  const [head, ...lines] = parsed.data
  if (head === undefined || text.trim() === '') return { rows: [], faults: ['The list is empty.'], ignored: [] }
  const columns = head.map((header) => fieldOf(header.trim()))
  const faults: string[] = []
  if (columns.every((column) => column === undefined)) {
    faults.push('The first line must name the columns: name, email, phone or time.')
    return { rows: [], faults, ignored: head }
  }
  for (const field of FIELDS) {
    if (columns.filter((column) => column === field).length > 1) faults.push(`Two columns are named ${field}.`)
  }
  const ignored = head.filter((header, index) => columns[index] === undefined && header.trim() !== '')
  const rows: Row[] = []
  lines.forEach((cells, index) => {
    if (cells.every((cell) => cell.trim() === '')) return
    // The head is line 1.
    rows.push(rowOf(index + 2, columns, cells, now))
  })
  if (rows.length === 0) faults.push('There is nobody in the list.')
  if (rows.length > MOST) faults.push(`There are ${rows.length} people; ${MOST} can be invited at once.`)
  markTwice(rows)
  return { rows, faults, ignored }
}

function rowOf(line: number, columns: (keyof Person | undefined)[], cells: string[], now: Date): Row {
  const given: Person = {}
  columns.forEach((field, index) => {
    const value = cells[index]?.trim() ?? ''
    if (field !== undefined && value !== '') given[field] = value
  })
  const { at: time, ...person } = given
  const faults = faultsOf(person)
  if (cells.length > columns.length)
    faults.push('There are more values than columns. A value with a comma needs quotes.')
  const at = time === undefined ? undefined : timeOf(time)
  if (at === null) faults.push(`“${time}” is not a time such as 2030-01-31 09:00.`)
  else if (at !== undefined && at < now) faults.push('The time is past.')
  return { line, person: at instanceof Date ? { ...person, at: at.toISOString() } : person, faults }
}

/** Returns what is at fault with what somebody is called and reached by. */
export function faultsOf({ name, email, phone }: Person): string[] {
  const faults: string[] = []
  if (name === undefined && email === undefined && phone === undefined) {
    faults.push('A name, an e-mail address or a phone number is required, to tell people apart.')
  }
  if (name !== undefined && name.length > LONGEST.name) faults.push(`A name has at most ${LONGEST.name} characters.`)
  if (email !== undefined && (email.length > LONGEST.email || !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email))) {
    faults.push(`“${email}” is not an e-mail address.`)
  }
  if (phone !== undefined && (phone.length > LONGEST.phone || !/^\+?[\d\s()./-]{4,}$/.test(phone))) {
    faults.push(`“${phone}” is not a phone number.`)
  }
  return faults
}

const LOCAL = /^(\d{4})-(\d\d?)-(\d\d?)(?:[ T]+(\d\d?):(\d\d)(?::(\d\d))?)?$/
const EUROPEAN = /^(\d\d?)\.(\d\d?)\.(\d{4})(?:[ ,]+(\d\d?):(\d\d))?$/
const ZONED = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/

/** Returns a time that says its zone, or else is one of the reader's own, or null if it is none. */
export function timeOf(text: string): Date | null {
  if (ZONED.test(text)) {
    const time = new Date(text.replace(' ', 'T'))
    return Number.isNaN(time.getTime()) ? null : time
  }
  const local = LOCAL.exec(text)
  if (local !== null) return exact(local[1], local[2], local[3], local[4], local[5])
  const european = EUROPEAN.exec(text)
  return european === null ? null : exact(european[3], european[2], european[1], european[4], european[5])
}

/** A day without an hour means nine in the morning. */
function exact(year?: string, month?: string, day?: string, hour = '9', minute = '0'): Date | null {
  const numbers = [year, month, day, hour, minute].map(Number) as [number, number, number, number, number]
  const [y, m, d, h, min] = numbers
  const time = new Date(y, m - 1, d, h, min)
  // The 31st of February would become the 3rd of March.
  const same = time.getFullYear() === y && time.getMonth() === m - 1 && time.getDate() === d
  return same && h < 24 && min < 60 ? time : null
}

/** Nobody should be asked twice by accident. */
function markTwice(rows: Row[]): void {
  const seen = new Map<string, number>()
  for (const row of rows) {
    const key = (row.person.email ?? row.person.phone?.replace(/[^\d+]/g, ''))?.toLowerCase()
    if (key === undefined) continue
    const before = seen.get(key)
    if (before === undefined) seen.set(key, row.line)
    else row.faults.push(`The same person is in line ${before}.`)
  }
}

/** Returns a list as a file for spreadsheets, in which no value is taken for a formula. */
export function asCsv(rows: Record<string, string>[]): string {
  return Papa.unparse(rows, { escapeFormulae: true, newline: '\r\n' })
}
