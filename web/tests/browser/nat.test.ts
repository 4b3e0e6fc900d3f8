/**
 * The engine behind a NAT, the browser on somebody else's machine: `scripts/behind-nat` makes both networks, and runs this
 * inside. Only the ports of calls and https are forwarded; ICE_PUBLIC_ADDRESSES names the NAT's outer address.
 */

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Visit, executable, launch, screen } from '../harness/browser'
import { Engine } from '../harness/engine'
import { figure } from '../harness/figures'
import { Microphone } from '../harness/microphone'
import { way } from '../harness/pair'
import { Person } from '../harness/person'
import { GUIDE, PEERS, start } from '../harness/stage'
import { tlsInFront } from '../harness/tls'

function setting(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: run scripts/checks/network`)
  return value
}

/** A browser on the machine outside. */
function outside(): string {
  const script = join(mkdtempSync(join(tmpdir(), 'interviewer-outside-')), 'browser')
  writeFileSync(script, `#!/bin/sh\nexec ip netns exec outside ${executable()} "$@"\n`)
  chmodSync(script, 0o755)
  return script
}

test('the public address leads to the engine, and the whole interview is held', { timeout: 120_000 }, async () => {
  const [address, inside, ports] = [setting('NAT_PUBLIC'), setting('NAT_INSIDE'), setting('NAT_PORTS')]
  const port = Number(setting('NAT_HTTPS'))
  const link = `https://${address}:${port}`
  const engine = await Engine.start({
    scripted: true,
    env: { PUBLIC_URL: link, ICE_PUBLIC_ADDRESSES: address, ICE_PORT_RANGE: ports },
  })
  const proxy = await tlsInFront(port, address, () => Number(new URL(engine.url).port))
  const routes = execFileSync('ip', ['-n', 'outside', 'route'], { encoding: 'utf8' })
  expect(routes, 'no way past the NAT').not.toMatch(/default|10\.77/)

  const microphone = new Microphone()
  const browser = await launch({ microphone: microphone.path, by: outside() })
  const { id, join_url } = await engine.schedule(await engine.addGuide(GUIDE))
  expect(join_url.startsWith(`${link}/join/`)).toBe(true)
  const visit = await Visit.begin(browser, link, PEERS)
  const { page } = visit
  await start(page, join_url)
  await screen(page, 'conversation')
  const person = Person.humming(page, microphone)
  await person.until(/What do you drink/)
  const used = await way(page)
  const [host, chosen] = used.remote.split(':')
  const [first, last] = ports.split('-').map(Number)
  expect(host).toBe(address)
  expect(Number(chosen)).toBeGreaterThanOrEqual(first ?? 0)
  expect(Number(chosen)).toBeLessThanOrEqual(last ?? 0)
  await person.toTheEnd()
  await screen(page, 'thanks-completed')
  expect(await engine.get(`/api/interviews/${id}`)).toMatchObject({ status: 'completed' })
  // Whoever comes by the forwarded port may join, and nothing else.
  const refused = await page.evaluate(async (path) => (await fetch(path)).status, `/api/interviews/${id}`)
  expect(refused).toBe(401)
  expect(visit.errors).toEqual([])
  expect(visit.foreign).toEqual([])
  figure(4, `NAT: engine at ${inside}, reached at ${used.remote} from ${setting('NAT_OUTSIDE')} (nftables); completed`)
  await browser.close()
  proxy.close()
  await engine.stop()
})
