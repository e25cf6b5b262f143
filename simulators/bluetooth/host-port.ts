/**
 * The line between a host and a controller: whole HCI packets, each with its H4 type octet first. It is crossed by plain
 * objects only, because a test's copy of these modules and the one below noble are two different ones.
 */

export interface HciController {
  readonly powered: boolean
  /**
   * Plugs a host in. Several may be: like raw sockets on one adapter, each gets every event and sees the others' commands.
   * @param deliver called with one packet at a time
   */
  connectHost(deliver: (packet: Uint8Array) => void): HostPort
  /** @returns a function that ends the subscription */
  onPower(listener: (powered: boolean) => void): () => void
}

export interface HostPort {
  /** Takes one packet from the host. */
  receive(packet: Uint8Array): void
  /** The host is gone. With the last host go scanning, connecting and all links. */
  close(): void
}
