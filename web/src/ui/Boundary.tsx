/** A fault of ours, or a part of the page that could not be fetched: better a word than an empty window. */

import { Component, type ReactNode } from 'react'
import { Screen } from './Screen'

export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children
    return (
      <Screen name="broken" title="This page has a problem">
        <p>Load it again. If you were in an interview, it goes on where it was: nothing you answered is lost.</p>
        <div className="actions">
          <button type="button" className="main" onClick={() => window.location.reload()}>
            Load it again
          </button>
        </div>
      </Screen>
    )
  }
}
