import type { SerialDriver } from '../driver.ts'
import { contecNew, contecOld } from './contec.ts'
import { masimoAscii } from './masimo.ts'
import { noninSpotCheck } from './nonin.ts'
import { noninStream } from './nonin-stream.ts'
import { oneTouchUltra2 } from './onetouch-ultra2.ts'
import { oneTouchUltraMini } from './onetouch-ultramini.ts'
import { vitalographLungMonitor } from './vitalograph.ts'

/** Devices on a serial line with a protocol of their own. None is known by its port: they are configured by path. */
export const serialLines: readonly SerialDriver[] = [
  noninSpotCheck,
  noninStream,
  contecOld,
  contecNew,
  masimoAscii,
  vitalographLungMonitor,
  oneTouchUltra2,
  oneTouchUltraMini,
]
