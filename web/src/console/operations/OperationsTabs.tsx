/** The views of operations, as far as the caller may see them. */

import { Link } from '@tanstack/react-router'
import { useMay } from '../session/session'

const ALL = [
  { to: '/operations/alerts', name: 'Alerts' },
  { to: '/operations/tasks', name: 'Tasks' },
] as const
const ADMINS = [
  { to: '/operations/webhooks', name: 'Webhooks' },
  { to: '/operations/keys', name: 'Keys' },
  { to: '/operations/users', name: 'Users' },
  { to: '/operations/audit', name: 'Audit trail' },
] as const

export function OperationsTabs() {
  const admin = useMay('admin')
  return (
    <nav aria-label="Operations">
      <ul className="tabs">
        {[...ALL, ...(admin ? ADMINS : [])].map(({ to, name }) => (
          <li key={to}>
            <Link to={to} className="tab" activeOptions={{ includeSearch: false }}>
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
