export function FleetPage() {
  return <main />
}
