/** What becomes known of an answer on the way, for the line of its request in a log. */
import type { ServerResponse } from 'node:http'
import type { LogEntry } from '../log.js'

// Most answers have none of these.
const troubles = new WeakMap<ServerResponse, LogEntry>()
const codes = new WeakMap<ServerResponse, string>()
const files = new WeakMap<ServerResponse, string>()

/** Notes what went wrong with the upstream of a call. */
export const noteTrouble = (response: ServerResponse, trouble: LogEntry): void =>
  void troubles.set(response, trouble)

/** What went wrong with the upstream; `undefined`: nothing, or there was none. */
export const troubleOf = (response: ServerResponse): LogEntry | undefined => troubles.get(response)

/** Notes the `code` of the problem that is answered. */
export const noteCode = (response: ServerResponse, code: string): void => void codes.set(response, code)

/** The `code` of the problem that was answered; `undefined`: it was none of the BFF's own. */
export const codeOf = (response: ServerResponse): string | undefined => codes.get(response)

/** Notes the file that is answered with, by its path in the folder. */
export const noteFile = (response: ServerResponse, name: string): void => void files.set(response, name)

/** The file that was answered with, by its path in the folder. */
export const fileOf = (response: ServerResponse): string | undefined => files.get(response)
