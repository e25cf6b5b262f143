export function WorkListPage() {
  return <main />
}
