/** https in front of an engine, as a proxy of the operator's would be: decrypts, and passes on what comes. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { type Server, type Socket, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'

/** With a certificate of its own making for that address. */
export async function tlsInFront(port: number, address: string, engine: () => number): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'interviewer-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const what = ['req', '-x509', '-nodes', '-days', '2', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  const whose = ['-subj', `/CN=${address}`, '-addext', `subjectAltName=IP:${address}`]
  execFileSync('openssl', [...what, ...whose, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (outside) => {
    const inside: Socket = connect(engine(), '127.0.0.1')
    outside.pipe(inside).pipe(outside)
    // Either end may go at any time, and the other one with it.
    outside.on('error', () => inside.destroy())
    inside.on('error', () => outside.destroy())
  })
  await new Promise<void>((done) => server.listen(port, '0.0.0.0', done))
  return server
}
