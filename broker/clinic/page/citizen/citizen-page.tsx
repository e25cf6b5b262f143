export function CitizenPage({ citizen }: { readonly citizen: string }) {
  return <main>{citizen}</main>
}
