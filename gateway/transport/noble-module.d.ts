/** Entrances of @abandonware/noble 1.9.2-26 that have no declarations of their own. What they give is checked, not believed. */
declare module '@abandonware/noble/with-custom-binding.js' {
  const createNoble: (options: { deviceId?: number; extended?: boolean }) => unknown
  export default createNoble
}
declare module '@abandonware/noble/lib/hci-socket/gatt.js' {
  const Gatt: { prototype: unknown }
  export default Gatt
}
declare module '@abandonware/noble/lib/hci-socket/acl-stream.js' {
  const AclStream: { prototype: unknown }
  export default AclStream
}
