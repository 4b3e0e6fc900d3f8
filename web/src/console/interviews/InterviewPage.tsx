/** One interview: what was said, what it came to, and what is to be done about it. */

import { useQuery } from '@tanstack/react-query'
import { Link, getRouteApi, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { Problem } from '../../engine/http'
import { Badge, plain } from '../../ui/Badge'
import { Loading } from '../../ui/Loading'
import { Tabs } from '../../ui/Tabs'
import { Trouble } from '../../ui/Trouble'
import { View } from '../../ui/View'
import { NotFound } from '../Frame'
import { AlertList } from '../operations/AlertList'
import { Answers } from './Answers'
import { Side } from './Side'
import { Transcript } from './Transcript'
import { isErased, isOver, respondent, tone } from './names'
import { usePlayer } from './player'
import { type Interview, alertsQuery, interviewQuery, recordingQuery, transcriptQuery } from './queries'

const route = getRouteApi('/interviews/$id')

export function InterviewPage() {
  const { id } = route.useParams()
  const interview = useQuery(interviewQuery(id))
  if (interview.error instanceof Problem && [400, 404].includes(interview.error.status)) return <NotFound />
  if (interview.data === undefined) {
    return interview.error === null ? (
      <Loading what="the interview" />
    ) : (
      <Trouble error={interview.error} retry={() => void interview.refetch()} />
    )
  }
  const { row, tag } = interview.data
  return (
    <View
      title={isErased(row) ? 'Erased respondent' : respondent(row)}
      above={<Link to="/interviews">Interviews</Link>}
      actions={
        <div className="row">
          <Badge tone={tone(row.status)}>{plain(row.status)}</Badge>
          {row.requires_human_review && <Badge tone="warn">Waits for a review</Badge>}
        </div>
      }
    >
      <div className="split">
        <Parts key={id} interview={row} />
        <Side interview={row} tag={tag} />
      </div>
    </View>
  )
}

/** Why there is nothing to hear, in the words of the interview rather than of a request. */
function whyMissing(interview: Interview, detail: string | null | undefined): string {
  if (isErased(interview)) return 'The recording was erased with the respondent’s data.'
  if (!isOver(interview)) return 'The recording can be heard when the interview is over.'
  if (!interview.consent_given) return 'There is no recording: the respondent did not take part.'
  if (!interview.can_be_recorded) return 'There is no recording: the respondent did not consent to one.'
  return detail ?? 'There is no recording.'
}

function Parts({ interview }: { interview: Interview }) {
  const { id } = interview
  const { view = 'transcript', at } = route.useSearch()
  const navigate = useNavigate()
  const player = usePlayer()
  const transcript = useQuery(transcriptQuery(id))
  const recording = useQuery(recordingQuery(id))
  const alerts = useQuery(alertsQuery(id))
  const turns = transcript.data?.turns ?? []
  const heard = recording.data === null
  const src = `/api/interviews/${id}/recording`

  // A link to a moment, such as a quote's in a report.
  const opened = useRef(false)
  const { playFrom } = player
  useEffect(() => {
    if (!heard || at === undefined || opened.current || turns.length === 0) return
    opened.current = true
    const ms = Number(at)
    if (Number.isFinite(ms)) playFrom(ms)
  }, [heard, at, turns.length, playFrom])

  const show = (name: typeof view): void =>
    void navigate({
      to: '/interviews/$id',
      params: { id },
      search: name === 'transcript' ? {} : { view: name },
      replace: true,
      resetScroll: false,
    })
  const play = (ms: number): void => {
    show('transcript')
    // The recording is drawn with the transcript.
    requestAnimationFrame(() => requestAnimationFrame(() => playFrom(ms)))
  }
  const failed = transcript.error ?? (recording.error as Error | null)
  const erased = transcript.error instanceof Problem && transcript.error.status === 410
  return (
    <Tabs
      label="Parts of the interview"
      value={view}
      onChange={show}
      tabs={[
        {
          name: 'transcript',
          label: 'Transcript',
          content: (
            <>
              {erased && <p className="card">What was said was erased with the respondent’s data.</p>}
              {!erased && failed !== null && <Trouble error={failed} retry={() => void transcript.refetch()} />}
              {transcript.isPending || recording.isPending ? (
                <Loading what="the transcript" />
              ) : (
                <>
                  {transcript.data?.note != null && <p className="card">{plain(transcript.data.note)}.</p>}
                  {!erased && (
                    <Transcript
                      turns={turns}
                      player={player}
                      recording={heard ? { src } : { missing: whyMissing(interview, recording.data) }}
                    />
                  )}
                  {turns.length === 0 && transcript.data?.note == null && !erased && (
                    <div className="empty">Nothing was said in this interview{isOver(interview) ? '' : ' yet'}.</div>
                  )}
                  {turns.length > 0 && (
                    <p className="row">
                      Take the transcript away:
                      <a href={`/api/interviews/${id}/transcript?format=text`} download={`transcript-${id}.txt`}>
                        Text
                      </a>
                      <a href={`/api/interviews/${id}/transcript?format=vtt`} download={`transcript-${id}.vtt`}>
                        WebVTT
                      </a>
                      {heard && (
                        <a href={src} download={`recording-${id}.ogg`}>
                          Recording
                        </a>
                      )}
                    </p>
                  )}
                </>
              )}
            </>
          ),
        },
        {
          name: 'answers',
          label: transcript.data === undefined ? 'Answers' : `Answers (${transcript.data.responses.length})`,
          content:
            transcript.data === undefined ? (
              <Loading what="the answers" />
            ) : (
              <Answers answers={transcript.data.responses} turns={turns} play={heard ? play : null} />
            ),
        },
        {
          name: 'alerts',
          label: alerts.data === undefined ? 'Alerts' : `Alerts (${alerts.data.total_alerts})`,
          content:
            alerts.data === undefined ? (
              <Trouble error={alerts.error} retry={() => void alerts.refetch()} />
            ) : (
              <AlertList alerts={alerts.data.alerts} empty="No alert was raised about this interview." />
            ),
        },
      ]}
    />
  )
}
