/* SPDX-License-Identifier: MIT */
import type { ReactNode } from 'react'

/** One row of a list of facts (`dl`). */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
