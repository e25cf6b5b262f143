/** The Prometheus text format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). */

export interface Metric {
  /** Without the prefix 'precare_'; counters end in '_total'. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly samples: readonly Sample[]
}

interface Sample {
  readonly value: number
  /** Opaque ids only: nothing here may name a person. */
  readonly labels?: Readonly<Record<string, string>>
}

/** @param value one unlabelled sample, or samples by hub id */
export function metric(
  name: string,
  help: string,
  value: number | Iterable<readonly [hub: string, value: number]>,
): Metric {
  const samples =
    typeof value === 'number' ? [{ value }] : Array.from(value, ([hub, number]) => ({ value: number, labels: { hub } }))
  return { name, help, type: name.endsWith('_total') ? 'counter' : 'gauge', samples }
}

export function renderMetrics(metrics: readonly Metric[]): string {
  const lines = metrics.flatMap(({ name, help, type, samples }) => [
    `# HELP precare_${name} ${help}`,
    `# TYPE precare_${name} ${type}`,
    ...samples.map(({ value, labels }) => `precare_${name}${renderLabels(labels)} ${value}`),
  ])
  return `${lines.join('\n')}\n`
}

function renderLabels(labels: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escapeLabel(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
