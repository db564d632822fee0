// @ts-check
/** Elements, with their text as text: nothing here can turn an answer into markup. */

/**
 * The element with this id.
 * @param {string} id
 * @returns {HTMLElement}
 */
export const byId = (id) => {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`index.html has no #${id}`)
  return found
}

/**
 * A new element.
 * @param {string} name
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name)
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value)
  made.append(...children)
  return made
}

/**
 * Sets an element's text where it differs, so that nothing is announced or laid out anew without need.
 * @param {Node} node
 * @param {string} text
 */
export const say = (node, text) => {
  if (node.textContent !== text) node.textContent = text
}
