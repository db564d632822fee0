import type { IncomingMessage, ServerResponse } from 'node:http'
import type Provider from 'oidc-provider'
import { AUTHENTICATION_CLASSES, ACR_REASON, methodsOf, requestedClasses, satisfies } from './acr.js'
import type { Settings } from './options.js'
import { errorText, readForm } from './http.js'
import { PAGE_HEADERS, page } from './pages/layout.js'
import { factorPage, loginPage, type LoginView } from './pages/login.js'
import type { IdpUser } from './users.js'

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

const SHOWN = [
  'client_id',
  'scope',
  'resource',
  'prompt',
  'max_age',
  'acr_values',
  'login_hint',
  'ui_locales',
]

const text = (value: unknown): string => (Array.isArray(value) ? value.join(' ') : String(value ?? ''))

const viewOf = async (provider: Provider, interaction: Interaction): Promise<LoginView> => {
  const { params, prompt, uid } = interaction
  const client = await provider.Client.find(text(params.client_id))
  return {
    issuer: provider.issuer,
    action: `/interaction/${uid}`,
    clientName: client?.clientName ?? text(params.client_id),
    criteria: SHOWN.flatMap((name): [string, string][] =>
      params[name] === undefined ? [] : [[name, text(params[name])]],
    ),
    reasons: prompt.reasons,
  }
}

/** Serves `/interaction/{uid}` and below: the pages on which a user signs in. */
export const createInteractions = (
  provider: Provider,
  users: ReadonlyMap<string, IdpUser>,
  settings: Settings,
): ((request: IncomingMessage, response: ServerResponse) => Promise<void>) => {
  /** Who has passed the first step, by interaction. */
  const identified = new Map<string, string>()

  const send = (response: ServerResponse, status: number, html: string): void => {
    response.writeHead(status, PAGE_HEADERS).end(html)
  }

  /** A session that is only too weak needs the additional factor, not the password again. */
  const identifiedBy = ({ prompt, session, uid }: Interaction): string | undefined =>
    identified.get(uid) ??
    (prompt.reasons.every((reason) => reason === ACR_REASON) ? session?.accountId : undefined)

  const show = async (
    interaction: Interaction,
    response: ServerResponse,
    problem?: string,
  ): Promise<void> => {
    const view = await viewOf(provider, interaction)
    const { acr_values: acrValues, login_hint: hint } = interaction.params
    const user = users.get(identifiedBy(interaction) ?? '')
    if (user) {
      const stronger = requestedClasses(acrValues).filter((acr) => acr !== 'pwd')
      return send(response, 200, factorPage(view, user, stronger))
    }
    const anyPassword = settings.password === null
    const options = { hint: text(hint), anyPassword, ...(problem === undefined ? {} : { problem }) }
    send(response, problem === undefined ? 200 : 400, loginPage(view, [...users.values()], options))
  }

  const finish = async (
    request: IncomingMessage,
    response: ServerResponse,
    { uid }: Interaction,
    sub: string,
    acr: string,
  ): Promise<void> => {
    identified.delete(uid)
    const login = { accountId: sub, acr, amr: methodsOf(acr) }
    await provider.interactionFinished(
      request,
      response,
      { login, select_account: {} },
      { mergeWithLastSubmission: false },
    )
  }

  const identify = async (
    request: IncomingMessage,
    response: ServerResponse,
    interaction: Interaction,
    step: 'account' | 'login',
  ): Promise<void> => {
    const form = await readForm(request)
    const user = [...users.values()].find(({ username }) => username === form.get('username')?.trim())
    const refused =
      step === 'login' && settings.password !== null && form.get('password') !== settings.password
    if (!user || refused) return show(interaction, response, 'User name or password are not right.')
    if (satisfies('pwd', interaction.params.acr_values))
      return finish(request, response, interaction, user.claims.sub, 'pwd')
    identified.set(interaction.uid, user.claims.sub)
    response.writeHead(303, { location: `/interaction/${interaction.uid}` }).end()
  }

  const confirm = async (request: IncomingMessage, response: ServerResponse, interaction: Interaction) => {
    const acr = (await readForm(request)).get('acr')
    const sub = identifiedBy(interaction)
    if (sub === undefined) return show(interaction, response, 'Sign in first.')
    const known = AUTHENTICATION_CLASSES.some((one) => one.acr === acr)
    await finish(request, response, interaction, sub, known && acr ? acr : 'pwd')
  }

  const cancel = (request: IncomingMessage, response: ServerResponse, { uid }: Interaction) => {
    identified.delete(uid)
    const result = { error: 'access_denied', error_description: 'the user cancelled the sign-in' }
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
  }

  return async (request, response) => {
    const step = new URL(request.url ?? '/', provider.issuer).pathname.split('/')[3] ?? ''
    try {
      const interaction = await provider.interactionDetails(request, response)
      if (request.method === 'GET' && step === '') await show(interaction, response)
      else if (request.method !== 'POST') send(response, 404, page('No such page', provider.issuer, ''))
      else if (step === 'account' || step === 'login') await identify(request, response, interaction, step)
      else if (step === 'factor') await confirm(request, response, interaction)
      else if (step === 'cancel') await cancel(request, response, interaction)
      else send(response, 404, page('No such page', provider.issuer, ''))
    } catch (error) {
      const title = 'This sign-in is over'
      const advice = '<p>It was finished, or left open for too long. Start again in the application.</p>'
      send(response, 400, page(title, provider.issuer, `${advice}<p>${errorText(error)}</p>`))
    }
  }
}
