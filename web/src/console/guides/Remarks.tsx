/** What is at fault or doubtful in a guide, as a list that leads to each place. */

import { Badge } from '../../ui/Badge'
import { Trouble } from '../../ui/Trouble'
import type { Judged, Remark } from './useVerdict'

const TONES = { error: 'bad', warning: 'warn', info: 'plain', hint: 'plain' } as const
const NAMES = { error: 'Error', warning: 'Doubtful', info: 'Note', hint: 'Note' } as const

interface RemarksProps {
  judged: Judged
  goTo: (remark: Remark) => void
}

function summary({ pending, valid, remarks }: Judged): string {
  if (pending) return 'Checking…'
  const count = (one: string, many: string): string => `${remarks.length} ${remarks.length === 1 ? one : many}`
  // A valid guide can be run and saved, however doubtful the lint finds it.
  if (!valid) {
    return remarks.length > 0
      ? `${count('fault has', 'faults have')} to be mended before it can be saved.`
      : 'It has not been checked.'
  }
  if (remarks.length === 0) return 'Nothing is at fault, and nothing is doubtful.'
  return `It can be saved. ${count('place is', 'places are')} doubtful.`
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
