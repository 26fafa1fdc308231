/* SPDX-License-Identifier: MIT */
import { act, cleanup, render } from '@testing-library/react'
import { useRef } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { useFollow } from './useFollow'

let contentHeight = 1000

function Box({ growth }: { growth: number }) {
  const box = useRef<HTMLDivElement>(null)
  const { follow, onScroll } = useFollow(box, growth, true)
  return <div ref={box} data-testid="box" data-follow={follow} onScroll={onScroll} />
}

beforeEach(() => {
  contentHeight = 1000
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(200)
  vi.spyOn(HTMLElement.prototype, 'scrollHeight', 'get').mockImplementation(() => contentHeight)
})

afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
})

function scroll(box: HTMLElement, top: number) {
  act(() => {
    box.scrollTop = top
    box.dispatchEvent(new Event('scroll', { bubbles: true }))
  })
}

test('stays at the end while it grows, stops when one scrolls up, goes on at the end', () => {
  const { getByTestId, rerender } = render(<Box growth={1} />)
  const box = getByTestId('box')
  expect(box.scrollTop).toBe(1000)
  contentHeight = 1500
  rerender(<Box growth={2} />)
  expect(box.scrollTop).toBe(1500)
  scroll(box, 700)
  expect(box.dataset.follow).toBe('false')
  contentHeight = 2000
  rerender(<Box growth={3} />)
  expect(box.scrollTop).toBe(700)
  scroll(box, 900)
  expect(box.dataset.follow).toBe('false')
  scroll(box, 1800)
  expect(box.dataset.follow).toBe('true')
})

test('growth between a scroll and its event is no scrolling up', () => {
  const { getByTestId } = render(<Box growth={1} />)
  const box = getByTestId('box')
  contentHeight = 5000
  scroll(box, 1000)
  expect(box.dataset.follow).toBe('true')
})
