/**
 * Shown while there is no guide: the guides that come with the engine, each with a button that adds
 * it.
 */

import { useEffect, useState } from 'react'
import { type GuideDocument, addCallGuide, understood } from '../engine/api'
import { said } from './said'

// The guides are fetched only when they are needed.
const SHIPPED = import.meta.glob<string>('../../../guides/*.yaml', { query: '?raw', import: 'default' })

interface Shipped {
  guide: GuideDocument
  yaml: string
}

/** Returns the guides, the shortest first. The engine parses the files. */
async function all(): Promise<Shipped[]> {
  const texts = await Promise.all(Object.values(SHIPPED).map((load) => load()))
  const guides = await Promise.all(texts.map(async (yaml) => ({ yaml, guide: await understood(yaml) })))
  const minutes = ({ guide }: Shipped): number => guide.estimated_duration_minutes ?? 0
  return guides.sort((one, other) => minutes(one) - minutes(other))
}

export function ShippedGuides({ onAdded }: { onAdded: () => void }) {
  const [guides, setGuides] = useState<Shipped[]>([])
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  useEffect(() => {
    all().then(setGuides, (error: unknown) => setFault(said(error)))
  }, [])

  async function add(yaml: string): Promise<void> {
    setBusy(true)
    setFault('')
    try {
      await addCallGuide(yaml)
      onAdded()
    } catch (error) {
      setFault(said(error))
      setBusy(false)
    }
  }

  return (
    <section aria-labelledby="none">
      <h2 id="none">There is no call guide yet</h2>
      <p>
        A call guide says what the interviewer asks. Begin with one of these, and write your own later: the files are in
        the folder <code>guides/</code>.
      </p>
      <ul className="guides">
        {guides.map(({ guide, yaml }) => (
          <li key={guide.name} className="card">
            <h3>{guide.name}</h3>
            <p>{guide.research_objective}</p>
            <p className="soft small">About {guide.estimated_duration_minutes} min</p>
            <button type="button" className="main" disabled={busy} onClick={() => void add(yaml)}>
              Add “{guide.name}”
            </button>
          </li>
        ))}
      </ul>
      <p role="alert" className="fault">
        {fault}
      </p>
    </section>
  )
}
