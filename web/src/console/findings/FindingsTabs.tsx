/** The two halves of the findings. */

import { Link } from '@tanstack/react-router'

export function FindingsTabs() {
  return (
    <nav aria-label="Findings">
      <ul className="tabs">
        <li>
          <Link to="/findings" className="tab" activeOptions={{ exact: true, includeSearch: false }}>
            Dashboards
          </Link>
        </li>
        <li>
          <Link to="/findings/reports" className="tab" activeOptions={{ includeSearch: false }}>
            Reports
          </Link>
        </li>
      </ul>
    </nav>
  )
}
