/* SPDX-License-Identifier: MIT */
/* A table: fixed widths, so that nothing moves while its rows change. Shown where there is room for it (see Records.tsx). */
import { Checkbox } from 'antd'
import type { ReactNode } from 'react'

export interface Column<Row> {
  key: string
  title: string
  /** Pixels. The columns without share the rest. */
  width?: number
  /** Of a column without: what it needs at least. */
  least?: number
  /** Numbers: one above the other at the end of the column. */
  end?: boolean
  /** Where there is no room for a table: the place at the top of the card, without the title. The first takes the room there is. */
  head?: number
  /** Null where there is nothing to say. */
  cell: (row: Row) => ReactNode
}

/** How rows are ticked, and what the boxes are called. */
export interface RowSelection<Row> {
  has: (key: string) => boolean
  toggle: (row: Row) => void
  toggleAll: () => void
  all: 'all' | 'some' | 'none'
  allLabel: string
  label: (row: Row) => string
}

export interface TableProps<Row> {
  label: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey: (row: Row) => string
  /** Other rows are on their way. */
  busy?: boolean
  selection?: RowSelection<Row>
}

/* What a column that says nothing about its width needs at least. */
const leastWidth = 150
const tickWidth = 44

/** What the columns need together. */
export function leastTableWidth<Row>(columns: Column<Row>[], ticked: boolean): number {
  return columns.reduce((sum, { least = leastWidth, width = least }) => sum + width, ticked ? tickWidth : 0)
}

function Head<Row>({ columns, selection }: Pick<TableProps<Row>, 'columns' | 'selection'>) {
  return (
    <thead>
      <tr>
        {selection && (
          <th scope="col" className="table-tick">
            <Checkbox
              checked={selection.all === 'all'}
              indeterminate={selection.all === 'some'}
              aria-label={selection.allLabel}
              onChange={selection.toggleAll}
            />
          </th>
        )}
        {columns.map(({ key, title, end }) => (
          <th key={key} scope="col" className={end ? 'table-end' : undefined}>
            {title}
          </th>
        ))}
      </tr>
    </thead>
  )
}

export function DataTable<Row>({ label, columns, rows, rowKey, busy = false, selection }: TableProps<Row>) {
  return (
    <div className="table-box">
      <table className="table" aria-label={label} aria-busy={busy}>
        <colgroup>
          {selection && <col style={{ width: tickWidth }} />}
          {columns.map(({ key, width }) => (
            <col key={key} style={{ width }} />
          ))}
        </colgroup>
        <Head columns={columns} selection={selection} />
        <tbody>
          {rows.map((row) => {
            const key = rowKey(row)
            return (
              <tr key={key} className={selection?.has(key) ? 'table-ticked' : undefined}>
                {selection && (
                  <td className="table-tick">
                    <Checkbox checked={selection.has(key)} aria-label={selection.label(row)} onChange={() => selection.toggle(row)} />
                  </td>
                )}
                {columns.map((column) => (
                  <td key={column.key} className={column.end ? 'table-end' : undefined}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
