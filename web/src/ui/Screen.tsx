/** The frame of every screen: landmarks, the heading that takes the focus, and the document's title. */

import { type ReactNode, useEffect, useRef } from 'react'
import icon from './icon.svg'

interface ScreenProps {
  /** Names the state for styles and tests. */
  name: string
  title: string
  /** What stands in the tab, when it is not the title. */
  label?: string
  children: ReactNode
  /** Before the title, small. */
  above?: ReactNode
  wide?: boolean
}

/** Only a later screen takes the focus: on the first one the browser's own beginning is right. */
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

/** Says what changes to those who do not see it. It is there from the beginning: regions made later are not heard. */
export function Status({ children, className = 'status' }: { children: ReactNode; className?: string }) {
  return (
    <div role="status" className={className}>
      {children}
    </div>
  )
}
