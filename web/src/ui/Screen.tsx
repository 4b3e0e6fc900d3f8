/**
 * The frame of every screen: landmarks, the heading that takes the focus, and the document's title.
 */

import { type ReactNode, useEffect, useRef } from 'react'
import icon from './icon.svg'

interface ScreenProps {
  /** The name of the state, for styles and tests. */
  name: string
  title: string
  /** The title of the tab, if it differs from `title`. */
  label?: string
  children: ReactNode
  /** A small text before the title. */
  above?: ReactNode
  wide?: boolean
}

/**
 * Only later screens take the focus. On the first one, the browser's own starting point is right.
 */
let shownBefore = false

export function Screen({ name, title, label, children, above, wide = false }: ScreenProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = label ?? title
  }, [label, title])
  useEffect(() => {
    if (shownBefore) heading.current?.focus({ preventScroll: false })
    shownBefore = true
  }, [name])
  return (
    <div className={wide ? 'page wide' : 'page'} data-screen={name}>
      <header className="top">
        <img src={icon} alt="" width="28" height="28" />
        <span>Expert Interviewers</span>
      </header>
      <main>
        {above}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
      </main>
    </div>
  )
}

/**
 * Announces changes to people who cannot see them. It is present from the beginning, because
 * regions that are added later are not announced.
 */
export function Status({ children, className = 'status' }: { children: ReactNode; className?: string }) {
  return (
    <div role="status" className={className}>
      {children}
    </div>
  )
}
