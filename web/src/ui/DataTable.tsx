/**
 * A list from the engine, page by page, as a table. Only the rows in sight are in the document, so that a list of a
 * hundred thousand rows is as quick as one of ten.
 */

import {
  type ColumnDef,
  type RowData,
  type TableFeatures,
  createColumnHelper,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { Trouble } from './Trouble'

const features = tableFeatures({})
type Features = typeof features

export type Columns<Row extends RowData> = ColumnDef<Features, Row, never>[]

/** Makes a column from what its cells show. */
export function column<Row extends RowData>(
  id: string,
  header: string,
  cell: (row: Row) => ReactNode,
  narrow: 'show' | 'hide' = 'hide',
): ColumnDef<Features, Row, unknown> {
  return createColumnHelper<Features, Row>().display({
    id,
    header,
    cell: ({ row }) => cell(row.original),
    meta: { narrow },
  })
}

declare module '@tanstack/react-table' {
  interface ColumnMeta<TFeatures extends TableFeatures, TData extends RowData, TValue> {
    /** Whether there is room for it on a phone. */
    narrow: 'show' | 'hide'
  }
}

/** What an infinite query offers. */
export interface Rows<Row> {
  rows: Row[]
  isPending: boolean
  error: Error | null
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => unknown
  refetch: () => unknown
}

interface DataTableProps<Row extends RowData> {
  /** What the table shows, for those who cannot see it. */
  label: string
  columns: ColumnDef<Features, Row, unknown>[]
  list: Rows<Row>
  id: (row: Row) => string
  empty: ReactNode
}

export function DataTable<Row extends RowData>({ label, columns, list, id, empty }: DataTableProps<Row>) {
  const table = useTable<Features, Row>({ features, columns, data: list.rows, getRowId: id })
  const { rows } = table.getRowModel()
  const box = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  useLayoutEffect(() => {
    const measured = (box.current?.getBoundingClientRect().top ?? 0) + window.scrollY
    if (Math.abs(measured - top) > 1) setTop(measured)
  })
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => 48,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => rows[index]?.id ?? index,
  })
  const items = virtualizer.getVirtualItems()
  const last = items.at(-1)?.index ?? -1
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  useEffect(() => {
    if (last >= rows.length - 12 && hasNextPage && !isFetchingNextPage && list.error === null) fetchNextPage()
  }, [last, rows.length, hasNextPage, isFetchingNextPage, fetchNextPage, list.error])

  if (list.isPending) return <Skeleton label={label} />
  if (list.error !== null && rows.length === 0) return <Trouble error={list.error} retry={() => list.refetch()} />
  if (rows.length === 0) return <div className="empty">{empty}</div>
  const before = (items[0]?.start ?? top) - top
  const after = virtualizer.getTotalSize() - ((items.at(-1)?.end ?? top) - top)
  return (
    <>
      {/* Where the table is wider than its box, the box is scrolled, by keyboard as well. */}
      <div className="table" ref={box} role="region" aria-label={label} tabIndex={0}>
        <table aria-rowcount={hasNextPage ? -1 : rows.length + 1}>
          <thead>
            {table.getHeaderGroups().map((group) => (
              <tr key={group.id} aria-rowindex={1}>
                {group.headers.map((header) => (
                  <th key={header.id} scope="col" data-narrow={header.column.columnDef.meta?.narrow}>
                    <table.FlexRender header={header} />
                  </th>
                ))}
              </tr>
            ))}
          </thead>
          <tbody>
            {before > 0 && <tr aria-hidden="true" style={{ height: before }} />}
            {items.map((item) => {
              const row = rows[item.index]
              if (row === undefined) return null
              return (
                <tr
                  key={row.id}
                  data-index={item.index}
                  ref={virtualizer.measureElement}
                  aria-rowindex={item.index + 2}
                >
                  {row.getAllCells().map((cell) => (
                    <td key={cell.id} data-narrow={cell.column.columnDef.meta?.narrow}>
                      <table.FlexRender cell={cell} />
                    </td>
                  ))}
                </tr>
              )
            })}
            {after > 0 && <tr aria-hidden="true" style={{ height: after }} />}
          </tbody>
        </table>
      </div>
      {list.error !== null && <Trouble error={list.error} retry={() => fetchNextPage()} />}
      {hasNextPage && (
        <p className="more-rows">
          <button type="button" className="quiet" disabled={isFetchingNextPage} onClick={() => fetchNextPage()}>
            {isFetchingNextPage ? 'Fetching more…' : 'Show more'}
          </button>
        </p>
      )}
      <p className="soft small" role="status">
        {rows.length === 1 ? '1 row' : `${rows.length} rows`}
        {hasNextPage ? ' so far' : ''}
      </p>
    </>
  )
}

function Skeleton({ label }: { label: string }) {
  return (
    <div className="skeleton" role="status">
      <span className="hidden">Fetching {label}…</span>
      {Array.from({ length: 6 }, (_, index) => (
        <span key={index} />
      ))}
    </div>
  )
}
