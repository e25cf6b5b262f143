import { render } from 'preact'
import { askEarly } from './shell/early.ts'
import { Shell } from './shell/shell.tsx'

askEarly()
const place = document.getElementById('page')
if (place !== null) render(<Shell />, place)
