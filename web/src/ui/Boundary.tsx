/**
 * Shown when the page has a fault, or when a part of it could not be fetched, instead of an empty
 * window.
 */

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
        <p>Reload the page. If you were in an interview, it continues where it was, and no answer is lost.</p>
        <div className="actions">
          <button type="button" className="main" onClick={() => window.location.reload()}>
            Reload the page
          </button>
        </div>
      </Screen>
    )
  }
}
