/** Beside the transcript: the facts, the review, tags and notes, the link, and the person's rights. */

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { plain } from '../../ui/Badge'
import { Facts } from '../../ui/Facts'
import { Time, duration, number, percent } from '../../ui/time'
import { guideQuery } from '../guides/queries'
import { useMay } from '../session/session'
import { LinkCard } from './LinkCard'
import { Notes } from './Notes'
import { Privacy } from './Privacy'
import { Review } from './Review'
import { Tags } from './Tags'
import { isErased } from './names'
import type { Interview } from './queries'

interface SideProps {
  interview: Interview
  tag: string
}

export function Side({ interview, tag }: SideProps) {
  const may = useMay('researcher')
  return (
    <div className="side">
      <Outcome interview={interview} />
      <Review interview={interview} tag={tag} />
      {may && <LinkCard interview={interview} />}
      <Tags interview={interview} tag={tag} />
      <Notes interview={interview} tag={tag} />
      <Privacy interview={interview} />
    </div>
  )
}

/** Scores are numbers between 0 and 1, but for those that count something. */
function score(name: string, value: number): string {
  return value >= 0 && value <= 1 && !/count|words|seconds/.test(name) ? percent(value) : number(value)
}

function Outcome({ interview }: { interview: Interview }) {
  const guide = useQuery(guideQuery(interview.call_guide_id))
  const scores = Object.entries({ ...interview.quality_metrics, ...interview.engagement_metrics } as Record<
    string,
    unknown
  >)
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    .map(([name, value]): [string, string] => [plain(name), score(name, value)])
  return (
    <section className="card" aria-labelledby="facts">
      <h2 id="facts">Facts</h2>
      <Facts
        facts={[
          [
            'Study',
            <Link key="study" to="/studies/$id" params={{ id: interview.call_guide_id }}>
              {guide.data?.row.name ?? 'Open the study'}
            </Link>,
          ],
          ...(interview.status_reason === null
            ? []
            : ([['Reason', plain(interview.status_reason)]] as [string, string][])),
          ['Appointment', <Time key="scheduled" at={interview.scheduled_at} />],
          ['Began', <Time key="started" at={interview.started_at} />],
          ['Ended', <Time key="completed" at={interview.completed_at} />],
          ['Length', interview.duration_seconds === null ? '–' : duration(interview.duration_seconds)],
          ['Consent', interview.consent_given ? 'Given' : 'Not given'],
          ['Recording', interview.can_be_recorded ? 'Allowed' : 'Not allowed'],
          ...(isErased(interview)
            ? []
            : ([
                ['E-mail', interview.respondent_email ?? '–'],
                ['Phone', interview.respondent_phone ?? '–'],
              ] as [string, string][])),
        ]}
      />
      {scores.length > 0 && (
        <details>
          <summary>Scores</summary>
          <Facts facts={scores} />
        </details>
      )}
    </section>
  )
}
