/** Something that is told once: it is shown until somebody says that they have it. */

import { CopyField } from '../../ui/CopyField'
import { Dialog } from '../../ui/Dialog'

interface SecretProps {
  title: string
  label: string
  value: string
  onClose: () => void
}

export function Secret({ title, label, value, onClose }: SecretProps) {
  return (
    // Escape does not close it: what is lost here is lost for good.
    <Dialog title={title} onClose={() => undefined}>
      <p>It is shown this one time, and nobody can look it up again. Keep it where you keep passwords.</p>
      <CopyField label={label} value={value} />
      <div className="actions">
        <button type="button" className="main" onClick={onClose}>
          I have kept it
        </button>
      </div>
    </Dialog>
  )
}
