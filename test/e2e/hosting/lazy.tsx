import type { ReactNode } from 'react'
import './lazy.css'

/** A page of its own chunk, with a style sheet of its own. */
export default function Lazy(): ReactNode {
  return (
    <p className="lazy" style={{ fontWeight: 700 }}>
      Loaded later
    </p>
  )
}
