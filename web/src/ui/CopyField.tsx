/** A text to copy, with a button, or by hand if the browser does not let pages copy. */

import { useRef, useState } from 'react'
import { Status } from './Screen'

export function CopyField({ label, value }: { label: string; value: string }) {
  const field = useRef<HTMLInputElement>(null)
  const [said, setSaid] = useState('')
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(value)
      setSaid('Copied.')
    } catch {
      field.current?.focus()
      field.current?.select()
      setSaid('The text is selected. Copy it with Ctrl+C.')
    }
  }
  return (
    <div className="copy">
      <label>
        {label}
        <input ref={field} readOnly value={value} onFocus={(event) => event.target.select()} />
      </label>
      <button type="button" onClick={() => void copy()}>
        Copy
      </button>
      <Status>{said}</Status>
    </div>
  )
}
