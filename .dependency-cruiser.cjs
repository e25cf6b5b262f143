/** Import directions of the house (design, section 2), checked by `npm run check`. */
const only = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { pathNot: to, path: '^(device-drivers|gateway|broker|simulators|test)/' },
})

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    only('drivers-import-drivers', '^device-drivers/', '^device-drivers/'),
    only('gateway-imports-drivers-and-the-contract', '^gateway/', '^(gateway/|device-drivers/|broker/contract/)'),
    only(
      'broker-imports-readings-and-log-lines',
      '^broker/',
      '^(broker/|gateway/log-lines\\.ts$|device-drivers/(reading|errors|quantities)\\.ts$)',
    ),
    only('contract-imports-readings', '^broker/contract/', '^(broker/contract/|device-drivers/(reading|errors)\\.ts$)'),
    only(
      'simulators-import-types-and-the-contract',
      '^simulators/',
      '^(simulators/|broker/contract/|device-drivers/(driver|reading|errors|gatt/uuids)\\.ts$)',
    ),
    {
      name: 'drivers-are-pure',
      comment: 'no radio, port, network, clock or logger in a driver',
      severity: 'error',
      from: { path: '^device-drivers/' },
      to: {
        path: '(^|/)node_modules/(?!(zod|@types)/)|^(fs|net|http|https|child_process|timers|os|worker_threads|dgram|tls)(/|$)',
      },
    },
    {
      name: 'one-file-per-stack',
      comment: 'noble, serialport and the D-Bus client behind the transport seam only',
      severity: 'error',
      from: { path: '^(gateway|broker|device-drivers)/', pathNot: '^gateway/transport/' },
      to: { path: 'node_modules/(@abandonware|serialport|@serialport|dbus-native)/' },
    },
  ],
  options: { doNotFollow: { path: 'node_modules' }, tsPreCompilationDeps: true },
}
