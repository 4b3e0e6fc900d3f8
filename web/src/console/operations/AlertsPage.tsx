/** All alerts: those that are open, or all of them. */

import { Link, getRouteApi } from '@tanstack/react-router'
import { api, got } from '../../engine/client'
import { Loading } from '../../ui/Loading'
import { Trouble } from '../../ui/Trouble'
import { View } from '../../ui/View'
import { set } from '../address'
import { listOf, useList } from '../list'
import { AlertList } from './AlertList'
import { OperationsTabs } from './OperationsTabs'

const route = getRouteApi('/operations/alerts')

function alertsQuery(open: true | undefined) {
  return listOf(['alerts', 'list', open ?? false], async (cursor, signal) => {
    const query = set({ open, hours: 87_600, limit: 50, cursor })
    const { alerts, next_cursor } = await got(api.GET('/api/dashboard/quality-alerts', { params: { query }, signal }))
    return { items: alerts, next_cursor }
  })
}

export function AlertsPage() {
  const { show } = route.useSearch()
  const list = useList(alertsQuery(show === 'all' ? undefined : true))
  return (
    <View
      title="Alerts"
      actions={
        show === 'all' ? (
          <Link to="/operations/alerts" className="button">
            Only open ones
          </Link>
        ) : (
          <Link to="/operations/alerts" search={{ show: 'all' }} className="button">
            Resolved ones as well
          </Link>
        )
      }
    >
      <OperationsTabs />
      {list.isPending && <Loading what="the alerts" />}
      <Trouble error={list.error} retry={() => list.refetch()} />
      {!list.isPending && list.error === null && (
        <AlertList
          alerts={list.rows}
          linked
          empty={show === 'all' ? 'No alert was ever raised.' : 'No alert is open.'}
        />
      )}
      {list.hasNextPage && (
        <p>
          <button
            type="button"
            className="quiet"
            disabled={list.isFetchingNextPage}
            onClick={() => list.fetchNextPage()}
          >
            Show more
          </button>
        </p>
      )}
    </View>
  )
}
