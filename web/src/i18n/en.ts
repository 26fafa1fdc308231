/* SPDX-License-Identifier: MIT */
/* All texts of one language: those of every page, and those about one task. */
import texts from './en.json'
import taskTexts from './en.task.json'

export default { ...texts, ...taskTexts }
