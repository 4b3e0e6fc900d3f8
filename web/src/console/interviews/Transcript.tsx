/** Who said what, in step with the recording: a word or a turn is played by clicking it, and what is heard is marked. */

import { memo, useCallback, useEffect, useRef, useState } from 'react'
import { clock } from '../../ui/time'
import type { Turn } from './queries'
import type { Player } from './player'
import { PlayerBar } from './PlayerBar'
import { type Place, neighbour, placeAt } from './timing'
import './transcript.css'

interface TranscriptProps {
  turns: Turn[]
  /** Where the recording is, or why there is none. */
  recording: { src: string } | { missing: string }
  player: Player
}

export function Transcript({ turns, recording, player }: TranscriptProps) {
  const [place, setPlace] = useState<Place | null>(null)
  const list = useRef<HTMLOListElement>(null)
  const { follow, playFrom, now } = player
  useEffect(
    () =>
      follow((ms) => {
        const next = placeAt(turns, ms)
        setPlace((last) => (last?.turn === next?.turn && last?.word === next?.word ? last : next))
      }),
    [follow, turns],
  )
  const current = place?.turn
  useEffect(() => {
    if (current === undefined || !player.playing) return
    list.current?.children[current]?.scrollIntoView({ block: 'nearest' })
  }, [current, player.playing])
  const onNeighbour = useCallback(
    (step: 1 | -1) => {
      const turn = neighbour(turns, now(), step)
      if (turn !== undefined) playFrom(turn.start_ms)
    },
    [turns, now, playFrom],
  )

  const heard = 'src' in recording
  return (
    <>
      {heard ? (
        <>
          <PlayerBar src={recording.src} player={player} onNeighbour={onNeighbour} />
          <p className="soft small keys">
            Click a word or a time to play from there. Space plays and pauses, the arrows to the left and right go 5 s,
            up and down go from turn to turn.
          </p>
        </>
      ) : (
        <p className="card">{recording.missing}</p>
      )}
      <ol className="transcript" ref={list}>
        {turns.map((turn, index) => (
          <TurnLine
            key={turn.seq}
            turn={turn}
            current={place?.turn === index}
            word={place?.turn === index ? place.word : -1}
            play={heard ? playFrom : null}
          />
        ))}
      </ol>
    </>
  )
}

interface TurnLineProps {
  turn: Turn
  current: boolean
  word: number
  play: ((ms: number) => void) | null
}

const SPEAKERS = { interviewer: 'Interviewer', respondent: 'Respondent' } as const

/** Drawn again only when what is marked in it changes. */
const TurnLine = memo(function TurnLine({ turn, current, word, play }: TurnLineProps) {
  const name = SPEAKERS[turn.speaker]
  const words = turn.words ?? []
  return (
    <li className={`turn ${turn.speaker}`} aria-current={current ? 'true' : undefined}>
      <p className="turn-head">
        <strong>{name}</strong>{' '}
        {play === null ? (
          <span className="soft">{clock(turn.start_ms)}</span>
        ) : (
          <button
            type="button"
            className="link"
            aria-label={`Play ${name.toLowerCase()} from ${clock(turn.start_ms)}`}
            onClick={() => play(turn.start_ms)}
          >
            {clock(turn.start_ms)}
          </button>
        )}
        {turn.interrupted === true && <span className="soft"> interrupted</span>}
      </p>
      {/* By keyboard the time plays the turn: a button for each word would be thousands of stops. */}
      <p
        className="said"
        data-playable={play !== null}
        onClick={(event) => {
          if (play === null || window.getSelection()?.isCollapsed === false) return
          const at = (event.target as HTMLElement).dataset['at']
          play(at === undefined ? turn.start_ms : Number(at))
        }}
      >
        {words.length === 0
          ? turn.text
          : words.map((one, index) => (
              <span key={index} data-at={one.start_ms} className={index === word ? 'word now' : 'word'}>
                {one.text.trim()}{' '}
              </span>
            ))}
      </p>
    </li>
  )
})
