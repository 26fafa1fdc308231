/* SPDX-License-Identifier: MIT */
import { expect, test } from 'vitest'
import en from './en'
import zh from './zh'

type Texts = { [key: string]: string | Texts }

function flat(texts: Texts, prefix = ''): [string, string][] {
  return Object.entries(texts).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[prefix + key, value]] : flat(value, `${prefix}${key}.`),
  )
}

function placeholders(text: string): string[] {
  return (text.match(/\{\{[^}]*\}\}/g) ?? []).sort()
}

test('both languages have the same texts', () => {
  expect(flat(zh).map(([key]) => key).sort()).toEqual(flat(en).map(([key]) => key).sort())
})

test.each(flat(en))('%s has the same placeholders in both languages, and is not empty', (key, text) => {
  const other = new Map(flat(zh)).get(key) ?? ''
  expect(other).not.toBe('')
  expect(placeholders(other)).toEqual(placeholders(text))
})
