/** Mosaic alone, for statements that are its own. */
import { onTestFinished } from 'vitest'
import { startTestMosaic, type Mosaic, type MosaicOptions } from '../support/mosaic.js'

/** A tenant; it ends with the test. */
export const startTenant = async (options: MosaicOptions = {}): Promise<Mosaic> => {
  const tenant = await startTestMosaic(options)
  onTestFinished(() => tenant.close())
  return tenant
}
