/** Something is being fetched. Nothing is shown for the first moment, because most answers come within it. */

export function Loading({ what }: { what: string }) {
  return (
    <p role="status" className="soft loading-note">
      Fetching {what}…
    </p>
  )
}
