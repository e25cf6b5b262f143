import { render } from 'preact'
import { Shell } from './shell.tsx'

export function openShell(): void {
  const place = document.getElementById('page')
  if (place !== null) render(<Shell />, place)
}
