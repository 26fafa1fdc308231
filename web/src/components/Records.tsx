/* SPDX-License-Identifier: MIT */
/* Rows of many columns: a table where there is room for it, else a card for each row, so that nothing scrolls sideways. */
import type { ReactNode } from 'react'
import { useMediaQuery } from '../hooks/useMediaQuery'
import { DataTable, leastTableWidth, type Column, type TableProps } from './DataTable'
import { Fact } from './text/Fact'

type Props<Row> = Omit<TableProps<Row>, 'selection'>

/* What stands left and right of a table: the margins of the page, the frame, the bar that scrolls it. */
const around = 68

function nothing(content: ReactNode): boolean {
  return content === null || content === undefined || content === ''
}

function headOf<Row>(columns: Column<Row>[]): Column<Row>[] {
  return columns.filter(({ head }) => head !== undefined).sort((a, b) => Number(a.head) - Number(b.head))
}

function Card<Row>({ columns, row }: { columns: Column<Row>[]; row: Row }) {
  const facts = columns.filter(({ head }) => head === undefined).map((column) => ({ ...column, content: column.cell(row) }))
  return (
    <li className="card">
      <div className="card-head">
        {headOf(columns).map(({ key, cell }) => (
          <div key={key} className="card-part">
            {cell(row)}
          </div>
        ))}
      </div>
      <dl className="card-facts">
        {facts
          .filter(({ content }) => !nothing(content))
          .map(({ key, title, content }) => (
            <Fact key={key} name={title}>
              {content}
            </Fact>
          ))}
      </dl>
    </li>
  )
}

/** Whether the window is wide enough for a table of these columns, with boxes to tick them or without. */
export function useRoomFor<Row>(columns: Column<Row>[], ticked = false): boolean {
  return !useMediaQuery(`(max-width: ${leastTableWidth(columns, ticked) + around}px)`)
}

export function Records<Row>(props: Props<Row>) {
  const { label, columns, rows, rowKey, busy = false } = props
  if (useRoomFor(columns)) return <DataTable {...props} />
  return (
    <ul className="cards" aria-label={label} aria-busy={busy}>
      {rows.map((row) => (
        <Card key={rowKey(row)} columns={columns} row={row} />
      ))}
    </ul>
  )
}
