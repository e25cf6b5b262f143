import { render } from 'preact'
import { VisitPage } from './visit-page.tsx'

const place = document.getElementById('page')
if (place !== null) render(<VisitPage />, place)
