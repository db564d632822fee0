import type { AppTab } from './app-tab.js'

/**
 * A window whose hidden frames navigate in the tab's browser, cookies and all; a document of the app they end at posts its
 * address to the page, as the silent page does.
 */
export const framing = (tab: () => AppTab): Window => {
  const page = new EventTarget()
  const document = {
    createElement: () => ({ src: '', hidden: false, contentWindow: {}, remove: () => undefined }),
    body: {
      append: (frame: { src: string; contentWindow: object }) => {
        const { agent, platform } = tab()
        const home = platform.address()
        void agent.navigate(frame.src, { from: home, frame: true }).then(({ url }) => {
          if (url.origin !== home.origin) return
          const message = new Event('message')
          const data = { tandem: url.href }
          page.dispatchEvent(
            Object.assign(message, { data, origin: home.origin, source: frame.contentWindow }),
          )
        })
      },
    },
  }
  const location = {
    get origin() {
      return tab().platform.address().origin
    },
  }
  return Object.assign(page as Window, { document, location })
}
