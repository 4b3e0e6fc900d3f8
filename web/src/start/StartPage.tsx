/** The page `/`: try a guide, or make a link for somebody. */

import './start.css'
import { useCallback, useEffect, useState } from 'react'
import { type CallGuide, type Health, callGuides, health } from '../engine/api'
import { Screen } from '../ui/Screen'
import { GuideList } from './GuideList'
import { LinkForm } from './LinkForm'
import { ShippedGuides } from './ShippedGuides'
import { said } from './said'

export function StartPage() {
  const [guides, setGuides] = useState<CallGuide[] | null>(null)
  const [engine, setEngine] = useState<Health | null>(null)
  const [fault, setFault] = useState('')

  const load = useCallback(async () => {
    setFault('')
    try {
      const [found, report] = await Promise.all([callGuides(), health()])
      setGuides(found)
      setEngine(report)
    } catch (error) {
      setFault(said(error))
    }
  }, [])
  useEffect(() => void load(), [load])

  return (
    <Screen name="start" title="Interviews, held by voice" label="Expert Interviewers" wide>
      <p className="lead">
        Try a guide yourself, or make a link for somebody else. Speech is processed on this machine.
      </p>
      <p>
        <a href="/console">Open the console</a> to write studies, invite people, and read what they said.
      </p>
      {engine?.components.models.scripted === true && (
        <p className="card warn">
          This engine uses scripted speech for tests, and does not recognise what is said.
        </p>
      )}
      <div role="alert">
        {fault !== '' && (
          <div className="card warn">
            <p>{fault}</p>
            <button type="button" onClick={() => void load()}>
              Try again
            </button>
          </div>
        )}
      </div>
      {guides === null && fault === '' && <p className="soft loading">Looking for guides…</p>}
      {guides?.length === 0 && <ShippedGuides onAdded={() => void load()} />}
      {guides !== null && guides.length > 0 && (
        <>
          <GuideList guides={guides} />
          <LinkForm guides={guides} />
        </>
      )}
    </Screen>
  )
}
