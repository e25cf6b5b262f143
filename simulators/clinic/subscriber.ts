import mqtt from 'mqtt'
import { alertMessageSchema } from '../../broker/contract/alert.ts'
import { feedReadingSchema } from '../../broker/contract/messages.ts'
import { parseTopic } from '../../broker/contract/topics.ts'
import { alertLine, type Paint, readingLine } from './lines.ts'

/** What `npm start` writes for whoever wants to look: a clinic subscriber made for this run. */
export interface ReadyFile {
  readonly mqttUrl: string
  readonly username: string
  readonly password: string
  readonly httpUrl: string
  readonly topicRoot: string
}

/** One line for a message below an organisation's root; undefined for what is no news (a cleared retained alert, the
 * same reading as FHIR). */
export function lineFor(topic: string, payload: Uint8Array, paint: Paint): string | undefined {
  const parsed = parseTopic(topic)
  if (parsed === undefined || parsed.type === 'hub' || parsed.type === 'fhir' || payload.length === 0) return undefined
  const body: unknown = JSON.parse(new TextDecoder().decode(payload))
  if (parsed.type === 'alert') return alertLine(alertMessageSchema.parse(body), paint)
  return readingLine(feedReadingSchema.parse(body), parsed.type === 'backfill')
}

/** Connects as the clinic and calls `onLine` for every reading and alert until `signal` aborts. */
export async function subscribeAsClinic(
  ready: ReadyFile,
  /** Distinguishes the connections of one account: a second one with the same name would take over the first. */
  instance: string,
  paint: Paint,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const client = await mqtt.connectAsync(ready.mqttUrl, {
    username: ready.username,
    password: ready.password,
    clientId: `${ready.username}:${instance}`,
    reconnectPeriod: 1000,
  })
  signal.addEventListener('abort', () => client.end(true), { once: true })
  client.on('message', (topic, payload) => {
    const line = lineFor(topic, payload, paint)
    if (line !== undefined) onLine(line)
  })
  await client.subscribeAsync(`${ready.topicRoot}/#`, { qos: 1 })
}
