/** A text on a page with its contrast (WCAG 2.2 §1.4.3). */
export interface Contrast {
  text: string
  ratio: number
}

/**
 * The contrast of every visible text of a page: runs in the page itself (`page.evaluate(contrasts)`). Texts on pictures
 * and gradients are left out, for they have no one ground.
 */
export const contrasts = (): Contrast[] => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  if (canvas === null) throw new Error('this browser draws nothing')
  const rgba = (colour: string): number[] => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = colour
    canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data]
  }
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = rgba(colour).map((value) => {
      const part = value / 255
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const groundOf = (element: Element): string | null => {
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      const { backgroundColor, backgroundImage } = getComputedStyle(at)
      if (backgroundImage !== 'none') return null
      if (rgba(backgroundColor)[3] === 255) return backgroundColor
    }
    return 'white'
  }

  const found: Contrast[] = []
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement
    const text = texts.currentNode.textContent?.trim() ?? ''
    if (text === '' || element === null || !element.checkVisibility() || element.closest('noscript')) continue
    const ground = groundOf(element)
    if (ground === null) continue
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(ground)]
    found.push({ text, ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) })
  }
  return found
}
