// SPDX-License-Identifier: MIT
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The tree. The build works on a copy of web/; script/test says where the tree is. */
export const top = process.env.TASKYARD_TOP ?? fileURLToPath(new URL('../../../', import.meta.url))

/** Where pictures and traces go; with a slash at its end. */
export const out = join(top, 'build/e2e/')
