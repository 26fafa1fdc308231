/* SPDX-License-Identifier: MIT */
import { cleanup, render, screen, waitFor } from '@testing-library/react'
import { useRef } from 'react'
import { afterEach, expect, test } from 'vitest'
import { useFocusKeeper } from './useFocusKeeper'

afterEach(cleanup)

function List({ names, action }: { names: string[]; action: string }) {
  const box = useRef<HTMLDivElement>(null)
  useFocusKeeper(box)
  return (
    <main ref={box}>
      <h1 tabIndex={-1}>List</h1>
      <button key={action}>{action}</button>
      <ul>
        {names.map((name) => (
          <li key={name}>
            <a href="#top">{name}</a>
            <button key={action}>{`${action} ${name}`}</button>
          </li>
        ))}
      </ul>
    </main>
  )
}

function focused(name: string) {
  return waitFor(() => expect(document.activeElement?.textContent).toBe(name))
}

test('from a row that is gone to the one that is there now', async () => {
  const { rerender } = render(<List names={['a', 'b', 'c']} action="delete" />)
  screen.getByText('delete b').focus()
  rerender(<List names={['a', 'c']} action="delete" />)
  await focused('delete c')
  rerender(<List names={['a']} action="delete" />)
  await focused('delete a')
})

test('from a button to the one in its place', async () => {
  const { rerender } = render(<List names={['a', 'b']} action="retry" />)
  screen.getByText('retry b').focus()
  rerender(<List names={['a', 'b']} action="cancel" />)
  await focused('cancel b')
  rerender(<List names={['a']} action="cancel" />)
  await focused('cancel a')
})

test('else to the heading', async () => {
  const { rerender } = render(<List names={['a']} action="delete" />)
  screen.getByText('delete a').focus()
  rerender(<List names={[]} action="delete" />)
  await focused('List')
})

test('nowhere for whoever has clicked beside it', async () => {
  const { rerender } = render(<List names={['a', 'b']} action="delete" />)
  screen.getByText('delete a').focus()
  screen.getByText('delete a').blur()
  await Promise.resolve()
  rerender(<List names={['b']} action="delete" />)
  await new Promise((resolve) => requestAnimationFrame(resolve))
  expect(document.activeElement).toBe(document.body)
})
