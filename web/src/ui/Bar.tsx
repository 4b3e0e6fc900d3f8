/** A share as a bar, with its value in words beside it. */

export function Bar({ share, label, value }: { share: number; label: string; value: string }) {
  const width = `${Math.round(Math.max(0, Math.min(1, share)) * 100)}%`
  return (
    <div className="bar-row">
      <span className="bar-label">{label}</span>
      <span className="bar-track" aria-hidden="true">
        <span style={{ width }} />
      </span>
      <span className="bar-value">{value}</span>
    </div>
  )
}
