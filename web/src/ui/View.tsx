/** A view of the console: its title, its actions, and a heading that takes the focus when one comes from another view. */

import { useLocation } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef } from 'react'

interface ViewProps {
  title: string
  /** Where the view belongs, above the title. */
  above?: ReactNode
  actions?: ReactNode
  lead?: ReactNode
  children: ReactNode
}

/** The first view does not take the focus: the browser's own starting point is right there. */
let cameFrom: string | null = null

export function View({ title, above, actions, lead, children }: ViewProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  const { pathname } = useLocation()
  useEffect(() => {
    document.title = `${title}: Console`
  }, [title])
  useEffect(() => {
    if (cameFrom !== null && cameFrom !== pathname) heading.current?.focus({ preventScroll: true })
    cameFrom = pathname
  }, [pathname])
  return (
    <div className="view">
      <div className="head">
        <div>
          {above !== undefined && <p className="above">{above}</p>}
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead !== undefined && <p className="soft lead-note">{lead}</p>}
        </div>
        {actions !== undefined && <div className="head-actions">{actions}</div>}
      </div>
      {children}
    </div>
  )
}
