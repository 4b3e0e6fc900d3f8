/** What is at fault or doubtful in a guide, as a list that leads to each place. */

import { Badge } from '../../ui/Badge'
import { Trouble } from '../../ui/Trouble'
import type { Judged, Remark } from './useVerdict'

const TONES = { error: 'bad', warning: 'warn', info: 'plain', hint: 'plain' } as const
const NAMES = { error: 'Fault', warning: 'Doubtful', info: 'Note', hint: 'Note' } as const

interface RemarksProps {
  judged: Judged
  goTo: (remark: Remark) => void
}

function summary({ pending, valid, remarks }: Judged): string {
  if (pending) return 'Checking…'
  const faults = remarks.filter((remark) => remark.severity === 'error').length
  const doubts = remarks.length - faults
  const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`
  if (faults > 0) return `${count(faults, 'fault has', 'faults have')} to be mended before it can be saved.`
  if (!valid) return 'It has not been checked.'
  return doubts === 0 ? 'Nothing is at fault, and nothing is doubtful.' : `It can be saved. ${count(doubts, 'place is', 'places are')} doubtful.`
}

export function Remarks({ judged, goTo }: RemarksProps) {
  return (
    <section aria-labelledby="remarks" className="remarks">
      <h2 id="remarks">Check</h2>
      <p role="status">{summary(judged)}</p>
      <Trouble error={judged.error} />
      <ul className="list">
        {judged.remarks.map((remark, index) => (
          <li key={`${remark.code}${remark.pointer}${index}`}>
            <Badge tone={TONES[remark.severity]}>{NAMES[remark.severity]}</Badge>{' '}
            <button type="button" className="link" onClick={() => goTo(remark)}>
              Line {remark.line}
            </button>
            : {remark.message} <span className="soft small">{remark.code}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
