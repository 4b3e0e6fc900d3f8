/** The mood of answers over time as a chart, and as a table for those who cannot see it. */

import { useEffect, useMemo, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Schemas } from '../../engine/client'
import { type Series, seriesOf, stepOf } from './series'

interface MoodChartProps {
  hours: Schemas['SentimentHour'][]
  period: number
}

const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' })
const HOUR = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })

export function MoodChart({ hours, period }: MoodChartProps) {
  const step = stepOf(period)
  const series = useMemo(() => seriesOf(hours, step), [hours, step])
  const name = (at: number): string => (step === 1 ? HOUR : DAY).format(at * 1000)
  return (
    <>
      <Lines series={series} />
      <details>
        <summary>The numbers</summary>
        <div className="table" role="region" aria-label="Answers by mood over time" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col">Positive</th>
                <th scope="col">Neutral</th>
                <th scope="col">Negative</th>
              </tr>
            </thead>
            <tbody>
              {series.times.map((at, index) => (
                <tr key={at}>
                  <th scope="row">{name(at)}</th>
                  <td>{series.positive[index]}</td>
                  <td>{series.neutral[index]}</td>
                  <td>{series.negative[index]}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  )
}

/** Drawn anew when the colours of the page change, because a canvas does not follow them. */
function Lines({ series }: { series: Series }) {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = host.current
    if (element === null) return undefined
    let chart: uPlot | null = null
    const draw = (): void => {
      chart?.destroy()
      chart = plot(element, series)
    }
    draw()
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', draw)
    const resized = new ResizeObserver(() => chart?.setSize({ width: element.clientWidth, height: 240 }))
    resized.observe(element)
    return () => {
      scheme.removeEventListener('change', draw)
      resized.disconnect()
      chart?.destroy()
    }
  }, [series])
  return <div ref={host} className="chart" role="img" aria-label="Positive, neutral and negative answers over time" />
}

function plot(element: HTMLElement, series: Series): uPlot {
  const style = getComputedStyle(element)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  const axis = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line') },
  }
  // The dashes tell the lines apart without their colours.
  const line = (label: string, name: string, dash: number[]): uPlot.Series => ({
    label,
    stroke: colour(name),
    width: 2,
    dash,
    points: { show: series.times.length < 3 },
  })
  return new uPlot(
    {
      width: element.clientWidth,
      height: 240,
      cursor: { drag: { x: false, y: false } },
      legend: { live: true },
      scales: { y: { range: (_, __, most) => [0, Math.max(1, most)] } },
      axes: [axis, { ...axis, size: 44 }],
      series: [
        { label: 'Time' },
        line('Positive', '--good', []),
        line('Neutral', '--soft', [2, 4]),
        line('Negative', '--bad', [8, 4]),
      ],
    },
    [series.times, series.positive, series.neutral, series.negative],
    element,
  )
}
