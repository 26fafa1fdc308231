/* SPDX-License-Identifier: MIT */
/* The settings a form shows: those the service describes. */
import type { TaskSettingField, TaskSettings } from '../../api/types'

export type Values = Record<string, number>

export function storedValues(settings: TaskSettings, fields: TaskSettingField[]): Values {
  const all = settings as Record<string, unknown>
  return Object.fromEntries(fields.map(({ key, default_value }) => [key, Number(all[key] ?? default_value)]))
}
