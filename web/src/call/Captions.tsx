/** What both sides said. Screen readers find it, but it is not read out over the interviewer's own voice. */

import { useEffect, useRef } from 'react'
import type { Conversation } from './conversation'

export function Captions({ conversation }: { conversation: Conversation }) {
  const list = useRef<HTMLDivElement>(null)
  /** Whoever has scrolled back to read is left there. */
  const follows = useRef(true)
  const { captions, participation } = conversation
  useEffect(() => {
    const element = list.current
    if (element !== null && follows.current) element.scrollTop = element.scrollHeight
  }, [captions])
  return (
    // Scrollable, so it takes the focus: arrow keys must reach what was said before.
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
