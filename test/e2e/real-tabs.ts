/**
 * A window with tabs as users have them: one is in front, the others are hidden and may be frozen. playwright-core's own pages always
 * believe to be looked at, and Chromium freezes nothing that is looked at.
 */
import type { Browser } from 'playwright-core'

export interface RealTab {
  /** Runs a function in the page, with what can be written as JSON. */
  evaluate<T, Given>(run: (given: Given) => T | Promise<T>, given?: Given): Promise<T>
  toFront(): Promise<void>
  /** Freezes the tab, which must be hidden: no task of the page runs, until it is resumed. */
  freeze(): Promise<void>
  resume(): Promise<void>
  close(): Promise<void>
}

export interface RealWindow {
  /** A new tab, in front of the others, loaded. */
  open(url: string): Promise<RealTab>
  /** Closes the window with its tabs. */
  close(): Promise<void>
}

interface Reply {
  readonly id?: number
  readonly error?: { readonly message: string }
  readonly result?: {
    readonly result?: { readonly value?: unknown }
    readonly exceptionDetails?: { readonly exception?: { readonly description?: string } }
  }
}

/** Opens a window nobody has used: no cookies, nothing stored. */
export async function openWindow(browser: Browser): Promise<RealWindow> {
  const devtools = await browser.newBrowserCDPSession()
  const { browserContextId } = await devtools.send('Target.createBrowserContext')
  const waiting = new Map<number, (reply: Reply) => void>()
  let ids = 0
  devtools.on('Target.receivedMessageFromTarget', ({ message }) => {
    const reply = JSON.parse(message) as Reply
    waiting.get(reply.id ?? 0)?.(reply)
  })

  const open: RealWindow['open'] = async (url) => {
    const { targetId } = await devtools.send('Target.createTarget', { url, browserContextId })
    const { sessionId } = await devtools.send('Target.attachToTarget', { targetId, flatten: false })
    const send = async (method: string, params: object = {}): Promise<Reply['result']> => {
      const id = (ids += 1)
      const replied = new Promise<Reply>((resolve) => waiting.set(id, resolve))
      const message = JSON.stringify({ id, method, params })
      await devtools.send('Target.sendMessageToTarget', { sessionId, message })
      const { error, result } = await replied
      waiting.delete(id)
      if (error !== undefined) throw new Error(`${method}: ${error.message}`)
      return result
    }
    const evaluate = async <T, Given>(run: (given: Given) => T | Promise<T>, given?: Given): Promise<T> => {
      const expression = `(${run})(${JSON.stringify(given)})`
      const reply = await send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true })
      const thrown = reply?.exceptionDetails?.exception?.description
      if (thrown !== undefined) throw new Error(thrown)
      return reply?.result?.value as T
    }
    const setState = async (state: 'frozen' | 'active'): Promise<void> => {
      await send('Page.setWebLifecycleState', { state })
    }
    const isLoaded = (): boolean => location.href !== 'about:blank' && document.readyState === 'complete'
    while (!(await evaluate(isLoaded))) await new Promise((resolve) => setTimeout(resolve, 10))
    return {
      evaluate,
      toFront: async () => {
        await devtools.send('Target.activateTarget', { targetId })
      },
      freeze: () => setState('frozen'),
      resume: () => setState('active'),
      close: async () => {
        await devtools.send('Target.closeTarget', { targetId })
      },
    }
  }

  return {
    open,
    close: async () => {
      await devtools.send('Target.disposeBrowserContext', { browserContextId })
      await devtools.detach()
    },
  }
}
