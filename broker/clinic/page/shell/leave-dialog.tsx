import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { useWords } from './language.ts'
import { WORDS } from './words.ts'

interface LeaveDialogProps {
  readonly onStay: () => void
  readonly onLeave: () => void
}

/** Something is typed and not saved, and a link or the browser's own button leads away from it. */
export function LeaveDialog({ onStay, onLeave }: LeaveDialogProps) {
  const say = useWords(WORDS)
  return (
    <Dialog title={say('leaveTitle')} onClose={onStay}>
      <div class="stack">
        <p>{say('leaveText')}</p>
        <div class="row">
          <Button look="main" onClick={onStay}>
            {say('stay')}
          </Button>
          <Button onClick={onLeave}>{say('leave')}</Button>
        </div>
      </div>
    </Dialog>
  )
}
