/** A call over nothing but a TURN server: `scripts/checks/network` starts coturn and names it in TURN_SERVER. */

import { expect, test } from 'vitest'
import { Visit, launch, screen } from '../harness/browser'
import { Engine } from '../harness/engine'
import { figure } from '../harness/figures'
import { Microphone } from '../harness/microphone'
import { way } from '../harness/pair'
import { Person } from '../harness/person'
import { GUIDE, PEERS, start } from '../harness/stage'

/** A network that lets nothing else through: the browser gathers relayed candidates only. */
const RELAY_ONLY = `
const Peer = window.RTCPeerConnection
window.RTCPeerConnection = class extends Peer {
  constructor(settings) {
    super({ ...settings, iceTransportPolicy: 'relay' })
  }
}`

test('the whole interview over the relay, with the servers that the page was told', { timeout: 120_000 }, async () => {
  const server = process.env['TURN_SERVER']
  if (server === undefined) throw new Error('TURN_SERVER names no server: run scripts/checks/network')
  const engine = await Engine.start({ scripted: true, env: { ICE_SERVERS: server } })
  const microphone = new Microphone()
  const browser = await launch({ microphone: microphone.path })
  const { id, join_url } = await engine.schedule(await engine.addGuide(GUIDE))
  const visit = await Visit.begin(browser, engine.url, RELAY_ONLY + PEERS)
  const { page } = visit
  await start(page, join_url)
  await screen(page, 'conversation')
  const person = Person.humming(page, microphone)
  await person.until(/What do you drink/)
  const used = await way(page)
  expect(used.local).toBe('relay')
  await person.toTheEnd()
  await screen(page, 'thanks-completed')
  expect(await engine.get(`/api/interviews/${id}`)).toMatchObject({ status: 'completed' })
  const { items } = await engine.get<{ items: unknown[] }>(`/api/interviews/${id}/responses`)
  expect(items).toHaveLength(1)
  expect(visit.errors).toEqual([])
  const kilobytes = [used.sent, used.received].map((bytes) => Math.round(bytes / 1000))
  figure(4, `coturn, relay only: completed through the page; ${kilobytes.join(' kB up, ')} kB down by the last question`)
  await browser.close()
  await engine.stop()
})
