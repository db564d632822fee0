const SAFE_METHODS = new Set(['GET', 'HEAD', 'POST'])
const SAFE_HEADERS = new Set(['accept', 'accept-language', 'content-language'])
const SAFE_TYPES = new Set(['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'])

const refused = (why: string): TypeError =>
  new TypeError('Failed to fetch', { cause: new Error(`CORS: ${why}`) })

/** The names of headers that need the server's permission (Fetch §2.2.2), sorted. */
const unsafeHeaders = (headers: Headers): string[] =>
  [...headers]
    .filter(([name, value]) => {
      if (name === 'content-type') return !SAFE_TYPES.has(value.split(';')[0]?.trim().toLowerCase() ?? '')
      return !SAFE_HEADERS.has(name)
    })
    .map(([name]) => name)
    .toSorted()

/** Headers of the preflight a cross-origin request needs, or null when it needs none (Fetch §4.8). */
export const preflightFor = (method: string, headers: Headers): Record<string, string> | null => {
  const unsafe = unsafeHeaders(headers)
  if (SAFE_METHODS.has(method) && unsafe.length === 0) return null
  return {
    'access-control-request-method': method,
    ...(unsafe.length > 0 ? { 'access-control-request-headers': unsafe.join(',') } : {}),
  }
}

const listed = (header: string | null): Set<string> =>
  new Set((header ?? '').split(',').map((item) => item.trim().toLowerCase()))

/** Throws, as `fetch` does, when an answer does not allow `origin` to read it. */
export const checkCors = (answer: Response, origin: string, credentials: boolean): void => {
  const allowed = answer.headers.get('access-control-allow-origin')
  if (allowed !== origin && (allowed !== '*' || credentials))
    throw refused(`Access-Control-Allow-Origin is ${allowed}, not ${origin}`)
  if (credentials && answer.headers.get('access-control-allow-credentials') !== 'true')
    throw refused('credentials are not allowed')
}

/** Throws when the preflight's answer does not allow the request. */
export const checkPreflight = (
  answer: Response,
  {
    method,
    headers,
    origin,
    credentials,
  }: { method: string; headers: Headers; origin: string; credentials: boolean },
): void => {
  checkCors(answer, origin, credentials)
  if (!answer.ok) throw refused(`the preflight was answered with ${answer.status}`)
  const methods = listed(answer.headers.get('access-control-allow-methods'))
  const wild = (set: Set<string>): boolean => set.has('*') && !credentials
  if (!SAFE_METHODS.has(method) && !methods.has(method.toLowerCase()) && !wild(methods))
    throw refused(`the method ${method} is not allowed`)
  const names = listed(answer.headers.get('access-control-allow-headers'))
  for (const name of unsafeHeaders(headers)) {
    const covered = names.has(name) || (wild(names) && name !== 'authorization')
    if (!covered) throw refused(`the header ${name} is not allowed`)
  }
}

const ALWAYS_READABLE = [
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'pragma',
]

/** The answer as a script on another origin sees it: only the headers it was allowed to. */
export const readableAcross = (answer: Response): Response => {
  const exposed = listed(answer.headers.get('access-control-expose-headers'))
  const headers = new Headers()
  for (const [name, value] of answer.headers)
    if (ALWAYS_READABLE.includes(name) || exposed.has(name) || exposed.has('*')) headers.append(name, value)
  const { status, statusText } = answer
  return new Response(answer.body, { status, statusText, headers })
}
