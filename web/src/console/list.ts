/** Lists of the API, page by page, and where their rows go. */

import {
  type InfiniteData,
  type UseInfiniteQueryResult,
  infiniteQueryOptions,
  useInfiniteQuery,
} from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Rows } from '../ui/DataTable'

interface Page<Row> {
  items: Row[]
  next_cursor: string | null
}

/** A list that the engine hands out with cursors; asked for again every so many ms, where that is said. */
export function listOf<Row>(
  key: readonly unknown[],
  page: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Row>>,
  everyMs: number | false = false,
) {
  return infiniteQueryOptions({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => page(pageParam, signal),
    refetchInterval: everyMs,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: Page<Row>) => last.next_cursor ?? undefined,
  })
}

/** Returns the rows of all pages that were fetched. */
export function useList<Row>(options: ReturnType<typeof listOf<Row>>): Rows<Row> {
  const query: UseInfiniteQueryResult<InfiniteData<Page<Row>>> = useInfiniteQuery(options)
  // The same rows stay the same array, so that the table computes nothing again.
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])
  return {
    rows,
    isPending: query.isPending,
    error: query.error,
    hasNextPage: query.hasNextPage,
    isFetchingNextPage: query.isFetchingNextPage,
    fetchNextPage: () => void query.fetchNextPage(),
    refetch: () => void query.refetch(),
  }
}
