/* SPDX-License-Identifier: MIT */
import { cleanup, render, screen } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { startI18n } from '../i18n'
import { Pager } from './Pager'

beforeAll(startI18n)
/* jsdom has no windows of any width. */
beforeAll(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: vi.fn(), removeEventListener: vi.fn(), addListener: vi.fn(), removeListener: vi.fn() }))
})
afterAll(() => vi.unstubAllGlobals())
afterEach(cleanup)

function turnedTo(current: number, total: number, answered = current) {
  const onChange = vi.fn()
  render(<Pager current={current} pageSize={10} pageSizes={[10, 20]} total={total} answered={answered} onChange={onChange} />)
  return onChange.mock.calls as unknown[]
}

test('a page behind the last one leads to the last one', () => {
  expect(turnedTo(9, 25)).toEqual([[3, 10]])
  expect(turnedTo(2, 10)).toEqual([[1, 10]])
})

test('a page that is there stays', () => {
  expect(turnedTo(3, 25)).toEqual([])
  expect(turnedTo(1, 0)).toEqual([])
  expect(turnedTo(9, 25, 1)).toEqual([])
})

test('the buttons say where one is and where they lead', () => {
  const onChange = vi.fn()
  render(<Pager current={2} pageSize={10} pageSizes={[10, 20]} total={45} answered={2} onChange={onChange} />)
  expect(screen.getByRole('button', { name: 'Page 2' }).getAttribute('aria-current')).toBe('page')
  expect(screen.getByRole('status').textContent).toBe('11–20 of 45')
  screen.getByRole('button', { name: 'Next page' }).click()
  screen.getByRole('button', { name: 'Page 5' }).click()
  expect(onChange.mock.calls).toEqual([[3, 10], [5, 10]])
})
