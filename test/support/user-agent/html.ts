/** A form of a page, as far as submitting it goes. */
export interface Form {
  /** `action` as written; empty is the page's own address. */
  action: string
  method: 'GET' | 'POST'
  id: string
  /** Names and values as they are before the user does anything. */
  fields: [name: string, value: string][]
  /** Submit buttons with a name. */
  buttons: { name: string; value: string }[]
  /** Names of the fields a user can fill in. */
  inputs: string[]
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const decode = (text: string): string =>
  text.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (hex) return String.fromCodePoint(Number.parseInt(hex, 16))
      if (decimal) return String.fromCodePoint(Number(decimal))
      return ENTITIES[name ?? ''] ?? whole
    },
  )

const attributesOf = (tag: string): Map<string, string> => {
  const attributes = new Map<string, string>()
  const pattern = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g
  for (const [, name = '', double, single, bare] of tag.matchAll(pattern))
    attributes.set(name.toLowerCase(), decode(double ?? single ?? bare ?? ''))
  return attributes
}

const TAGS = /<(\/?)(form|input|button)\b((?:"[^"]*"|'[^']*'|[^"'>])*)>/gi

/** The forms of a page, with what belongs to them by nesting or by the `form` attribute. */
export const formsIn = (html: string): Form[] => {
  const forms: Form[] = []
  const outside: [string, Map<string, string>][] = []
  let open: Form | null = null
  const add = (form: Form, tag: string, attributes: Map<string, string>): void => {
    const name = attributes.get('name') ?? ''
    const value = attributes.get('value') ?? ''
    const type = attributes.get('type')?.toLowerCase() ?? (tag === 'button' ? 'submit' : 'text')
    if (type === 'submit') {
      form.buttons.push({ name, value })
    } else if (tag === 'input' && name !== '' && type !== 'button') {
      form.fields.push([name, value])
      if (type !== 'hidden') form.inputs.push(name)
    }
  }
  for (const [, closing, tagName = '', rest = ''] of html.matchAll(TAGS)) {
    const tag = tagName.toLowerCase()
    const attributes = attributesOf(rest)
    if (closing) {
      if (tag === 'form') open = null
    } else if (tag === 'form') {
      const method = attributes.get('method')?.toUpperCase() === 'POST' ? 'POST' : 'GET'
      const id = attributes.get('id') ?? ''
      open = { action: attributes.get('action') ?? '', method, id, fields: [], buttons: [], inputs: [] }
      forms.push(open)
    } else if (attributes.has('form')) {
      outside.push([tag, attributes])
    } else if (open) {
      add(open, tag, attributes)
    }
  }
  for (const [tag, attributes] of outside) {
    const owner = forms.find(({ id }) => id !== '' && id === attributes.get('form'))
    if (owner) add(owner, tag, attributes)
  }
  return forms
}

/** What a page does by itself once loaded. */
export type PageAction =
  { kind: 'submit'; form: Form; pressed: boolean } | { kind: 'go'; to: string } | { kind: 'reload' }

/**
 * What the scripts and the refresh of a page do at once, as far as the pages of sign-in flows go: submit the
 * first form, press its first button, load this address again, go elsewhere.
 */
export const actionOf = (html: string): PageAction | null => {
  const scripts = [...html.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/gi)]
    .map(([, text]) => text)
    .join('\n')
  const form = formsIn(html)[0]
  if (form && /\.(?:requestSubmit|submit)\(\)/.test(scripts)) return { kind: 'submit', form, pressed: false }
  if (form && /\.click\(\)/.test(scripts)) return { kind: 'submit', form, pressed: true }
  if (/location\.reload\(\)|location\.replace\(\s*(?:window\.)?location(?:\.href)?\s*\)/.test(scripts))
    return { kind: 'reload' }
  const refresh = /<meta\b[^>]*http-equiv=["']?refresh["']?[^>]*>/i.exec(html)?.[0]
  const content = refresh && attributesOf(refresh.slice(5)).get('content')
  if (content === undefined || content === '') return null
  const to = /^\s*0\s*(?:;\s*url\s*=\s*['"]?(.*?)['"]?\s*)?$/i.exec(content)
  if (!to) return null
  return to[1] ? { kind: 'go', to: to[1] } : { kind: 'reload' }
}
