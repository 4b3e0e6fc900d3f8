/**
 * The captions of both sides. Screen readers can find them, but they are not read out while the
 * interviewer is speaking.
 */

import { useEffect, useRef } from 'react'
import type { Conversation } from './conversation'

export function Captions({ conversation }: { conversation: Conversation }) {
  const list = useRef<HTMLDivElement>(null)
  /** False while the person has scrolled back to read, so that the list does not scroll. */
  const follows = useRef(true)
  const { captions, participation } = conversation
  useEffect(() => {
    const element = list.current
    if (element !== null && follows.current) element.scrollTop = element.scrollHeight
  }, [captions])
  return (
    // The list can take the focus, so that arrow keys can scroll to earlier captions.
    <section
      className="captions"
      aria-label="What was said"
      ref={list}
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        follows.current = scrollHeight - scrollTop - clientHeight < 40
      }}
    >
      <div role="log" aria-live="off">
        {captions.length === 0 && <p className="soft">What is said appears here.</p>}
        {captions.map((caption) => (
          <p key={caption.seq} className={caption.speaker} data-final={caption.final}>
            <span className="who">{caption.speaker === 'interviewer' ? 'Interviewer' : 'You'}</span> {caption.text}
          </p>
        ))}
      </div>
      {participation !== true && captions.length > 0 && (
        <p className="soft small">Your own words appear here once you have agreed to take part.</p>
      )}
    </section>
  )
}
