export function SettingsPage({ citizen }: { readonly citizen: string }) {
  return <main>{citizen}</main>
}
