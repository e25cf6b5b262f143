export function HandoverPage() {
  return <main />
}
