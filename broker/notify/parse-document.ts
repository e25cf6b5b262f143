import { documentError, type Problem, pathOf } from '../registry-document.ts'
import { type NotifyDocument, notifyDocumentSchema } from './document.ts'
import { referenceProblems } from './references.ts'

/** @throws PreCareError 'config-invalid' naming every field that is wrong and what to write instead */
export function parseNotifyDocument(input: unknown): NotifyDocument {
  const result = notifyDocumentSchema.safeParse(input)
  const problems: readonly Problem[] = result.success
    ? referenceProblems(result.data)
    : result.error.issues.map(({ path, message }) => ({ path: pathOf(path), remedy: message }))
  if (problems.length > 0 || !result.success) throw documentError(problems)
  return result.data
}
