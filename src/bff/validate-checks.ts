/**
 * Small checks that options are put together from. Each gives back what it was given, typed and with the environment read
 * in, or throws {@link Faults} with everything that is wrong and how to put it right. Defaults are not their business.
 */

/** Where an option is: its keys and indices from the outside in. */
export type Path = readonly (string | number)[]

/** One option that is wrong: where, and what to do. */
export interface Fault {
  readonly option: string
  readonly message: string
  /** The names it could have, where the option is none. */
  readonly known?: readonly string[]
}

/** Everything that is wrong with a value and what is in it. */
export class Faults extends Error {
  readonly list: readonly Fault[]
  /** What is right of an object that is wrong: its members, and what is right of theirs. */
  readonly right: unknown

  constructor(list: readonly Fault[], right?: unknown) {
    super(list.map(({ option, message }) => `${option}: ${message}`).join('\n'))
    this.list = list
    this.right = right
  }
}

/** Variables that `"env:NAME"` reads; `null` where options come from code, which reads its own. */
export type Environment = Readonly<Record<string, string | undefined>> | null

/** Checks `value`, which is `undefined` where the option is missing. */
export type Check<T> = (value: unknown, path: Path, env: Environment) => T

/** What a check gives. */
export type Checked<C> = C extends Check<infer T> ? T : never

/** What a check finds: everything that is wrong, and the value, of which then only a part may be there, or nothing. */
export interface Findings<T> {
  readonly faults: readonly Fault[]
  readonly right: T | undefined
}

/** What a check finds, so that others can add to it. */
export function findingsOf<T>(check: Check<T>, value: unknown, path: Path, env: Environment): Findings<T> {
  try {
    return { faults: [], right: check(value, path, env) }
  } catch (error) {
    if (!(error instanceof Faults)) throw error
    return { faults: error.list, right: error.right as T | undefined }
  }
}

/** The value, or everything that is wrong. */
export function settled<T>({ faults, right }: Findings<T>): T {
  if (faults.length > 0) throw new Faults(faults, right)
  return right as T
}

/** An option as it is written: `upstreams.orders.url`, `secrets[0]`. What would break its line is as JSON has it. */
export function optionName(path: Path): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === 'number') return `${name}[${key}]`
    const shown = /[\p{C}\p{Zl}\p{Zp}]/u.test(key) ? JSON.stringify(key) : key
    return name === '' ? shown : `${name}.${shown}`
  }, '')
}

/** Stops with one fault. */
export function fault(path: Path, message: string): never {
  throw new Faults([{ option: optionName(path) || 'options', message }])
}

/** The check, unless the option is missing. */
export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value, path, env) => (value === undefined ? undefined : check(value, path, env))
}

/**
 * An option without members. `read` gives it back or calls `refuse` with what is wrong; `fix` says what to write.
 * A value out of the environment becomes a number or boolean where `convert` says so.
 */
export function leaf<T>(
  fix: string,
  read: (value: unknown, refuse: (wrong: string) => never) => T,
  convert?: (text: string) => unknown,
): Check<T> {
  return (value, path, env) => {
    const refuse = (wrong: string): never => fault(path, `${wrong}. ${fix}`)
    if (value === undefined) return refuse('is missing')
    const name = typeof value === 'string' ? /^env:(.*)$/s.exec(value)?.[1] : undefined
    if (name === undefined) return read(value, refuse)
    if (env === null) return refuse(`"env:…" is read by tandem-bff only: in code, write process.env.${name}`)
    const variable = env[name]
    if (variable === undefined || variable === '')
      return refuse(`the environment variable ${name} is ${variable === '' ? 'empty' : 'not set'}`)
    const converted = convert === undefined ? variable : convert(variable)
    return read(converted, (wrong) => refuse(`${wrong} (it comes from the environment variable ${name})`))
  }
}

type Members = Readonly<Record<string, Check<unknown>>>

/** What an object of such members is: one whose check can give `undefined` may be absent. */
export type CheckedObject<M extends Members> = {
  readonly [K in keyof M as undefined extends Checked<M[K]> ? never : K]: Checked<M[K]>
} & {
  readonly [K in keyof M as undefined extends Checked<M[K]> ? K : never]?: Exclude<Checked<M[K]>, undefined>
}

/** An object of the given members and no others. `fix`: what to write in place of what is none. */
export function object<M extends Members>(members: M, fix = OBJECT): Check<CheckedObject<M>> {
  return (value, path, env) => {
    const given = membersOf(value, path, fix)
    const faults: Fault[] = []
    const result: Record<string, unknown> = {}
    for (const key of Object.keys(given))
      if (!Object.hasOwn(members, key)) faults.push(unknownKey(key, path, Object.keys(members)))
    for (const [key, check] of Object.entries(members)) {
      const found = findingsOf(check, given[key], [...path, key], env)
      faults.push(...found.faults)
      if (found.right !== undefined) result[key] = found.right
    }
    return settled({ faults, right: result as CheckedObject<M> })
  }
}

/** An object of any members whose names pass `name` and whose values pass `member`: what is wrong with either is told. */
export function record<T>(
  name: (key: string, path: Path) => void,
  member: Check<T>,
): Check<Readonly<Record<string, T>>> {
  return (value, path, env) => {
    const faults: Fault[] = []
    const result: [string, T][] = []
    for (const [key, one] of Object.entries(membersOf(value, path, OBJECT))) {
      const at = [...path, key]
      const named = findingsOf(() => name(key, at), key, at, env)
      const found = findingsOf(member, one, at, env)
      faults.push(...named.faults, ...found.faults)
      if (found.right !== undefined) result.push([key, found.right])
    }
    return settled({ faults, right: Object.fromEntries(result) })
  }
}

/** A list of at least one element. */
export function list<T>(element: Check<T>, fix: string): Check<readonly T[]> {
  return (value, path, env) => {
    if (value === undefined) return fault(path, `is missing. ${fix}`)
    if (!Array.isArray(value)) return fault(path, `is not a list. ${fix}`)
    if (value.length === 0) return fault(path, `is empty. ${fix}`)
    const found = value.map((one: unknown, index) => findingsOf(element, one, [...path, index], env))
    const faults = found.flatMap((one) => one.faults)
    if (faults.length > 0) throw new Faults(faults)
    return found.map((one) => one.right as T)
  }
}

const OBJECT = 'Write an object.'

function membersOf(value: unknown, path: Path, fix: string): Readonly<Record<string, unknown>> {
  if (value === undefined) return fault(path, `is missing. ${fix}`)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fault(path, `is ${shown(value)}. ${fix}`)
  return value as Readonly<Record<string, unknown>>
}

const unknownKey = (key: string, path: Path, known: readonly string[]): Fault => ({
  option: optionName([...path, key]) || 'options',
  message: unknownOption(key, known),
  known,
})

/** What to do about an option that is none. */
export function unknownOption(key: string, known: readonly string[]): string {
  const near = nearest(key, known)
  return near === null
    ? `is not an option here. Remove it, or use one of: ${known.join(', ')}.`
    : `is not an option here. Did you mean "${near}"?`
}

/** A value for a message; long ones are cut. Never call it with a secret. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

/** The known name that was probably meant, or `null`. */
export function nearest(name: string, known: readonly string[]): string | null {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '')
  let best: string | null = null
  let least = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const edits = distance(plain(name), plain(candidate))
    if (edits < least && edits < plain(candidate).length) [best, least] = [candidate, edits]
  }
  return best
}

/** How many letters must be added, removed or changed to turn one word into the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
      )
    row = next
  }
  return row[b.length] ?? 0
}
