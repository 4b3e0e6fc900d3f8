/** A role, with what it permits. */

import { plain } from '../../ui/Badge'
import { Field } from '../../ui/Field'
import type { Role } from '../session/session'

export const ROLES: Role[] = ['viewer', 'researcher', 'admin']

interface RoleFieldProps {
  value?: Role
  fault: string | undefined
}

export function RoleField({ value = 'researcher', fault }: RoleFieldProps) {
  return (
    <Field
      label="Role"
      hint="Viewers read. Researchers also write studies, invite and review. Admins do everything, erasure included."
      fault={fault}
    >
      {(control) => (
        <select {...control} name="role" defaultValue={value}>
          {ROLES.map((role) => (
            <option key={role} value={role}>
              {plain(role)}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}
