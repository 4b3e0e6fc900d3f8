/** The controls of the recording, which stay in sight while one reads. */

import { useEffect, useState } from 'react'
import { Trouble } from '../../ui/Trouble'
import { clock } from '../../ui/time'
import { type Player, SPEEDS, STEP_S } from './player'

/** Keys of the page mean the player unless they are meant for a control. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input, select, textarea, button, a, summary, dialog, [role=tab]') !== null
  )
}

interface PlayerBarProps {
  src: string
  player: Player
  onNeighbour: (step: 1 | -1) => void
}

export function PlayerBar({ src, player, onNeighbour }: PlayerBarProps) {
  const [at, setAt] = useState(0)
  const { follow, toggle, step } = player
  // The slider moves once a second, not with every frame.
  useEffect(() => follow((ms) => setAt(Math.floor(ms / 1000))), [follow])
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event.target)) return
      const actions: Record<string, () => void> = {
        ' ': toggle,
        ArrowLeft: () => step(-STEP_S),
        ArrowRight: () => step(STEP_S),
        ArrowUp: () => onNeighbour(-1),
        ArrowDown: () => onNeighbour(1),
      }
      const action = actions[event.key]
      if (action === undefined) return
      event.preventDefault()
      action()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [toggle, step, onNeighbour])

  const known = Number.isFinite(player.length)
  const length = known ? Math.ceil(player.length) : Math.max(at, 1)
  return (
    <div className="player" role="group" aria-label="Recording">
      {/* The transcript stands beside it. */}
      <audio ref={player.ref} src={src} preload="metadata" />
      <button type="button" className="main" onClick={toggle}>
        {player.playing ? 'Pause' : 'Play'}
      </button>
      <button type="button" className="quiet" onClick={() => step(-STEP_S)}>
        Back {STEP_S} s
      </button>
      <button type="button" className="quiet" onClick={() => step(STEP_S)}>
        On {STEP_S} s
      </button>
      <input
        type="range"
        className="grow"
        min={0}
        max={length}
        value={Math.min(at, length)}
        aria-label="Place in the recording"
        aria-valuetext={`${clock(at * 1000)} of ${known ? clock(length * 1000) : 'unknown length'}`}
        onChange={(event) => player.seek(Number(event.target.value))}
      />
      <span className="times">
        {clock(at * 1000)} / {known ? clock(length * 1000) : '–'}
      </span>
      <label className="speed">
        <span className="hidden">Speed</span>
        <select value={player.speed} onChange={(event) => player.setSpeed(Number(event.target.value))}>
          {SPEEDS.map((speed) => (
            <option key={speed} value={speed}>
              {speed}×
            </option>
          ))}
        </select>
      </label>
      {player.failed && (
        <Trouble error={new Error('The recording cannot be played here. Reload the page to try again.')} />
      )}
    </div>
  )
}
