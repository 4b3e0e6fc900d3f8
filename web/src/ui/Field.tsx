/** A labelled control with its hint and its fault, which screen readers read with it. */

import { type ReactNode, useId } from 'react'

interface Control {
  id: string
  'aria-describedby'?: string
  'aria-invalid'?: true
}

interface FieldProps {
  label: ReactNode
  hint?: ReactNode
  fault?: string | undefined
  children: (control: Control) => ReactNode
}

export function Field({ label, hint, fault, children }: FieldProps) {
  const id = useId()
  const described = [hint === undefined ? '' : `${id}-hint`, fault === undefined ? '' : `${id}-fault`]
    .filter((part) => part !== '')
    .join(' ')
  const control: Control = { id }
  if (described !== '') control['aria-describedby'] = described
  if (fault !== undefined) control['aria-invalid'] = true
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint !== undefined && (
        <p id={`${id}-hint`} className="hint">
          {hint}
        </p>
      )}
      {children(control)}
      {fault !== undefined && (
        <p id={`${id}-fault`} className="fault">
          {fault}
        </p>
      )}
    </div>
  )
}
