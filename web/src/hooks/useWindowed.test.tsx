/* SPDX-License-Identifier: MIT */
import { act, cleanup, render } from '@testing-library/react'
import { useRef } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { rowAt, topsOf, useWindowed } from './useWindowed'

const lineHeight = 20
const boxHeight = 200

function List({ keys }: { keys: string[] }) {
  const box = useRef<HTMLDivElement>(null)
  const { first, end, before, behind, rows, onScroll } = useWindowed(box, keys, lineHeight)
  return (
    <div ref={box} data-testid="box" onScroll={onScroll}>
      <div style={{ height: before }} data-testid="before" />
      <div ref={rows}>
        {keys.slice(first, end).map((key) => (
          <p key={key}>{key}</p>
        ))}
      </div>
      <div style={{ height: behind }} data-testid="behind" />
    </div>
  )
}

let tall: string | null = null

beforeEach(() => {
  tall = null
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(boxHeight)
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockImplementation(function (this: Element) {
    return { height: this.textContent === tall ? 10 * lineHeight : lineHeight } as DOMRect
  })
})

afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
})

const many = Array.from({ length: 20_000 }, (_, index) => String(index))

function height(list: ReturnType<typeof render>, place: string): number {
  return parseFloat(list.getByTestId(place).style.height)
}

test('draws what can be seen and a little more', () => {
  const list = render(<List keys={many} />)
  expect(list.container.querySelectorAll('p').length).toBeLessThan(60)
  expect(list.getByText('0')).toBeTruthy()
  expect(height(list, 'before') + height(list, 'behind') + list.container.querySelectorAll('p').length * lineHeight).toBe(20_000 * lineHeight)
})

test('draws other rows when scrolled', () => {
  const list = render(<List keys={many} />)
  const box = list.getByTestId('box')
  act(() => {
    box.scrollTop = 10_000 * lineHeight
    box.dispatchEvent(new Event('scroll', { bubbles: true }))
  })
  expect(list.getByText('10000')).toBeTruthy()
  expect(list.queryByText('0')).toBeNull()
  expect(list.container.querySelectorAll('p').length).toBeLessThan(80)
})

test('a row that is higher than guessed is measured', () => {
  tall = '3'
  const list = render(<List keys={many} />)
  const drawn = list.container.querySelectorAll('p').length
  expect(height(list, 'before') + height(list, 'behind') + (drawn + 9) * lineHeight).toBe((20_000 + 9) * lineHeight)
})

test('nothing is no row', () => {
  const list = render(<List keys={[]} />)
  expect(list.container.querySelectorAll('p').length).toBe(0)
})

test('finds the row at a place', () => {
  const tops = topsOf(3, (index) => [10, 30, 10][index])
  expect([0, 9, 10, 39, 40, 49, 50, 999].map((place) => rowAt(tops, place))).toEqual([0, 0, 1, 1, 2, 2, 2, 2])
  expect(rowAt(topsOf(0, () => 1), 5)).toBe(0)
})
