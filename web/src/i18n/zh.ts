/* SPDX-License-Identifier: MIT */
/* All texts of one language: those of every page, and those about one task. */
import texts from './zh.json'
import taskTexts from './zh.task.json'

export default { ...texts, ...taskTexts }
